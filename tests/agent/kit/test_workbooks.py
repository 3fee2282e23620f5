import io
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest

from agent.kit.workbooks import CELL, plain_text, write_rows


class Colour(StrEnum):
    RED = "red"


def written(path: Path, rows: Sequence[Sequence[Any]], title: str = "Sheet") -> list[list[Any]]:
    """The cells below the header, as another program reads them."""
    write_rows(path, title, ["a", "b"], rows)
    book = openpyxl.load_workbook(path)
    return [[cell.value for cell in row] for row in book.active.iter_rows(min_row=2)]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_is_a_formula(tmp_path: Path, sign: str) -> None:
    path = tmp_path / "a.xlsx"
    text = f"{sign}HYPERLINK(1)"
    write_rows(path, "S", [text], [[text], [[text, "x"]]])
    cells = [cell for (cell,) in openpyxl.load_workbook(path).active.iter_rows()]
    assert [cell.data_type for cell in cells] == ["s", "s", "s"]
    assert all(str(cell.value).startswith("'") for cell in cells)


def test_a_quote_goes_only_before_what_could_run() -> None:
    assert plain_text("1+1 = 2") == "1+1 = 2"
    assert plain_text("'=1") == "'=1"
    assert plain_text("") == ""


def test_values_stay_what_they_are(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        [1, 2.5],
        [True, None],
        [date(2026, 3, 2), Colour.RED],
        [["KB-1", "KB-2"], ()],
    ]
    assert written(tmp_path / "a.xlsx", rows) == [
        [1, 2.5],
        [True, None],
        [datetime.fromisoformat("2026-03-02"), "red"],
        ["KB-1, KB-2", None],
    ]


def test_times_are_in_utc(tmp_path: Path) -> None:
    here = datetime(2026, 3, 2, 10, 0, tzinfo=timezone(timedelta(hours=-8)))
    plain = datetime.fromisoformat("2026-03-02T18:00:00")
    assert written(tmp_path / "a.xlsx", [[here, here.astimezone(UTC)]]) == [[plain, plain]]


def test_long_numbers_keep_their_digits(tmp_path: Path) -> None:
    assert written(tmp_path / "a.xlsx", [[10**18 + 1, float("nan")]]) == [
        ["1000000000000000001", "nan"]
    ]


def test_texts_that_no_cell_holds(tmp_path: Path) -> None:
    rows = [["x" * (CELL + 5), "a\x00\x07\ud800b"], ["_x000D_", "é 🙂\nx"]]
    (long, bare), (escaped, kept) = written(tmp_path / "a.xlsx", rows)
    assert (len(long), bare, kept) == (CELL, "ab", "é 🙂\nx")
    assert escaped in ("_x000D_", "_x005F_x000D_")


def test_a_title_that_no_sheet_may_have(tmp_path: Path) -> None:
    write_rows(tmp_path / "a.xlsx", "a/b:c?*[d]" + "e" * 40, ["x"], [])
    (name,) = openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames
    assert name == ("a b c   d " + "e" * 40)[:31]


def test_into_an_open_file_and_from_rows_as_they_come() -> None:
    def rows() -> Iterator[list[int]]:
        yield from ([number, number] for number in range(50))

    file = io.BytesIO()
    write_rows(file, "S", ["a", "b"], rows())
    file.seek(0)
    assert openpyxl.load_workbook(file).active.max_row == 51
