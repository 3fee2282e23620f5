"""Rows of a file that people made, one at a time: CSV (comma, semicolon, tab) and JSON Lines."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from agent.errors import InvalidInput

_DELIMITERS = ",;\t"
_BINARY = (b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")
_HEAD_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    """The line on which the row starts; the first line of the file is 1."""
    values: Mapping[str, Any]
    """Column -> cell; the cells of a CSV are text."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read, while those around it can."""

    number: int
    code: str
    reason: str


def read_table(path: Path) -> Iterator[Row | BadRow]:
    """Every row that is not blank, read as it is asked for.

    Raises InvalidInput before the first row: `table_format_unknown`, `table_unreadable`,
    `table_binary`, `table_empty`.
    """
    readers = {".csv": _csv_rows, ".jsonl": _json_rows}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InvalidInput(
            "table_format_unknown", f"{path.name!r} must end in one of: {', '.join(readers)}."
        )
    _require_text(path)
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        rows = 0
        for row in reader(file):
            rows += 1
            yield row if isinstance(row, BadRow) else _in_unicode(row)
    if not rows:
        raise InvalidInput("table_empty", f"{path.name!r} holds no rows.")


def _require_text(path: Path) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise InvalidInput(
            "table_unreadable", f"{path.name!r} cannot be read: {error.strerror}."
        ) from None
    if head.startswith(_BINARY) or b"\x00" in head:
        raise InvalidInput(
            "table_binary", f"{path.name!r} is no UTF-8 text; save it as CSV in UTF-8."
        )


def _csv_rows(file: TextIO) -> Iterator[Row | BadRow]:
    header: list[str] = []
    for number, cells in _records(file):
        if isinstance(cells, BadRow):
            yield cells
        elif not any(cell.strip() for cell in cells):
            continue
        elif not header:
            header = _distinct(cells)
        elif any(cell.strip() for cell in cells[len(header) :]):
            yield BadRow(
                number,
                "row_too_long",
                f"The row has {len(cells)} cells and the header {len(header)}; quote its texts.",
            )
        else:
            yield Row(number, dict(zip(header, cells, strict=False)))


def _records(file: TextIO) -> Iterator[tuple[int, list[str] | BadRow]]:
    reader = csv.reader(file, delimiter=_delimiter(file), strict=True)
    while True:
        number = reader.line_num + 1
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, BadRow(number, "row_malformed", f"The row is no CSV: {error}.")


def _delimiter(file: TextIO) -> str:
    """The sign that parts the header best, quoted texts aside."""
    header = next((line for line in file if line.strip()), "")
    file.seek(0)
    bare = "".join(header.split('"')[::2])
    return max(_DELIMITERS, key=bare.count)


def _distinct(header: list[str]) -> list[str]:
    names: list[str] = []
    for index, cell in enumerate(header, 1):
        name = cell.strip() or f"column {index}"
        names.append(f"{name} ({index})" if name in names else name)
    return names


def _json_rows(file: TextIO) -> Iterator[Row | BadRow]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            yield BadRow(number, "row_not_json", "The line is no JSON object.")
            continue
        if isinstance(values, dict):
            yield Row(number, values)
        else:
            yield BadRow(number, "row_not_json", "The line is JSON, but no object.")


def _in_unicode(row: Row) -> Row | BadRow:
    try:
        json.dumps(row.values, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return BadRow(row.number, "row_not_utf8", "The row is no UTF-8; save the file as UTF-8.")
    return row
