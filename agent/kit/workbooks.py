"""Writing an .xlsx that people open: no cell of it is a formula, whatever its text says."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any

CELL = 32_767
"""Characters that a cell may hold."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""What a reader would take for an escaped sign."""
_EXACT = 10**15
"""A spreadsheet keeps 15 digits of a number."""
_NOT_IN_TITLE = re.compile(r"[\\/*?:\[\]]")
_TITLE = 31


def write_rows(
    target: Path | IO[bytes], title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """One sheet: a bold header and the rows, written as they come; memory stays flat.

    Texts that a spreadsheet would calculate get a `'` before them; times are written in UTC.
    """
    from openpyxl import Workbook  # type: ignore[import-untyped]
    from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]
    from openpyxl.styles import Font  # type: ignore[import-untyped]

    book = Workbook(write_only=True)
    sheet = book.create_sheet(_NOT_IN_TITLE.sub(" ", title)[:_TITLE] or "Sheet1")
    sheet.freeze_panes = "A2"
    header = []
    for column in columns:
        cell = WriteOnlyCell(sheet, value=plain_text(column))
        cell.font = Font(bold=True)
        header.append(cell)
    sheet.append(header)
    for row in rows:
        sheet.append([_value(cell) for cell in row])
    book.save(target)


def plain_text(text: str) -> str:
    """A text that no spreadsheet runs, and that fits into a cell."""
    text = _ESCAPE.sub("_x005F_", _NOT_XML.sub("", text))
    return (f"'{text}" if text.startswith(_FORMULA) else text)[:CELL]


def _value(cell: Any) -> Any:
    match cell:
        case None | bool():
            return cell
        case int() | float():
            return cell if abs(cell) < _EXACT else str(cell)
        case datetime():
            return cell.astimezone(UTC).replace(tzinfo=None) if cell.tzinfo else cell
        case date():
            return cell
        case list() | tuple():
            return plain_text(", ".join(map(str, cell)))
    return plain_text(str(cell))
