"""The rows of a file of tickets, whichever kind of file it is, and its header."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

from agent.errors import InvalidInput
from agent.ingest.ticket_columns import layout_of
from agent.ingest.ticket_headers import CELLS, HEAD, Header, find_header
from agent.kit.sheets.workbook import Cell, Sheet, Workbook, open_workbook
from agent.kit.tables import BadRow, Records, Row, read_table, too_long

BATCH = 200
ENOUGH = 16
"""Rows below its header that make a sheet as good as any."""
LOOKED = 200_000
"""Cells of sheets without a header after which no further sheet is looked at."""
Line = tuple[int, Sequence[Cell]] | BadRow
"""The number of a row and its cells, or what is wrong with it."""


@dataclass(slots=True)
class Source:
    header: Header | None
    batches: AsyncIterator[list[Line]]
    """The rows below the header."""
    sheet: str | None = None
    other_sheets: list[str] = field(default_factory=list)
    from_1904: bool = False


@asynccontextmanager
async def open_source(path: Path, name: str) -> AsyncIterator[Source]:
    """Raises InvalidInput `tickets_format_unknown`, `table_…`; that or TooLarge `workbook_…`."""
    kind = Path(name).suffix.lower()
    if kind in (".xlsx", ".xlsm", ".xlsb", ".xls"):
        async with open_workbook(path) as book:
            yield await _of_workbook(book)
    elif kind in _LINES:
        lines = _LINES[kind](path)
        header, below = await asyncio.to_thread(lines.__enter__)
        try:
            yield Source(header, _batches(below))
        finally:
            await asyncio.to_thread(lines.__exit__, None, None, None)
    else:
        raise InvalidInput(
            "tickets_format_unknown", f"{name[:200]!r} must end in .xlsx, .csv or .jsonl."
        )


async def _batches(lines: Iterator[Line]) -> AsyncIterator[list[Line]]:
    while batch := await asyncio.to_thread(lambda: list(islice(lines, BATCH))):
        yield batch


@contextmanager
def _of_csv(path: Path) -> Iterator[tuple[Header | None, Iterator[Line]]]:
    with Records(path) as records:
        rest = iter(records)
        head = _first(rest)
        header = find_header([record for record in head if not isinstance(record, BadRow)])
        yield header, _below(header, chain(head, rest))


def _first(records: Iterator[Line]) -> list[Line]:
    """Those in which the header is looked for; of a very wide table few."""
    found, cells = [], 0
    for record in islice(records, HEAD):
        found.append(record)
        cells += 0 if isinstance(record, BadRow) else len(record[1])
        if cells > CELLS:
            break
    return found


def _below(header: Header | None, records: Iterable[Line]) -> Iterator[Line]:
    width = 0
    for record in records:
        number = record.number if isinstance(record, BadRow) else record[0]
        if header is None or number < header.row:
            continue
        if isinstance(record, BadRow):
            yield record
        elif number == header.row:
            width = len(record[1])
        elif any(map(str.strip, map(str, record[1][width:]))):
            yield too_long(number, len(record[1]), width)
        else:
            yield record


@contextmanager
def _of_json(path: Path) -> Iterator[tuple[Header | None, Iterator[Line]]]:
    rows = read_table(path, ".jsonl")
    head = list(islice(rows, HEAD))
    names = dict.fromkeys(name for row in head if isinstance(row, Row) for name in row.values)
    layout = layout_of([[name] for name in names])
    lines = (_line(row, list(names)) for row in chain(head, rows))
    yield Header(0, layout) if layout.is_whole else None, lines


def _line(row: Row | BadRow, names: Sequence[str]) -> Line:
    if isinstance(row, BadRow):
        return row
    return row.number, [_cell(row.values.get(name)) for name in names]


def _cell(value: Any) -> Cell:
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "\n".join(value)
    return value if isinstance(value, str | int | float | bool) else ""


_Lines = AbstractContextManager[tuple[Header | None, Iterator[Line]]]
_LINES: dict[str, Callable[[Path], _Lines]] = {".csv": _of_csv, ".jsonl": _of_json}


async def _of_workbook(book: Workbook) -> Source:
    left = LOOKED
    for visible in (True, False):
        found = []
        for sheet in book.sheets:
            if sheet.visible != visible or left < 0:
                continue
            head = await book.head(sheet, HEAD)
            header = await asyncio.to_thread(find_header, head.rows, head.merges)
            if header is None:
                left -= sum(len(cells) for _, cells in head.rows)
            else:
                below = sum(number > header.row for number, _ in head.rows)
                found.append((sheet, header, min(below, ENOUGH)))
        if found:
            # the first of the best
            sheet, header, _ = max(found, key=lambda one: (one[2], len(one[1].layout.places)))
            return Source(
                header,
                _rows_below(book, sheet, header),
                sheet=sheet.name,
                other_sheets=[one.name for one, _, rows in found if rows and one is not sheet],
                from_1904=book.from_1904,
            )
    return Source(None, _batches(iter(())))


async def _rows_below(book: Workbook, sheet: Sheet, header: Header) -> AsyncIterator[list[Line]]:
    async for rows in book.batches(sheet):
        yield [row for row in rows if row[0] > header.row]
