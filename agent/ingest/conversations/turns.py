"""One row of the file: a turn, an empty row, or a reason why it is neither."""

from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import UTC, tzinfo
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from agent.errors import InvalidInput
from agent.ingest.conversations.columns import Layout, layout_of
from agent.ingest.conversations.models import Problem, Refused, Turn
from agent.ingest.conversations.roles import Side, prefixed, side_of
from agent.ingest.conversations.times import read_time
from agent.kit.tables import BadRow, Record, Records, too_long
from agent.kit.text import clean

LONGEST = 100_000
"""Characters of a message; more is no message of a person."""
Empty = Literal["empty"]
EMPTY: Empty = "empty"
Item = Turn | Refused | Empty

_NO_TEXT = "The row has no text."
_NO_ROLE = "Neither the role nor a prefix such as 'Agent:' says whether lead or agent speaks."
_TOO_LONG = f"The text has more than {LONGEST:,} characters; is a quote missing?"
_REPEATED = "The row repeats the header."


class TurnReader:
    """The rows of a file as turns, in its order.

    Raises InvalidInput `table_unreadable`, `table_binary`, `table_empty`,
    `conversation_columns_unknown`.
    """

    def __init__(self, path: Path, zone: tzinfo = UTC) -> None:
        self._name = path.name
        self._zone = zone
        self.records = Records(path)
        self.header: list[str] = []
        """Known once the first row is read."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.records.__exit__(kind, error, trace)

    def __iter__(self) -> Iterator[Item]:
        records = iter(self.records)
        layout = yield from self._layout(records)
        read = _cells_of(layout)
        width = len(layout.header)
        for record in records:
            if isinstance(record, BadRow):
                yield _bad(record)
                continue
            number, cells = record
            if not "".join(cells).strip():
                yield EMPTY
            elif len(cells) > width and any(map(str.strip, cells[width:])):
                yield _bad(too_long(number, len(cells), width), cells)
            elif layout.repeats(cells):
                yield Refused(Problem(number, "header_repeated", _REPEATED), cells)
            else:
                role, text, written, thread = read(cells)
                turn = turn_of(number, role, text, written, thread, self._zone)
                yield Refused(turn, cells, thread) if isinstance(turn, Problem) else turn

    def _layout(self, records: Iterator[Record]) -> Generator[Item, None, Layout]:
        """That of the first row that says something; raises InvalidInput `table_empty`."""
        for record in records:
            if isinstance(record, BadRow):
                yield _bad(record)
            elif any(map(str.strip, record[1])):
                layout = layout_of(record[1])
                self.header = record[1]
                return layout
        raise InvalidInput("table_empty", f"{self._name!r} holds no rows.")


def turn_of(
    number: int, role: str, text: str, written: str, thread: str, zone: tzinfo = UTC
) -> Turn | Problem:
    """The turn that four cells make, or why they make none."""
    if len(text) > LONGEST:
        return Problem(number, "text_too_long", _TOO_LONG)
    said = clean(text)
    side: Side | None = side_of(role) if role else None
    from_prefix = False
    if side is None and not role.strip() and (found := prefixed(said)):
        side, said = found
        from_prefix = True
    if not said:
        return Problem(number, "text_missing", _NO_TEXT)
    if side is None:
        return Problem(number, "role_unknown", _NO_ROLE)
    moment = read_time(written, zone) if written else None
    return Turn(number, side, from_prefix, said, moment, (role, text, written), thread)


def _cells_of(layout: Layout) -> Callable[[list[str]], tuple[str, str, str, str]]:
    """Reads role, text, timestamp and thread id out of a row; short rows lack the last ones."""
    if (plain := layout.plain) is None:
        return partial(_of_several, layout)
    role, text, timestamp, thread = plain
    width = max(plain) + 1

    def read(cells: list[str]) -> tuple[str, str, str, str]:
        if len(cells) < width:
            cells = cells + [""] * (width - len(cells))
        return (
            cells[role] if role >= 0 else "",
            cells[text],
            cells[timestamp] if timestamp >= 0 else "",
            cells[thread].strip() if thread >= 0 else "",
        )

    return read


def _of_several(layout: Layout, cells: list[str]) -> tuple[str, str, str, str]:
    """Of several columns for one field the first filled one counts."""
    moment = _first(cells, layout.timestamp)
    if layout.clock:
        moment = " ".join(_first(cells, (column,)).strip() for column in layout.clock).strip()
    return (
        _first(cells, layout.role),
        _first(cells, layout.text),
        moment,
        _first(cells, layout.thread).strip(),
    )


def _first(cells: Sequence[str], columns: Sequence[int]) -> str:
    filled = (cells[column] for column in columns if column < len(cells) and cells[column].strip())
    return next(filled, "")


def _bad(row: BadRow, cells: Sequence[str] = ()) -> Refused:
    return Refused(Problem(row.number, row.code, row.reason), cells)
