"""A file of support tickets as drafts: good rows in batches, the others with what is wrong."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agent.errors import InvalidInput, TooLarge
from agent.ingest.ticket_columns import COLUMNS, REQUIRED
from agent.ingest.ticket_rows import RowReader
from agent.ingest.ticket_sources import Line, Source, open_source
from agent.kit.tables import BadRow
from agent.tickets.models import TicketDraft

ROWS = 100_000
"""Rows of one file; more would not stay small in memory."""

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
    """A cell that was left out of a row that was kept, or cut."""

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
    sheet: str | None = None
    """None: the file has no sheets."""
    accepted: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    other_sheets: list[str] = field(default_factory=list)
    """Visible sheets that look like tickets too and were not read."""
    batches: AsyncIterator[Batch] = field(init=False)
    """At most 200 drafts each; can be read once."""


@asynccontextmanager
async def read_tickets(path: Path, *, name: str) -> AsyncIterator[TicketFile]:
    """Open a file of tickets: .xlsx, .csv or .jsonl, told by `name`; memory stays flat.

    Rejected are rows without conversation id or transcript, placeholders, and those after the first
    with a conversation id. Raises InvalidInput or TooLarge `workbook_…`, `table_…`,
    `tickets_header_missing`, `tickets_too_many`, on entering or while the batches are read.
    """
    async with open_source(path, name) as source:
        if source.header is None:
            raise _header_missing(name)
        layout = source.header.layout
        file = TicketFile(
            header_row=source.header.row,
            columns=layout.columns,
            ignored_columns=layout.ignored,
            sheet=source.sheet,
            other_sheets=source.other_sheets,
        )
        file.batches = _batches(
            source, _Sorter(file, RowReader(layout, from_1904=source.from_1904))
        )
        yield file


async def _batches(source: Source, sorter: "_Sorter") -> AsyncIterator[Batch]:
    async for lines in source.batches:
        batch = await asyncio.to_thread(sorter.sort, lines)
        if batch:
            yield batch


class _Sorter:
    """Tells good rows from others and keeps the file's account of them."""

    def __init__(self, file: TicketFile, reader: RowReader) -> None:
        self._file = file
        self._reader = reader
        self._rows: dict[str, int] = {}
        """Conversation id -> the row that has it."""

    def sort(self, lines: Sequence[Line]) -> Batch:
        return [kept for line in lines if (kept := self._kept(line))]

    def _kept(self, line: Line) -> tuple[int, TicketDraft] | None:
        if isinstance(line, BadRow):
            self._reject(line.number, line.code, line.reason)
            return None
        number, cells = line
        row = self._reader.read(cells)
        if row is None:
            return None
        if row.draft is None:
            self._reject(number, *(row.refused or ("placeholder", "")))
            return None
        first = self._rows.setdefault(row.draft.conversation_id, number)
        if first != number:
            reason = f"Row {first} has the same conversation id."
            self._reject(number, "duplicate_conversation_id", reason, first)
            return None
        self._file.warnings += (Warned(number, name, code) for name, code in row.warnings)
        self._file.accepted += 1
        self._require_few()
        return number, row.draft

    def _reject(self, row: int, code: str, message: str, of_row: int | None = None) -> None:
        self._file.rejected.append(Rejected(row, code, message, of_row))
        self._require_few()

    def _require_few(self) -> None:
        if self._file.accepted + len(self._file.rejected) > ROWS:
            raise TooLarge("tickets_too_many", f"The file has more than {ROWS:,} rows; split it.")


def _header_missing(name: str) -> InvalidInput:
    names = " and ".join(COLUMNS[required].split(",")[0] for required in REQUIRED)
    return InvalidInput(
        "tickets_header_missing",
        f"No row of {name[:200]!r} names the columns of tickets; it needs at least {names}.",
    )
