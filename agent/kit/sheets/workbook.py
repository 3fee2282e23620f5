"""A workbook read in a process of its own: a file that harms its reader harms only that one."""

import asyncio
import importlib.util
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import agent
from agent.errors import InvalidInput, LatchkeyError, Misconfigured, TooBusy, TooLarge
from agent.kit.sheets import limits, refused

_START = "import sys; sys.path[:0] = sys.argv[1:3]; from agent.kit.sheets.child import main; main()"
_LENGTH = 4
_LOOK_SECONDS = 0.05
_TURNS = BoundedSemaphore(limits.CHILDREN)


class Flaw(Enum):
    """Why a cell has no value although it is not blank."""

    ERROR = "error"
    FORMULA = "formula"
    """It was saved without the value it calculates."""


Cell = str | float | bool | datetime | Flaw
"""A blank one is an empty text; numbers may be int or float."""
Row = tuple[int, list[Cell]]
"""Its number from 1, and its cells up to the last that is not blank."""
Merge = tuple[int, int, int, int]
"""First row from 1, first column from 0, last row, last column of cells made one."""


@dataclass(frozen=True, slots=True)
class Sheet:
    index: int
    name: str
    visible: bool


@dataclass(frozen=True, slots=True)
class Head:
    rows: list[Row]
    merges: list[Merge]


class Workbook:
    """The sheets of a workbook that is open; blank rows are left out.

    Every method raises InvalidInput or TooLarge `workbook_…`.
    """

    def __init__(self, child: "_Child", opened: dict[str, Any]) -> None:
        self._child = child
        self.sheets = [Sheet(**sheet) for sheet in opened["sheets"]]
        self.from_1904: bool = opened["from_1904"]
        """Whether the numbers of days count from 1904 instead of 1900."""

    async def head(self, sheet: Sheet, rows: int) -> Head:
        """The first rows, long texts cut."""
        await self._child.ask(f"head {sheet.index} {rows}")
        found: list[Row] = []
        while "rows" in (said := await self._child.answer()):
            found += map(_row, said["rows"])
        return Head(found, [(a, b, c, d) for a, b, c, d in said["merges"]])

    async def batches(self, sheet: Sheet) -> AsyncIterator[list[Row]]:
        """All rows, at most 200 at a time; the child waits while nobody asks for more."""
        await self._child.ask(f"rows {sheet.index}")
        while "rows" in (said := await self._child.answer()):
            yield [_row(row) for row in said["rows"]]


@asynccontextmanager
async def open_workbook(path: Path) -> AsyncIterator[Workbook]:
    """Open an .xlsx; the child ends with the context.

    Raises InvalidInput or TooLarge `workbook_…` for what is no workbook, or would harm its reader;
    TooBusy where too many are open.
    """
    await _take_turn()
    try:
        child = await _Child.start(path)
        try:
            yield Workbook(child, await child.answer())
        finally:
            await child.end()
    finally:
        _TURNS.release()


async def _take_turn() -> None:
    """Wait until few enough workbooks are open in this process, whichever loops read them."""
    try:
        async with asyncio.timeout(limits.WAIT_SECONDS):
            while not _TURNS.acquire(blocking=False):  # noqa: ASYNC110 - there may be several loops
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        raise TooBusy(
            "workbook_too_many_open",
            "Too many workbooks are being read; send this one again later.",
            retry_after=10,
        ) from None


class _Child:
    def __init__(self, process: Process) -> None:
        self._process = process
        assert process.stdin
        assert process.stdout
        self._in, self._out = process.stdin, process.stdout

    @classmethod
    async def start(cls, path: Path) -> "_Child":
        process = await asyncio.create_subprocess_exec(
            *_command(path),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env={},
            limit=limits.MB,
        )
        return cls(process)

    async def ask(self, order: str) -> None:
        self._in.write(f"{order}\n".encode())
        with suppress(ConnectionError):
            await self._in.drain()

    async def answer(self) -> dict[str, Any]:
        try:
            async with asyncio.timeout(limits.ANSWER_SECONDS):
                length = int.from_bytes(await self._out.readexactly(_LENGTH), "big")
                if length > limits.ROW:
                    raise refusal(refused.TEXT_TOO_LONG)
                said = await self._out.readexactly(length)
        except TimeoutError:
            raise refusal(refused.TOO_SLOW) from None
        except asyncio.IncompleteReadError:
            raise await self._cause_of_death() from None
        answer: dict[str, Any] = json.loads(said, object_hook=_typed)
        if "refused" in answer:
            raise refusal(answer["refused"])
        return answer

    async def end(self) -> None:
        if self._process.returncode is None:
            # not Process.kill: it looks whether the child has ended, and takes its end from asyncio
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)
        self._in.close()
        await self._process.wait()

    async def _cause_of_death(self) -> LatchkeyError:
        died = await self._process.wait()
        if died in (-signal.SIGXCPU, -signal.SIGKILL):
            return refusal(refused.TOO_SLOW)
        # the parser aborts where memory ends
        return refusal(refused.TOO_LARGE if died == -signal.SIGABRT else refused.CORRUPT)


def _command(path: Path) -> list[str]:
    """Nothing of this process' environment, its path or its site reaches the child."""
    parser = importlib.util.find_spec("python_calamine")
    if parser is None or parser.origin is None:
        raise Misconfigured("workbook_parser_missing", "Install the package python-calamine.")
    ours = Path(str(agent.__file__)).parents[1]
    theirs = Path(parser.origin).parents[1]
    return [sys.executable, "-I", "-S", "-c", _START, *map(str, (ours, theirs, path.absolute()))]


_INVALID = {
    refused.UNREADABLE: "The file cannot be read.",
    refused.NOT_XLSX: "The file is no Excel workbook, whatever its name says; save it as .xlsx.",
    refused.OLD_FORMAT: "The file is an old .xls workbook; save it as .xlsx.",
    refused.ENCRYPTED: "The workbook is protected by a password; save it without one.",
    refused.MACROS: "The workbook holds macros; save it as .xlsx without them.",
    refused.CORRUPT: "The workbook is damaged; open it in Excel and save it again as .xlsx.",
    refused.ENTITIES: "The workbook defines XML entities, as no spreadsheet program does.",
    refused.NO_SHEETS: "The workbook has no sheets.",
}
_LARGE = {
    refused.BOMB: (
        f"The workbook unpacks to too much: at most {limits.ENTRIES:,} parts, "
        f"{limits.TOTAL // limits.MB} MB together, {limits.RATIO} times their packed size."
    ),
    refused.TOO_LARGE: "The workbook needs too much memory to read; split it.",
    refused.TOO_SLOW: "The workbook takes too long to read; split it.",
    refused.CELLS_TOO_FAR: (
        f"The cells of a sheet lie too far apart: at most {limits.COLUMNS:,} columns and "
        f"{limits.AREA:,} cells from the first to the last; delete what stands apart."
    ),
    refused.TEXT_TOO_LONG: "A cell or a row of the workbook is too long; shorten its texts.",
}


def refusal(code: str) -> LatchkeyError:
    if code in _LARGE:
        return TooLarge(code, _LARGE[code])
    known = code if code in _INVALID else refused.CORRUPT
    return InvalidInput(known, _INVALID[known])


def _row(said: list[Any]) -> Row:
    return said[0], said[1]


def _typed(said: dict[str, Any]) -> Any:
    if "at" in said:
        return _moment(said["at"])
    return Flaw(said["no"]) if "no" in said else said


def _moment(iso: str) -> datetime | str:
    """A time without a day stays a text."""
    try:
        return datetime.fromisoformat(iso)
    except ValueError:
        return iso
