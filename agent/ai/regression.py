"""Multinomial logistic regression on sparse binary features; the same data give the same weights.

Every row is scaled to unit length, so that long turns do not outweigh short ones.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STEPS = 60
STRENGTH = 30.0
"""The inverse of the ridge penalty."""
_MEMORY = 8
_BLOCK = 500_000
_FLAT = 1e-5
_SHORTEST = 1e-4


@dataclass(frozen=True, slots=True)
class Rows:
    """Sparse rows: the columns of row i are `columns[starts[i]:starts[i + 1]]`."""

    columns: NDArray[np.int32]
    values: Floats
    starts: Ints

    @classmethod
    def of(cls, rows: Sequence[NDArray[np.int32]]) -> "Rows":
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        starts = np.concatenate([[0], np.cumsum(lengths)])
        values = np.repeat(1 / np.sqrt(np.maximum(lengths, 1)), lengths)
        return cls(np.concatenate([np.empty(0, np.int32), *rows]), values, starts)

    def times(self, weights: Floats) -> Floats:
        """(rows, columns) x (columns, classes), a block of rows at a time."""
        total = np.zeros((len(self.starts) - 1, weights.shape[1]))
        for first, last in self._blocks():
            start, end = self.starts[first], self.starts[last]
            parts = weights[self.columns[start:end]] * self.values[start:end, None]
            total[first:last] = _sums(parts, self.starts[first : last + 1] - start)
        return total

    def transposed(self, columns: int) -> "Rows":
        order = np.argsort(self.columns, kind="stable")
        rows = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        starts = np.searchsorted(self.columns[order], np.arange(columns + 1))
        return Rows(rows[order].astype(np.int32), self.values[order], starts.astype(np.int64))

    def _blocks(self) -> Iterator[tuple[int, int]]:
        """Runs of rows, of some _BLOCK values each."""
        cuts = np.searchsorted(self.starts, np.arange(0, self.starts[-1], _BLOCK))
        edges = np.unique([0, *cuts, len(self.starts) - 1])
        yield from pairwise(edges.tolist())


def _sums(parts: Floats, starts: Ints) -> Floats:
    """The sum of each run of parts; 0 for an empty run."""
    total = np.zeros((len(starts) - 1, parts.shape[1]))
    filled = np.flatnonzero(np.diff(starts))
    if len(filled):
        total[filled] = np.add.reduceat(parts, starts[filled], axis=0)
    return total


def probabilities(scores: Floats) -> Floats:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Floats = raised / raised.sum(axis=1, keepdims=True)
    return shares


def fit(rows: Rows, labels: Ints, *, columns: int, classes: int) -> Floats:
    """The weights, (columns, classes)."""
    wanted = np.eye(classes)[labels]
    turned = rows.transposed(columns)

    def loss(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(columns, classes)
        shares = probabilities(rows.times(weights))
        missed = -np.log(np.maximum(shares[np.arange(len(labels)), labels], 1e-300)).sum()
        slope = turned.times(shares - wanted) + weights / STRENGTH
        return float(missed + 0.5 / STRENGTH * (flat @ flat)), slope.ravel()

    return _lowest(loss, np.zeros(columns * classes)).reshape(columns, classes)


def _lowest(loss: Callable[[Floats], tuple[float, Floats]], at: Floats) -> Floats:
    """L-BFGS with backtracking."""
    value, slope = loss(at)
    moves: list[tuple[Floats, Floats]] = []
    for _ in range(STEPS):
        direction = _direction(slope, moves)
        fall = float(slope @ direction)
        length = 1.0
        while True:
            there = at - length * direction
            reached, steepness = loss(there)
            if reached <= value - 1e-4 * length * fall or length < _SHORTEST:
                break
            length /= 2
        if reached >= value:
            break
        if (there - at) @ (steepness - slope) > 1e-10:
            moves = [*moves, (there - at, steepness - slope)][-_MEMORY:]
        flat = value - reached < _FLAT * max(abs(value), 1.0)
        at, value, slope = there, reached, steepness
        if flat:
            break
    return at


def _direction(slope: Floats, moves: Sequence[tuple[Floats, Floats]]) -> Floats:
    direction = slope.copy()
    shares = []
    for move, change in reversed(moves):
        share = (move @ direction) / (change @ move)
        shares.append(share)
        direction -= share * change
    if moves:
        move, change = moves[-1]
        direction *= (move @ change) / (change @ change)
    else:
        direction /= max(float(np.linalg.norm(slope)), 1.0)
    for (move, change), share in zip(moves, reversed(shares), strict=True):
        direction += move * (share - (change @ direction) / (change @ move))
    return direction
