"""Memory that the states of a matrix share."""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


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


class Shelf:
    """Rows are only ever added behind the last."""

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

    def copied(self, rows: npt.NDArray[np.intp], room: int) -> "Shelf":
        other = Shelf(tuple(self.codes), self.vectors.shape[1], room)
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
