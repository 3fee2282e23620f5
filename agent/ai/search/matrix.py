"""Vectors in memory with their ids and filter columns."""

import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from agent.ai.search.filters import Where

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]
GATHER_BELOW = 0.35
"""Share of rows under which copying them out is cheaper than multiplying all."""
_DIGITS = 6
"""Scores closer than this are equal, so that the order does not hang on a row's place."""
_SPARE = 0.25
_FILTERS_SEEN = 1_000


class Row(NamedTuple):
    source_id: str
    chunk_index: int
    seq: int
    values: tuple[Hashable, ...]
    """Of the declared fields, in their order."""
    vector: Floats | None
    terms: tuple[str, ...] = ()
    """For BM25; empty where a corpus goes without."""
    title: tuple[str, ...] = ()


class _Shelf:
    """Memory that snapshots share: rows are only ever added behind the last."""

    def __init__(self, fields: Sequence[str], dimensions: int, room: int) -> None:
        self.used = 0
        self.words = 0
        self.room = room
        self.vectors = np.empty((room, dimensions), np.float32)
        self.codes = {field: np.empty(room, np.int32) for field in fields}
        self.seqs = np.empty(room, np.int64)
        self.keys: list[tuple[str, int]] = []
        self.places: dict[str, list[int]] = {}
        self.terms: list[tuple[str, ...]] = []
        self.titles: list[tuple[str, ...]] = []
        self.known: dict[str, dict[Hashable, int]] = {field: {} for field in fields}

    def copied(self, rows: npt.NDArray[np.intp], room: int) -> "_Shelf":
        other = _Shelf(tuple(self.codes), self.vectors.shape[1], room)
        other.used = len(rows)
        other.vectors[: other.used] = self.vectors[rows]
        other.seqs[: other.used] = self.seqs[rows]
        for field, codes in self.codes.items():
            other.codes[field][: other.used] = codes[rows]
        other.keys = [self.keys[row] for row in rows]
        other.terms = [self.terms[row] for row in rows]
        other.words = sum(len(self.terms[row]) + len(self.titles[row]) for row in rows)
        other.titles = [self.titles[row] for row in rows]
        for place, (source_id, _) in enumerate(other.keys):
            other.places.setdefault(source_id, []).append(place)
        other.known = {field: dict(known) for field, known in self.known.items()}
        return other

    def add(self, row: Row) -> None:
        at = self.used
        if row.vector is not None:
            self.vectors[at] = row.vector
        self.seqs[at] = row.seq
        for (field, codes), value in zip(self.codes.items(), row.values, strict=True):
            known = self.known[field]
            codes[at] = known.setdefault(value, len(known))
        self.keys.append((row.source_id, row.chunk_index))
        self.places.setdefault(row.source_id, []).append(at)
        self.terms.append(row.terms)
        self.titles.append(row.title)
        self.words += len(row.terms) + len(row.title)
        self.used = at + 1


class _Kept:
    """The rows of filters that come again and again, copied out; those asked for least go."""

    def __init__(self) -> None:
        self._rows: OrderedDict[Where, tuple[npt.NDArray[np.intp], Floats]] = OrderedDict()
        self._seen: set[Where] = set()
        self.bytes = 0
        self._lock = threading.Lock()

    def get(self, where: Where) -> tuple[npt.NDArray[np.intp], Floats] | None:
        with self._lock:
            found = self._rows.get(where)
            if found is not None:
                self._rows.move_to_end(where)
            return found

    def offer(
        self, where: Where, rows: npt.NDArray[np.intp], vectors: Floats, *, most: int
    ) -> None:
        """Keep them when the filter comes for the second time, within `most` bytes."""
        with self._lock:
            if where not in self._seen:
                if len(self._seen) >= _FILTERS_SEEN:
                    self._seen.clear()
                self._seen.add(where)
                return
            if where in self._rows or vectors.nbytes > most:
                return
            self._rows[where] = (rows, vectors)
            self.bytes += vectors.nbytes
            while self.bytes > most:
                _, (_, gone) = self._rows.popitem(last=False)
                self.bytes -= gone.nbytes


class Matrix:
    """A state of a corpus that never changes; `with_rows` makes the next one.

    Vectors are float32 of unit length, one a row, C-contiguous; `dimensions` 0 keeps none.
    """

    def __init__(self, fields: Sequence[str], dimensions: int, *, room: int = 0) -> None:
        self._shelf = _Shelf(fields, dimensions, room)
        self._count = 0
        self._dead: Mask | None = None
        self._kept = _Kept()

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
        new._kept = _Kept()
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
