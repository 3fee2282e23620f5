import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.errors import InvalidInput
from agent.kit.tables import BadRow, Row, read_table


def write(folder: Path, content: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows(path: Path) -> list[tuple[int, Any]]:
    """(line, values) or (line, code)."""
    return [
        (row.number, dict(row.values) if isinstance(row, Row) else row.code)
        for row in read_table(path)
    ]


def code_of(path: Path) -> str:
    with pytest.raises(InvalidInput) as raised:
        list(read_table(path))
    return raised.value.code


class TestCsv:
    @pytest.mark.parametrize("sign", [",", ";", "\t"])
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
    def test_dialects(self, tmp_path: Path, sign: str, end: str, mark: bytes) -> None:
        text = end.join([sign.join(["Name", "Rent"]), sign.join(["Row", "1500"]), ""])
        assert rows(write(tmp_path, mark + text.encode())) == [(2, {"Name": "Row", "Rent": "1500"})]

    def test_quotes_hold_signs_and_lines(self, tmp_path: Path) -> None:
        path = write(tmp_path, '"a;b";c\n"x\ny";"say ""hi"";"\n1;2\n')
        assert rows(path) == [
            (2, {"a;b": "x\ny", "c": 'say "hi";'}),
            (4, {"a;b": "1", "c": "2"}),
        ]

    def test_blank_lines_are_no_rows(self, tmp_path: Path) -> None:
        path = write(tmp_path, "\n\na,b\n\n1,2\n , \n,,\n3,4\n\n")
        assert rows(path) == [(5, {"a": "1", "b": "2"}), (8, {"a": "3", "b": "4"})]

    def test_short_rows_lack_cells_and_long_ones_are_bad(self, tmp_path: Path) -> None:
        path = write(tmp_path, "a,b\n1\n1,2,3\n1,2,,\n")
        assert rows(path) == [(2, {"a": "1"}), (3, "row_too_long"), (4, {"a": "1", "b": "2"})]

    def test_columns_without_or_with_the_same_name(self, tmp_path: Path) -> None:
        path = write(tmp_path, "a,,a\n1,2,3\n")
        assert rows(path) == [(2, {"a": "1", "column 2": "2", "a (3)": "3"})]

    def test_malformed_row_is_told_and_the_next_one_read(self, tmp_path: Path) -> None:
        path = write(tmp_path, 'a,b\n"x"y,1\n2,3\n')
        assert rows(path) == [(2, "row_malformed"), (3, {"a": "2", "b": "3"})]

    def test_quote_that_never_closes_is_told(self, tmp_path: Path) -> None:
        path = write(tmp_path, 'a,b\n1,2\n"x,3\n4,5\n')
        assert rows(path) == [(2, {"a": "1", "b": "2"}), (3, "row_malformed")]

    def test_endless_cell_is_told(self, tmp_path: Path) -> None:
        path = write(tmp_path, "a,b\n" + "x" * 200_000 + ",1\n2,3\n")
        assert rows(path) == [(2, "row_malformed"), (3, {"a": "2", "b": "3"})]

    def test_other_encodings_are_told_row_by_row(self, tmp_path: Path) -> None:
        path = write(tmp_path, "a,b\nCafé,1\n".encode("latin-1") + "Café,2\n".encode())
        assert rows(path) == [(2, "row_not_utf8"), (3, {"a": "Café", "b": "2"})]

    def test_is_read_as_it_is_asked_for(self, tmp_path: Path) -> None:
        path = write(tmp_path, "a\n" + "1\n" * 100_000)
        reading = read_table(path)
        assert next(reading) == Row(2, {"a": "1"})
        path.unlink()
        assert next(reading) == Row(3, {"a": "1"})

    @settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.lists(
            st.tuples(*[st.text(st.characters(codec="utf-8", exclude_characters="\r\0"))] * 2),
            max_size=5,
        ),
        st.sampled_from(",;\t"),
    )
    def test_any_text_comes_back(
        self, tmp_path: Path, cells: list[tuple[str, str]], sign: str
    ) -> None:
        def quoted(cell: str) -> str:
            return '"' + cell.replace('"', '""') + '"'

        lines = [sign.join(["one", "two"]), *(sign.join(map(quoted, row)) for row in cells)]
        path = write(tmp_path, "\n".join(lines))
        wanted = [{"one": a, "two": b} for a, b in cells if (a + b).strip()]
        if wanted:
            assert [values for _, values in rows(path)] == wanted
        else:
            assert code_of(path) == "table_empty"


class TestJsonLines:
    def test_rows_and_bad_rows(self, tmp_path: Path) -> None:
        lines = ['{"a": 1, "b": [2]}', "", "[1]", "{", "7", '{"a": "\\ud800"}', '{"a": null}']
        path = write(tmp_path, "\n".join(lines), "table.jsonl")
        assert rows(path) == [
            (1, {"a": 1, "b": [2]}),
            (3, "row_not_json"),
            (4, "row_not_json"),
            (5, "row_not_json"),
            (6, "row_not_utf8"),
            (7, {"a": None}),
        ]

    @pytest.mark.parametrize("line", ["[" * 100_000, '{"a":' * 100_000, "9" * 5000])
    def test_hostile_lines(self, tmp_path: Path, line: str) -> None:
        path = write(tmp_path, f'{line}\n{{"a": 1}}', "table.jsonl")
        assert rows(path) == [(1, "row_not_json"), (2, {"a": 1})]

    def test_byte_order_mark(self, tmp_path: Path) -> None:
        path = write(tmp_path, b"\xef\xbb\xbf" + json.dumps({"a": 1}).encode(), "table.JSONL")
        assert rows(path) == [(1, {"a": 1})]


class TestRefused:
    @pytest.mark.parametrize("content", ["", "\n \n", "\ufeff", "a,b\n", "a,b\n,\n\n"])
    def test_no_rows(self, tmp_path: Path, content: str) -> None:
        assert code_of(write(tmp_path, content)) == "table_empty"

    @pytest.mark.parametrize(
        "content", [b"PK\x03\x04rest", b"%PDF-1.7", b"a,b\n\x00,1\n", "a,b".encode("utf-16")]
    )
    def test_binary(self, tmp_path: Path, content: bytes) -> None:
        assert code_of(write(tmp_path, content)) == "table_binary"

    @pytest.mark.parametrize("name", ["table", "table.xlsx", "table.csv.gz", "table.txt"])
    def test_extension(self, tmp_path: Path, name: str) -> None:
        assert code_of(write(tmp_path, "a\n1\n", name)) == "table_format_unknown"

    def test_missing_and_folder(self, tmp_path: Path) -> None:
        assert code_of(tmp_path / "none.csv") == "table_unreadable"
        (tmp_path / "folder.csv").mkdir()
        assert code_of(tmp_path / "folder.csv") == "table_unreadable"


def test_bad_row_says_what_to_do(tmp_path: Path) -> None:
    [row] = read_table(write(tmp_path, "a,b\n1,2,3\n"))
    assert isinstance(row, BadRow)
    assert "3 cells" in row.reason
    assert "quote" in row.reason
