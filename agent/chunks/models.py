from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class Source:
    """A text to be found again, under an id of its noun. Redacted."""

    source_id: str
    text: str
    meta: Mapping[str, Any] = field(default_factory=dict)
    """Plain values; the fields a corpus declares can be filtered by."""


def turn_id(thread_id: str, turn_index: int) -> str:
    """The source id of a message."""
    return f"{thread_id}/{turn_index}"


def turns_after(source_id: str, count: int) -> list[str]:
    """The source ids of the next messages of its thread."""
    thread_id, _, turn = source_id.rpartition("/")
    return [turn_id(thread_id, int(turn) + step) for step in range(1, count + 1)]


@dataclass(frozen=True, slots=True)
class Hit:
    """A source by its best piece."""

    source_id: str
    chunk_index: int
    text: str
    score: float
    """Comparable within one answer only."""
    meta: dict[str, Any]
    scores: dict[str, float] = field(default_factory=dict)
    """By method: `vector` = (1 + cosine) / 2, `lexical` = BM25."""


class Version(BaseModel):
    """A complete set of chunks, all by one model."""

    embedding_version: str
    model: str
    dimensions: int
    strategy: str
    run_id: str
    """Who builds it; another run takes over by writing its own."""


class Head(BaseModel):
    """What a corpus stands at; every write to its chunks passes through this one row."""

    corpus: str
    active: Version | None = None
    building: Version | None = None
    seq: int = 0
    """Grows with every write."""
    removed_seq: int = 0
    """The last write that took sources away."""
    versions: int = 0

    def live(self) -> tuple[Version, ...]:
        return tuple(version for version in (self.active, self.building) if version)


class RunStatus(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Run(BaseModel):
    """One row of `embedding_manifest`: what a run embedded, and what that cost."""

    run_id: str
    corpus: str
    kind: str
    """rebuild, update or put"""
    embedding_version: str
    model: str
    dimensions: int
    strategy: str
    status: RunStatus = RunStatus.RUNNING
    active: bool = False
    """Whether searches see its version."""
    sources: int = 0
    skipped: int = 0
    """Sources that were there already."""
    chunks: int = 0
    cached: int = 0
    """Chunks whose vector was known."""
    tokens: int = 0
    cost: float | None = None
    """US dollars; None where the price is not known."""
    seconds: float | None = None
    error: str | None = None
    started_at: datetime
    finished_at: datetime | None = None
