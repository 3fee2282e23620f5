"""Exact vector search, BM25, their fusion and a re-ranking: pure, over what is in memory."""

from .filters import Where, checked_where
from .fusion import fused
from .lexical import Lexical, terms
from .matrix import Matrix, Row
from .ranking import Preference, Ranked, preferred

__all__ = [
    "Lexical",
    "Matrix",
    "Preference",
    "Ranked",
    "Row",
    "Where",
    "checked_where",
    "fused",
    "preferred",
    "terms",
]
