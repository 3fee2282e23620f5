"""The rows of a file of articles, a few at a time: CSV, JSON Lines, or a sheet of a workbook."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import islice
from pathlib import Path

from agent.errors import InvalidInput
from agent.kit.sheets.workbook import Cell, Flaw, Sheet, Workbook, open_workbook
from agent.kit.tables import BadRow, Row, read_table

BATCH = 200
_HEAD = 30
"""Rows within which a sheet has its header."""
Rows = list[Row | BadRow]
IsHeader = Callable[[Sequence[str]], bool]


async def batches(path: Path, is_header: IsHeader) -> AsyncIterator[Rows]:
    """Every row that is not blank; of a workbook those below the first header of a visible sheet.

    Raises InvalidInput or TooLarge `table_…`, `workbook_…`, InvalidInput
    `knowledge_columns_unknown` for a workbook without such a header.
    """
    if path.suffix.lower() == ".xlsx":
        async with open_workbook(path) as workbook:
            async for rows in _of_workbook(workbook, is_header):
                yield rows
        return
    table = read_table(path)
    while rows := await asyncio.to_thread(lambda: list(islice(table, BATCH))):
        yield rows


async def _of_workbook(workbook: Workbook, is_header: IsHeader) -> AsyncIterator[Rows]:
    sheet, header_row, columns = await _header(workbook, is_header)
    async for batch in workbook.batches(sheet):
        rows: Rows = [
            Row(number, {column: cell for column, cell in _named(columns, cells) if cell != ""})
            for number, cells in batch
            if number > header_row
        ]
        if rows:
            yield rows


async def _header(workbook: Workbook, is_header: IsHeader) -> tuple[Sheet, int, list[str]]:
    for sheet in workbook.sheets:
        if not sheet.visible:
            continue
        for number, cells in (await workbook.head(sheet, _HEAD)).rows:
            columns = [cell if isinstance(cell, str) else "" for cell in cells]
            if is_header(columns):
                return sheet, number, columns
    raise InvalidInput(
        "knowledge_columns_unknown",
        "No sheet has a row that names a column of texts; name it like: body, text, answer.",
    )


def _named(columns: Sequence[str], cells: Sequence[Cell]) -> list[tuple[str, Cell]]:
    """What is no value, and what stands under no name, is left out."""
    return [
        (column, cell)
        for column, cell in zip(columns, cells, strict=False)
        if column and not isinstance(cell, Flaw)
    ]
