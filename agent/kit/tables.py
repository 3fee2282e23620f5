"""Rows of a file that people made, one at a time: CSV in any dialect, and JSON Lines."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from agent.errors import InvalidInput
from agent.kit.dialects import Dialect, detect

FIELD_LIMIT = 10 * 1024 * 1024
"""Characters of one record; a longer one is reported and left out."""
csv.field_size_limit(FIELD_LIMIT)
_ESCAPED = re.compile("[\udc80-\udcff]")
_WINDOWS = "cp1252"


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


Record = tuple[int, list[str]] | BadRow
"""The line on which it starts, and its cells as they are; empty rows too."""


def read_table(path: Path, kind: str | None = None) -> Iterator[Row | BadRow]:
    """Every row that is not blank, read as it is asked for; `kind` is .csv or .jsonl.

    Without one, the path ends in it.

    Raises InvalidInput before the first row: `table_format_unknown`, `table_unreadable`,
    `table_binary`, `table_empty`.
    """
    readers = {".csv": _csv_rows, ".jsonl": _json_rows}
    reader = readers.get(kind or path.suffix.lower())
    if reader is None:
        raise InvalidInput(
            "table_format_unknown", f"{path.name!r} must end in one of: {', '.join(readers)}."
        )
    rows = 0
    for row in reader(path):
        rows += 1
        yield row if isinstance(row, BadRow) else _in_unicode(row)
    if not rows:
        raise InvalidInput("table_empty", f"{path.name!r} holds no rows.")


class Records:
    """The records of a CSV file in whatever dialect, in order, with bounded memory.

    A quote that is never closed costs its own row only: reading goes on with the next line.
    Raises InvalidInput `table_unreadable`, `table_binary`.
    """

    def __init__(self, path: Path) -> None:
        self.dialect: Dialect = detect(path)
        self.size = path.stat().st_size
        self._raw = path.open("rb")
        self._lines = _Lines(
            io.TextIOWrapper(
                self._raw,
                encoding=self.dialect.encoding,
                errors=self.dialect.errors,
                newline="",
            ),
            mixed=self.dialect.mixed,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._lines.file.close()

    @property
    def position(self) -> int:
        """Bytes read so far."""
        return self._raw.tell()

    @property
    def reread(self) -> int:
        """Lines that were no UTF-8 and have been read as Windows-1252."""
        return self._lines.reread

    def __iter__(self) -> Iterator[Record]:
        lines = self._lines
        for _ in range(self.dialect.skip):
            next(lines, None)
        reader = self._reader()
        while True:
            number = lines.begin()
            try:
                yield number, next(reader)
                continue
            except StopIteration:
                return
            except _TooLong:
                reason = f"The row has more than {FIELD_LIMIT:,} characters; is a quote missing?"
            except csv.Error as error:
                reason = f"The row is no CSV: {error}."
            lines.resume_after_first()
            reader = self._reader()
            yield BadRow(number, "row_malformed", reason)

    def _reader(self) -> Any:
        return csv.reader(self._lines, delimiter=self.dialect.delimiter, strict=True)


class _TooLong(Exception):
    """A record is longer than any that is meant."""


class _Lines:
    """Physical lines; those of the record being read are kept for another try."""

    def __init__(self, file: TextIO, *, mixed: bool) -> None:
        self.file = file
        self.reread = 0
        self._mixed = mixed
        self._number = 0
        self._held: list[str] = []
        self._length = 0
        self._again: list[str] = []
        """Lines to be read a second time, the next one last."""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else self._read()
        if not line:
            raise StopIteration
        self._number += 1
        self._held.append(line)
        self._length += len(line)
        if self._length > FIELD_LIMIT:
            raise _TooLong
        return line

    def begin(self) -> int:
        """The number of the line on which the next record starts."""
        self._held.clear()
        self._length = 0
        return self._number + 1

    def resume_after_first(self) -> None:
        self._again += self._held[:0:-1]
        self._number -= len(self._held) - 1

    def _read(self) -> str:
        line = self.file.readline(FIELD_LIMIT + 1)
        if len(line) > FIELD_LIMIT:
            rest = line
            while rest and not rest.endswith(("\n", "\r")):
                rest = self.file.readline(FIELD_LIMIT)
        if self._mixed and not line.isascii() and _ESCAPED.search(line):
            self.reread += 1
            line = _windows(line)
        return line


def _windows(line: str) -> str:
    written = line.encode("utf-8", "surrogateescape")
    try:
        return written.decode(_WINDOWS)
    except UnicodeDecodeError:
        return written.decode("latin-1")


def _csv_rows(path: Path) -> Iterator[Row | BadRow]:
    header: list[str] = []
    with Records(path) as records:
        for record in records:
            if isinstance(record, BadRow):
                yield record
                continue
            number, cells = record
            if not any(cell.strip() for cell in cells):
                continue
            if not header:
                header = _distinct(cells)
            elif any(cell.strip() for cell in cells[len(header) :]):
                yield too_long(number, len(cells), len(header))
            else:
                yield Row(number, dict(zip(header, cells, strict=False)))


def too_long(number: int, cells: int, header: int) -> BadRow:
    return BadRow(
        number,
        "row_too_long",
        f"The row has {cells} cells and the header {header}; quote its texts.",
    )


def _distinct(header: list[str]) -> list[str]:
    names: list[str] = []
    known: set[str] = set()
    for index, cell in enumerate(header, 1):
        name = cell.strip() or f"column {index}"
        names.append(f"{name} ({index})" if name in known else name)
        known.add(names[-1])
    return names


def _json_rows(path: Path) -> Iterator[Row | BadRow]:
    dialect = detect(path)
    with path.open(encoding=dialect.encoding, errors=dialect.errors, newline="") as file:
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
