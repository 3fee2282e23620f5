"""BM25 over English stems, through bm25s."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from agent.ai.search.matrix import Floats

if TYPE_CHECKING:
    import Stemmer  # type: ignore[import-not-found]

_WORD = re.compile(r"[^\W_]+")
_STOP = frozenset(
    _WORD.findall(
        "a an and are as at be been but by can could did do does for from had has have he her "
        "him his how i if in into is it its just me my no not of on or our please she so than "
        "that the their them then there these they this those to too us was we were what when "
        "where which while who will with would you your "
    )
)


def terms(text: str) -> list[str]:
    """The stems of the words that say something, in order."""
    return [_stem(word) for word in _WORD.findall(text.casefold()) if word not in _STOP]


class Lexical:
    """An index over documents given as terms; a document is known by its place."""

    def __init__(self, documents: Sequence[Sequence[str]], *, k1: float = 1.5, b: float = 0.75):
        self._size = len(documents)
        self._index = None
        if any(documents):
            import bm25s  # type: ignore[import-untyped]

            self._index = bm25s.BM25(k1=k1, b=b)
            self._index.index([list(d) for d in documents], show_progress=False)

    def scores(self, query: Sequence[str]) -> Floats:
        """BM25 of every document; 0 where no term is shared."""
        if self._index is None:
            return np.zeros(self._size, np.float32)
        known = self._index.get_tokens_ids(list(query))
        if not known:
            return np.zeros(self._size, np.float32)
        return np.asarray(self._index.get_scores_from_ids(known), np.float32)


@cache
def _stemmer() -> "Stemmer.Stemmer":
    import Stemmer

    return Stemmer.Stemmer("english")


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    return str(_stemmer().stemWord(word))
