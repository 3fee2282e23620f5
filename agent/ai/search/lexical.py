"""BM25 over English stems, through bm25s."""

import logging
import math
import re
from collections import Counter
from collections.abc import Sequence
from copy import copy
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from agent.ai.search.shelf import Floats

if TYPE_CHECKING:
    import bm25s  # type: ignore[import-untyped]
    import Stemmer  # type: ignore[import-not-found]

_K1, _B = 1.5, 0.75
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
        self._body = _Bm25(documents)
        self._titles = _Bm25(titles)
        self._later: list[tuple[_Said, _Said]] = []

    def with_more(
        self, documents: Sequence[Sequence[str]], titles: Sequence[Sequence[str]]
    ) -> "Lexical":
        """The index with a few more documents behind the others.

        How rare a word is and how long a document is on average stays as it was: the cost grows
        with the news, not with the index.
        """
        more = copy(self)
        more._later = [
            *self._later,
            *((_said(d), _said(t)) for d, t in zip(documents, titles, strict=True)),
        ]
        return more

    def scores(self, query: Sequence[str]) -> Floats:
        """BM25 of every document; 0 where no term is shared."""
        scores = np.zeros(self._size + len(self._later), np.float32)
        for field, weight in ((self._body, 1.0), (self._titles, self._title_weight)):
            if (found := field.scores(query)) is not None:
                scores[: self._size] += weight * found
        for place, (body, title) in enumerate(self._later, self._size):
            scores[place] = self._body.score(query, body) + self._title_weight * (
                self._titles.score(query, title)
            )
        return scores


class _Said(NamedTuple):
    counts: Counter[str]
    length: int


def _said(terms: Sequence[str]) -> _Said:
    return _Said(Counter(terms), len(terms))


class _Bm25:
    """One field of the documents, scored as Lucene does."""

    def __init__(self, documents: Sequence[Sequence[str]]) -> None:
        self._size = len(documents)
        self._mean = sum(map(len, documents)) / max(self._size, 1) or 1.0
        self._index = _index(documents)

    def scores(self, query: Sequence[str]) -> Floats | None:
        """None where no document has any of these words."""
        if self._index is None or not (known := self._index.get_tokens_ids(list(query))):
            return None
        found: Floats = self._index.get_scores_from_ids(known)
        return found

    def score(self, query: Sequence[str], said: _Said) -> float:
        """Of a document that the index does not hold, by what the index knows of words."""
        spread = _K1 * (1 - _B + _B * said.length / self._mean)
        return sum(
            self._rarity(term) * said.counts[term] / (said.counts[term] + spread)
            for term in query
            if term in said.counts
        )

    def _rarity(self, term: str) -> float:
        among = 0
        if self._index is not None and (token := self._index.vocab_dict.get(term)) is not None:
            starts = self._index.scores["indptr"]
            among = int(starts[token + 1] - starts[token])
        return math.log(1 + (self._size - among + 0.5) / (among + 0.5))


def _index(documents: Sequence[Sequence[str]]) -> "bm25s.BM25 | None":
    if not any(documents):
        return None
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)
    index = bm25s.BM25(k1=_K1, b=_B, method="lucene")
    index.index([list(terms) for terms in documents], show_progress=False)
    return index


@cache
def _stemmer() -> "Stemmer.Stemmer":
    import Stemmer

    return Stemmer.Stemmer("english")


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    return str(_stemmer().stemWord(word))
