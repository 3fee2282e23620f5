from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from agent.ingest.conversations.roles import Side

Source = Literal["csv", "api"]
LISTED = 10_000
"""Problems that a report names one by one; the others are counted."""


@dataclass(slots=True)
class Turn:
    """One line of a conversation, as it was given."""

    line: int
    """Where it starts in the file; in an array, its place there."""
    side: Side
    from_prefix: bool
    text: str
    """Clean, not redacted yet: it goes nowhere but into the redaction."""
    timestamp: datetime | None
    written: tuple[str, str, str]
    """Role, text and timestamp as written."""
    thread: str = ""
    """The thread id as written."""
    message_id: str = ""


@dataclass(slots=True)
class Part:
    """Consecutive turns of one conversation; most are the whole of it."""

    start: bytes
    """A keyed digest of what it begins with, the same in every file that holds it."""
    reference: str
    """The thread id that the file gives it; empty where it gives none."""
    turns: list[Turn]
    offset: int = 0
    """Turns of the same conversation in earlier parts."""
    serial: int = 0
    """Place of the conversation in the file."""
    last: bool = True
    """Nothing more of it is expected, so that nothing need be remembered."""


@dataclass(frozen=True, slots=True)
class Problem:
    line: int
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that becomes no message."""

    problem: Problem
    cells: Sequence[str] = ()
    thread: str = ""
    """The thread id as written, which the next row may inherit."""


class ConversationReport(BaseModel):
    """What became of a file of conversations."""

    threads: int = 0
    """Counted in the file."""
    messages: int = 0
    """Counted in the file, without duplicates."""
    added: int = 0
    """Messages that are new in the database."""
    duplicates: int = 0
    rejected: list[dict[str, Any]] = Field(default_factory=list)
    rejected_count: int = 0
    warnings: list[dict[str, Any]] = Field(default_factory=list)
    warnings_count: int = 0
    """All of them; the lists name at most the first 10,000."""
    pii: dict[str, int] = Field(default_factory=dict)
    """Values that were taken out, by kind."""
    rows: int = 0
    rows_per_second: float = 0
    stages_by: Literal["rules", "model"] = "rules"
    dialect: dict[str, str] = Field(default_factory=dict)

    def reject(self, problem: Problem) -> None:
        self.rejected_count += 1
        if len(self.rejected) < LISTED:
            self.rejected.append(_listed(problem))

    def warn(self, problem: Problem) -> None:
        self.warnings_count += 1
        if len(self.warnings) < LISTED:
            self.warnings.append(_listed(problem))


def _listed(problem: Problem) -> dict[str, Any]:
    return {"line": problem.line, "code": problem.code, "reason": problem.reason}


@dataclass(slots=True)
class Line:
    """A turn that nobody can be known from any more, and what was taken out of it."""

    line: int
    side: Side
    text: str
    """Clean and redacted."""
    timestamp: datetime | None
    message_id: str
    written: tuple[str, str, str]
    """Role, text and timestamp as written; the text redacted."""
    thread: str
    """The thread id as written, redacted."""
    hashes: dict[str, Any] = field(default_factory=dict)
    stage: str | None = None
    guessed: bool = False
    """A model says the stage, so that no model may learn it from here."""
    entities: Mapping[str, Any] = field(default_factory=dict)
