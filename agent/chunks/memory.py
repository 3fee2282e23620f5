"""A corpus in memory as an index: exact cosine and BM25."""

import asyncio
from collections.abc import Callable, Iterable
from typing import TypeVar

from agent.ai.search import Where, terms
from agent.ai.search.shelf import Floats
from agent.chunks.corpora import Method
from agent.chunks.matrices import Held
from agent.chunks.searching import Found, best_of, first_answers

T = TypeVar("T")
_INLINE = 4_000_000
"""Numbers multiplied in about a millisecond; more goes to another thread."""
_INLINE_ROWS = 20_000


class InMemory:
    def __init__(self, held: Held) -> None:
        self.version = held.version
        self._held = held

    async def by_vector(self, query: Floats, k: int, where: Where) -> list[Found]:
        if self._held.matrix.vectors.size < _INLINE:
            return self._near(query, k, where)
        return await asyncio.to_thread(self._near, query, k, where)

    async def by_words(self, text: str, k: int, where: Where) -> list[Found]:
        """None without a word in common."""
        if self._held.matrix.rows < _INLINE_ROWS:
            return self._said(text, k, where)
        return await asyncio.to_thread(self._said, text, k, where)

    async def answering(self, questions: list[Found], where: Where) -> list[Found]:
        matrix = self._held.matrix
        mask = matrix.matching(where)

        def seq_of(source_id: str) -> int | None:
            row = matrix.first(source_id)
            if row is None or (mask is not None and not mask[row]):
                return None
            return matrix.seq(row)

        return first_answers(questions, seq_of)

    def _near(self, query: Floats, k: int, where: Where) -> list[Found]:
        return self._deepened(
            k, lambda depth: self._held.matrix.nearest(query, depth, where), Method.VECTOR
        )

    def _said(self, text: str, k: int, where: Where) -> list[Found]:
        assert self._held.lexical is not None
        matrix = self._held.matrix
        scores = self._held.lexical.scores(terms(text))
        places = self._held.places
        mask = matrix.matching(where)
        kept = scores > 0 if mask is None else (scores > 0) & mask[places]
        scores, places = scores[kept], places[kept]
        return self._deepened(
            k, lambda depth: matrix.best(scores, depth, rows=places), Method.LEXICAL
        )

    def _deepened(
        self, k: int, rows: Callable[[int], list[tuple[int, float]]], method: Method
    ) -> list[Found]:
        """The k best sources; as many rows are looked at as that takes."""
        depth = k
        while True:
            ranked = rows(depth)
            found = best_of(self._keyed(ranked), method)
            if len(found) >= k or len(ranked) < depth:
                return found[:k]
            depth *= 4

    def _keyed(self, ranked: Iterable[tuple[int, float]]) -> Iterable[tuple[str, int, float, int]]:
        matrix = self._held.matrix
        return ((*matrix.key(row), score, matrix.seq(row)) for row, score in ranked)
