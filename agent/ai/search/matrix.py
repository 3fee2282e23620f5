"""Vectors in memory with their ids and filter columns."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from agent.ai.search.filters import Where
from agent.ai.search.kept import Kept
from agent.ai.search.shelf import Floats, Row, Shelf

Mask = npt.NDArray[np.bool_]
GATHER_BELOW = 0.35
"""Share of rows under which copying them out is cheaper than multiplying all."""
_DIGITS = 6
"""Scores closer than this are equal, so that the order does not hang on a row's place."""
_SPARE = 0.25


class Matrix:
    """A state of a corpus that never changes; `with_rows` makes the next one.

    Vectors are float32 of unit length, one a row, C-contiguous; `dimensions` 0 keeps none.
    """

    def __init__(self, fields: Sequence[str], dimensions: int, *, room: int = 0) -> None:
        self._shelf = Shelf(fields, dimensions, room)
        self._count = 0
        self._dead: Mask | None = None
        self._kept = Kept()

    def __len__(self) -> int:
        return self._count - (0 if self._dead is None else int(self._dead.sum()))

    @property
    def rows(self) -> int:
        """Places, those of replaced rows included."""
        return self._count

    @property
    def vectors(self) -> Floats:
        return self._shelf.vectors[: self._count]

    @property
    def alive(self) -> Mask | None:
        """False for replaced rows; None when there are none."""
        return None if self._dead is None else ~self._dead

    @property
    def bytes(self) -> int:
        """About what it keeps in memory."""
        shelf = self._shelf
        arrays = shelf.vectors.nbytes + shelf.seqs.nbytes
        columns = sum(codes.nbytes for codes in shelf.codes.values())
        return arrays + columns + self._kept.bytes + 300 * shelf.used + 20 * shelf.words

    def key(self, row: int) -> tuple[str, int]:
        """(source_id, chunk_index)"""
        return self._shelf.keys[row]

    def first(self, source_id: str) -> int | None:
        """The row of a source's first chunk."""
        for row in reversed(self._shelf.places.get(source_id, ())):
            gone = row >= self._count or (self._dead is not None and self._dead[row])
            if not gone and self._shelf.keys[row][1] == 0:
                return row
        return None

    def seq(self, row: int) -> int:
        return int(self._shelf.seqs[row])

    def terms(self, row: int) -> tuple[str, ...]:
        return self._shelf.terms[row]

    def title(self, row: int) -> tuple[str, ...]:
        return self._shelf.titles[row]

    def extends(self, other: "Matrix") -> bool:
        """Whether the rows of `other` have their places in this one too."""
        return self._shelf is other._shelf

    def with_rows(self, rows: Sequence[Row], *, replace: bool = True) -> "Matrix":
        """The next state, in which `rows` stand for all that was known of their sources.

        With `replace` false they only come to the others. One caller at a time. The cost grows
        with the news, not with the corpus, but for a copy now and then.
        """
        new = Matrix.__new__(Matrix)
        new._kept = Kept()
        dead = self._marked({row.source_id for row in rows}) if replace else self._dead
        shelf, wanted = self._shelf, self._count + len(rows)
        shared = shelf.used == self._count and wanted <= shelf.room
        if not shared or (dead is not None and dead.sum() > _SPARE * self._count + 1_000):
            keep = np.flatnonzero(~dead) if dead is not None else np.arange(self._count)
            total = len(keep) + len(rows)
            shelf, dead = shelf.copied(keep, total + int(total * _SPARE) + 16), None
        for row in rows:
            shelf.add(row)
        new._shelf, new._count = shelf, shelf.used
        if dead is not None:
            dead = np.concatenate([dead, np.zeros(new._count - len(dead), np.bool_)])
        new._dead = dead
        return new

    def matching(self, where: Where) -> Mask | None:
        """The rows a search may find; None when all."""
        found = self.alive
        for condition in where:
            known = self._shelf.known[condition.field]
            codes = self._shelf.codes[condition.field][: self._count]
            wanted = [known[value] for value in condition.values if value in known]
            mask: Mask = codes == wanted[0] if len(wanted) == 1 else np.isin(codes, wanted)
            if not condition.wanted:
                mask = ~mask
            found = mask if found is None else found & mask
        return found

    def nearest(self, query: Floats, k: int, where: Where = ()) -> list[tuple[int, float]]:
        """The k best rows as (row, (1 + cosine) / 2), best first; exact."""
        if (found := self._kept.get(where)) is not None:
            rows, vectors = found
            return self.best(vectors @ query, k, rows=rows, cosine=True)
        mask = self.matching(where)
        if mask is None:
            return self.best(self.vectors @ query, k, cosine=True)
        rows = np.flatnonzero(mask)
        if len(rows) < GATHER_BELOW * self._count:
            vectors = self.vectors[rows]
            self._kept.offer(where, rows, vectors, most=self.vectors.nbytes // 2)
            return self.best(vectors @ query, k, rows=rows, cosine=True)
        scores = self.vectors @ query
        scores[~mask] = -np.inf
        return self.best(scores, min(k, len(rows)), cosine=True)

    def best(
        self,
        scores: Floats,
        k: int,
        *,
        rows: npt.NDArray[np.intp] | None = None,
        cosine: bool = False,
    ) -> list[tuple[int, float]]:
        """The k highest of `scores` (of all rows, or of `rows`), equal ones by their key."""
        k = min(k, len(scores))
        if k <= 0:
            return []
        if k < len(scores):
            least = np.partition(scores, len(scores) - k)[len(scores) - k]
            found = np.flatnonzero(scores >= least - 10.0**-_DIGITS)
        else:
            found = np.arange(len(scores))
        ranked = [
            (int(place if rows is None else rows[place]), _score(scores[place], cosine))
            for place in found
        ]
        ranked.sort(key=lambda item: (-item[1], self._shelf.keys[item[0]]))
        return ranked[:k]

    def _marked(self, sources: set[str]) -> Mask | None:
        """`dead` with the rows of `sources`; None when there are none."""
        places = self._shelf.places
        rows = [row for s in sources for row in places.get(s, ()) if row < self._count]
        if not rows:
            return self._dead
        dead = np.zeros(self._count, np.bool_) if self._dead is None else self._dead.copy()
        dead[rows] = True
        return dead


def _score(value: Any, cosine: bool) -> float:
    return round((1.0 + float(value)) / 2 if cosine else float(value), _DIGITS)
