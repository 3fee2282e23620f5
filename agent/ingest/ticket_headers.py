"""Where the header of a table stands, whatever is written above it."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.ingest.ticket_columns import Layout, layout_of

HEAD = 64
"""Rows that are looked at."""
CELLS = 8_000
"""Cells that are looked at: of a very wide table only the first rows."""

Merge = tuple[int, int, int, int]
"""First row, first column, last row, last column of cells made one."""


@dataclass(frozen=True, slots=True)
class Header:
    row: int
    """The last one of the header: tickets stand below."""
    layout: Layout


def find_header(
    rows: Sequence[tuple[int, Sequence[object]]], merges: Sequence[Merge] = ()
) -> Header | None:
    """The first row that names a conversation id and a transcript.

    A name may reach over several rows, or stand above several columns that have their own.
    """
    table = _Table(rows, merges)
    left = CELLS
    for number, cells in rows:
        if (left := left - len(cells)) < 0:
            break
        layout = layout_of(table.names(number))
        if not layout.is_whole:
            continue
        last = table.last_of(number)
        below = layout_of(table.names(last)) if last > number else layout
        return Header(last, below) if below.is_whole else Header(number, layout)
    return None


class _Table:
    def __init__(
        self, rows: Sequence[tuple[int, Sequence[object]]], merges: Sequence[Merge]
    ) -> None:
        self._rows = dict(rows)
        self._merges = merges

    def names(self, row: int) -> list[list[str]]:
        """What each column is called in this row: with the name of its group, and without."""
        reaching = [merge for merge in self._merges if merge[0] <= row <= merge[2]]
        lines = {row, *(top for top, *_ in reaching)}
        width = max((len(self._rows.get(line, ())) for line in lines), default=0)
        tops = {left: top for top, left, _, _ in reversed(reaching)}
        groups = self._groups(row, width)
        return [
            _called(self._text(tops.get(column, row), column), groups.get(column, ""))
            for column in range(width)
        ]

    def last_of(self, row: int) -> int:
        """The last row that a cell which begins in `row` reaches down to."""
        return max((last for first, _, last, _ in self._merges if first == row), default=row)

    def _groups(self, row: int, width: int) -> dict[int, str]:
        """Column -> the text of a merged cell right above that has several columns under it."""
        return {
            column: self._text(top, left).strip()
            for top, left, bottom, right in reversed(self._merges)
            if bottom == row - 1 and left < right
            for column in range(left, min(right + 1, width))
        }

    def _text(self, row: int, column: int) -> str:
        cells = self._rows.get(row, ())
        cell = cells[column] if column < len(cells) else ""
        return cell if isinstance(cell, str) else ""


def _called(own: str, group: str) -> list[str]:
    return [f"{group} {own}", own] if own.strip() and group else [own]
