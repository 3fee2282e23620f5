"""BM25 over English stems, through bm25s."""

import logging
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from agent.ai.search.shelf import Floats

if TYPE_CHECKING:
    import bm25s  # type: ignore[import-untyped]
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
    """An index over documents given as terms; a document is known by its place.

    With `titles`, one for each document, a query is also scored against the title alone.
    """

    def __init__(
        self,
        documents: Sequence[Sequence[str]],
        titles: Sequence[Sequence[str]] = (),
        *,
        title_weight: float = 1.0,
    ) -> None:
        self._size = len(documents)
        self._title_weight = title_weight
        self._body = _index(documents)
        self._titles = _index(titles)

    def scores(self, query: Sequence[str]) -> Floats:
        """BM25 of every document; 0 where no term is shared."""
        scores = np.zeros(self._size, np.float32)
        for index, weight in ((self._body, 1.0), (self._titles, self._title_weight)):
            if index is not None and (known := index.get_tokens_ids(list(query))):
                scores += weight * index.get_scores_from_ids(known)
        return scores


def _index(documents: Sequence[Sequence[str]]) -> "bm25s.BM25 | None":
    if not any(documents):
        return None
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)
    index = bm25s.BM25()
    index.index([list(terms) for terms in documents], show_progress=False)
    return index


@cache
def _stemmer() -> "Stemmer.Stemmer":
    import Stemmer

    return Stemmer.Stemmer("english")


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    return str(_stemmer().stemWord(word))
