"""The process that reads a workbook: whatever the file does to it, it does to nobody else.

Run by `agent.kit.sheets.workbook` with the file's path. It limits itself, checks the archive and
its parts, then answers lines on stdin with frames on stdout: four bytes of length, and JSON.
`head SHEET ROWS` gives the first rows and the merged cells, `rows SHEET` all rows in batches and
an end. It imports as little as possible.
"""

import gc
import json
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

from agent.kit.sheets import limits, refused
from agent.kit.sheets.inspection import Inspected, inspect
from agent.kit.sheets.refused import Refused

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

_LENGTH = 4
_SKIPPED = (SystemExit, KeyboardInterrupt, BrokenPipeError, MemoryError, Refused)


def main() -> None:
    _limit()
    gc.disable()
    out = _Out(sys.stdout.buffer)
    try:
        _serve(sys.argv[-1], out)
    except Refused as error:
        out.say({"refused": str(error)})
    except MemoryError:
        out.say({"refused": refused.TOO_LARGE})
    except BrokenPipeError:
        os._exit(0)


def _limit() -> None:
    for what, most in (
        (resource.RLIMIT_AS, limits.MEMORY),
        (resource.RLIMIT_CPU, limits.CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 32),
    ):
        allowed = resource.getrlimit(what)[1]
        if allowed != resource.RLIM_INFINITY:
            most = min(most, allowed)
        # macOS knows no limit of the address space
        with suppress(ValueError):
            resource.setrlimit(what, (most, most))


class _Out:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._said = 0
        self._encode = json.JSONEncoder(
            default=_moment, check_circular=False, separators=(",", ":")
        ).encode

    def say(self, what: dict[str, Any]) -> None:
        self._write(self._encode(what).encode())

    def rows(self, rows: list[Any]) -> None:
        said = self._encode({"rows": rows}).encode()
        if len(said) <= limits.FRAME or len(rows) == 1:
            if len(said) > limits.ROW:
                raise Refused(refused.TEXT_TOO_LONG)
            self._write(said)
        else:
            self.rows(rows[: len(rows) // 2])
            self.rows(rows[len(rows) // 2 :])

    def _write(self, said: bytes) -> None:
        self._said += len(said)
        if self._said > limits.TOTAL:
            raise Refused(refused.TOO_LARGE)
        self._file.write(len(said).to_bytes(_LENGTH, "big") + said)
        self._file.flush()


def _moment(value: Any) -> dict[str, str]:
    iso = getattr(value, "isoformat", None)
    return {"at": iso() if iso else str(value)}


def _serve(path: str, out: _Out) -> None:
    try:
        with open(path, "rb") as file:
            found = inspect(file)
            _answer(_Reader(file, found), out, from_1904=found.from_1904)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise Refused(refused.UNREADABLE) from None


def _answer(reader: "_Reader", out: _Out, *, from_1904: bool) -> None:
    out.say({"sheets": reader.sheets(), "from_1904": from_1904})
    for line in sys.stdin:
        order, sheet, *most = line.split()
        if order == "head":
            rows, merges = reader.head(int(sheet), int(most[0]))
            out.rows(rows)
            out.say({"merges": merges})
        else:
            for batch in reader.batches(int(sheet)):
                out.rows(batch)
            out.say({"end": True})


class _Reader:
    """The parser, which is not touched before the file has been inspected."""

    def __init__(self, file: BinaryIO, found: Inspected) -> None:
        self._found = found
        file.seek(0)
        self._book: CalamineWorkbook = _parsed(lambda: _calamine().load_workbook(file))
        self._largest: tuple[int, CalamineSheet] | None = None

    def sheets(self) -> list[dict[str, Any]]:
        calamine = _calamine()
        sheets = [
            {
                "index": index,
                "name": sheet.name,
                "visible": sheet.visible == calamine.SheetVisibleEnum.Visible,
            }
            for index, sheet in enumerate(self._book.sheets_metadata)
            if sheet.typ == calamine.SheetTypeEnum.WorkSheet
        ]
        if not sheets:
            raise Refused(refused.NO_SHEETS)
        if len(sheets) > limits.SHEETS:
            raise Refused(refused.TOO_LARGE)
        return sheets

    def head(self, index: int, most: int) -> tuple[list[Any], list[Any]]:
        sheet = self._sheet(index)
        rows = [
            [number, _starts(cells)]
            for (number, cells), _ in zip(self._rows(index), range(most), strict=False)
        ]
        last = rows[-1][0] if rows else 0
        merges = [
            [top + 1, left, bottom + 1, right]
            for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
            if top < last
        ]
        return rows, merges[: limits.COLUMNS]

    def batches(self, index: int) -> Iterator[list[Any]]:
        batch = []
        for row in self._rows(index):
            batch.append(row)
            if len(batch) == limits.BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    def _rows(self, index: int) -> Iterator[list[Any]]:
        """[number from 1, cells], without what is blank at the end and without blank rows."""
        sheet, notes = self._sheet(index), self._found.notes_of(index)
        # the parser begins with the first row of the sheet, but with the first column in use
        left = [""] * (sheet.start[1] if sheet.start else 0)
        row = -1
        for row, cells in enumerate(sheet.iter_rows()):
            if left:
                cells[:0] = left
            if row in notes:
                _mark(cells, notes[row])
            while cells and cells[-1] == "":
                cells.pop()
            if len(cells) > limits.COLUMNS:
                raise Refused(refused.CELLS_TOO_FAR)
            if cells:
                yield [row + 1, cells]
        for below in sorted(notes):
            if below > row:
                cells = []
                _mark(cells, notes[below])
                yield [below + 1, cells]

    def _sheet(self, index: int) -> "CalamineSheet":
        """Parsed, or at hand: the largest one is kept, as it is the likeliest to be read."""
        if self._largest and self._largest[0] == index:
            return self._largest[1]
        sheet: CalamineSheet = _parsed(lambda: self._book.get_sheet_by_index(index))
        if sheet.height * sheet.width > limits.AREA:
            raise Refused(refused.CELLS_TOO_FAR)
        if self._largest is None or sheet.height > self._largest[1].height:
            self._largest = index, sheet
        return sheet


def _mark(cells: list[Any], notes: dict[int, str]) -> None:
    cells.extend([""] * (max(notes) + 1 - len(cells)))
    for column, what in notes.items():
        if cells[column] == "":
            cells[column] = {"no": what}


def _starts(cells: list[Any]) -> list[Any]:
    """The cells with long texts cut; raises Refused for more than a row may have."""
    if sum(len(cell) for cell in cells if isinstance(cell, str)) > limits.ROW:
        raise Refused(refused.TEXT_TOO_LONG)
    return [cell[: limits.HEAD_TEXT] if isinstance(cell, str) else cell for cell in cells]


def _calamine() -> Any:
    import python_calamine

    return python_calamine


def _parsed(parse: Any) -> Any:
    """What the parser makes of it; its complaints, and its panics, all mean a corrupt file."""
    try:
        return parse()
    except _SKIPPED:
        raise
    except BaseException as error:
        protected = type(error).__name__ == "PasswordError"
        raise Refused(refused.ENCRYPTED if protected else refused.CORRUPT) from None


if __name__ == "__main__":
    main()
