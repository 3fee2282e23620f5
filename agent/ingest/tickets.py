"""A file of support tickets as drafts: good rows in batches, the others with what is wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agent.tickets.models import TicketDraft

BATCH = 200

Batch = list[tuple[int, TicketDraft]]
"""Drafts and the rows they come from; the first row of a file is 1."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that becomes no ticket."""

    row: int
    code: str
    message: str
    of_row: int | None = None
    """The row that has its conversation id already."""


@dataclass(frozen=True, slots=True)
class Warned:
    """A cell that was left out of a row that was kept."""

    row: int
    field: str
    code: str


@dataclass(slots=True)
class TicketFile:
    """What a file says of its columns, and its drafts while they are asked for.

    `accepted`, `rejected` and `warnings` are complete once every batch has been read.
    """

    header_row: int
    columns: dict[str, str]
    """Header, as it is written -> field."""
    ignored_columns: list[str]
    batches: AsyncIterator[Batch]
    """At most 200 drafts each; can be read once."""
    sheet: str | None = None
    """None: the file has no sheets."""
    accepted: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    other_sheets: list[str] = field(default_factory=list)
    """Visible sheets that look like tickets too and were not read."""


@asynccontextmanager
async def read_tickets(path: Path, *, name: str) -> AsyncIterator[TicketFile]:
    """Open a file of tickets: .xlsx, .csv or .jsonl, told by `name`; memory stays flat.

    Rejected are rows without conversation id or transcript, placeholders, and those after the first
    with a conversation id. Raises InvalidInput or TooLarge `workbook_…`, `table_…`,
    `tickets_header_missing`, on entering or while the batches are read.
    """
    raise NotImplementedError
    yield  # pragma: no cover
