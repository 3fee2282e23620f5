"""Exact vector search, BM25, their fusion and a re-ranking: pure, over what is in memory."""

from .filters import Condition, Where, allows, checked_where
from .fusion import fused
from .lexical import Lexical, terms
from .matrix import Matrix
from .queries import conversation_query
from .ranking import Preference, Ranked, preferred
from .shelf import Row

__all__ = [
    "Condition",
    "Lexical",
    "Matrix",
    "Preference",
    "Ranked",
    "Row",
    "Where",
    "allows",
    "checked_where",
    "conversation_query",
    "fused",
    "preferred",
    "terms",
]
