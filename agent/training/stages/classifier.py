"""The stage of each turn of a conversation, by a linear model; and that model as bytes."""

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.ai.regression import Rows, fit, probabilities
from agent.errors import InvalidInput
from agent.training.stages.features import BUCKETS, FORMAT, features
from agent.training.stages.turns import Turn

_RARE = 2
_HEAD = "head.json"


@dataclass(frozen=True, slots=True)
class Guess:
    stage: str
    share: float
    """How sure the model is, 0 to 1."""


@dataclass(frozen=True, eq=False, slots=True)
class StageClassifier:
    """Labels and one weight a feature and label; it keeps no word of what it learnt from."""

    labels: tuple[str, ...]
    buckets: NDArray[np.int64]
    """The features it knows, ascending."""
    weights: NDArray[np.float32]
    """(buckets, labels)"""

    def guesses(self, turns: Sequence[Turn]) -> list[Guess]:
        """A guess a turn; each sees the turns before it, never those after it."""
        if not turns:
            return []
        rows = Rows.of([_known(self.buckets, row) for row in features(turns)])
        shares = probabilities(rows.times(self.weights.astype(np.float64)))
        best = shares.argmax(axis=1)
        return [
            Guess(self.labels[label], float(share[label]))
            for label, share in zip(best, shares, strict=True)
        ]

    def to_bytes(self) -> bytes:
        """A zip of plain arrays and JSON, the same for the same model."""
        head = {"format": FORMAT, "buckets": BUCKETS, "labels": self.labels}
        files = {
            _HEAD: json.dumps(head).encode(),
            "buckets.npy": _array(self.buckets.astype("<i8")),
            "weights.npy": _array(self.weights.astype("<f4")),
        }
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
        return target.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "StageClassifier":
        """Raises InvalidInput `artefact_unreadable` for what is none of ours."""
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                head: dict[str, Any] = json.loads(archive.read(_HEAD))
                buckets = _read(archive.read("buckets.npy"))
                weights = _read(archive.read("weights.npy"))
            labels = tuple(map(str, head["labels"]))
            made_for = (head["format"], head["buckets"])
        except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError):
            raise _unreadable() from None
        if made_for != (FORMAT, BUCKETS) or weights.shape != (len(buckets), len(labels)):
            raise _unreadable()
        return cls(labels, buckets.astype(np.int64), weights.astype(np.float32))


def learn(threads: Sequence[Sequence[Turn]]) -> StageClassifier:
    """Learn from the labelled turns of `threads`, at least one; takes seconds of CPU."""
    rows: list[NDArray[np.int32]] = []
    said: list[str] = []
    for turns in threads:
        for row, turn in zip(features(turns), turns, strict=True):
            if turn.stage is not None:
                rows.append(row)
                said.append(turn.stage)
    labels = tuple(sorted(set(said)))
    found, counts = np.unique(np.concatenate(rows), return_counts=True)
    buckets = found[counts >= _RARE].astype(np.int64)
    weights = fit(
        Rows.of([_known(buckets, row) for row in rows]),
        np.array([labels.index(stage) for stage in said], dtype=np.int64),
        columns=len(buckets),
        classes=len(labels),
    )
    return StageClassifier(labels, buckets, weights.astype(np.float32))


def _known(buckets: NDArray[np.int64], row: NDArray[np.int32]) -> NDArray[np.int32]:
    """Where in `buckets` the features of `row` stand; unknown ones are left out."""
    if not len(buckets):
        return np.empty(0, np.int32)
    at = np.minimum(np.searchsorted(buckets, row), len(buckets) - 1)
    known: NDArray[np.int32] = at[buckets[at] == row].astype(np.int32)
    return known


def _array(values: NDArray[Any]) -> bytes:
    target = io.BytesIO()
    np.save(target, values, allow_pickle=False)
    return target.getvalue()


def _read(data: bytes) -> NDArray[Any]:
    values: NDArray[Any] = np.load(io.BytesIO(data), allow_pickle=False)
    return values


def _unreadable() -> InvalidInput:
    return InvalidInput(
        "artefact_unreadable", "This stage model was made by another version; train it again."
    )
