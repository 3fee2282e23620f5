"""Turns texts into unit vectors: offline by default, or by an OpenAI-compatible server."""

from .checks import Embedded
from .embedder import Embedder, Embedders
from .prices import cost

__all__ = ["Embedded", "Embedder", "Embedders", "cost"]
