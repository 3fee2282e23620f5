"""Where the header of a table stands, whatever is written above it."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.ingest.ticket_columns import Layout, layout_of

HEAD = 64
"""Rows that are looked at."""

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
    for number, _ in rows:
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
        width = max((len(self._rows.get(number, ())) for number in self._lines(row)), default=0)
        return [self._called(row, column) for column in range(width)]

    def last_of(self, row: int) -> int:
        """The last row that a cell which begins in `row` reaches down to."""
        return max((last for first, _, last, _ in self._merges if first == row), default=row)

    def _called(self, row: int, column: int) -> list[str]:
        own = self._written(row, column)
        group = self._group(row, column)
        return [f"{group} {own}", own] if own.strip() and group else [own]

    def _group(self, row: int, column: int) -> str:
        """The text of a merged cell above that has several columns under it."""
        for top, left, bottom, right in self._merges:
            if bottom == row - 1 and left <= column <= right and left < right:
                return self._text(top, left).strip()
        return ""

    def _written(self, row: int, column: int) -> str:
        for top, left, bottom, _ in self._merges:
            if top <= row <= bottom and left == column:
                return self._text(top, left)
        return self._text(row, column)

    def _lines(self, row: int) -> set[int]:
        return {row} | {top for top, _, bottom, _ in self._merges if top <= row <= bottom}

    def _text(self, row: int, column: int) -> str:
        cells = self._rows.get(row, ())
        cell = cells[column] if column < len(cells) else ""
        return cell if isinstance(cell, str) else ""
