import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.errors import InvalidInput
from agent.kit.tables import FIELD_LIMIT, BadRow, Records, Row, read_table


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
        assert rows(path) == [
            (2, {"a": "1", "b": "2"}),
            (3, "row_malformed"),
            (4, {"a": "4", "b": "5"}),
        ]

    def test_quote_that_closes_far_below_costs_its_own_row_only(self, tmp_path: Path) -> None:
        path = write(tmp_path, 'a,b\n"x,1\n2,3\n\n4,"five"\n6,"a\nb"\n')
        assert rows(path) == [
            (2, "row_malformed"),
            (3, {"a": "2", "b": "3"}),
            (5, {"a": "4", "b": "five"}),
            (6, {"a": "6", "b": "a\nb"}),
        ]

    @pytest.mark.parametrize("quote", ["", '"'])
    def test_endless_cell_is_told(self, tmp_path: Path, quote: str) -> None:
        text = f"a,b\n{quote}" + "x" * (FIELD_LIMIT + 1) + f"{quote},1\n2,3\n"
        assert rows(write(tmp_path, text)) == [(2, "row_malformed"), (3, {"a": "2", "b": "3"})]

    def test_endless_quote_is_told(self, tmp_path: Path) -> None:
        line = "x" * 999
        lines = f"{line}\n" * (FIELD_LIMIT // 1_000 + 1)
        read = rows(write(tmp_path, f'a,b\n"{lines}2,3\n'))
        assert read[0] == (2, "row_malformed")
        assert read[1] == (3, {"a": line})
        assert read[-1][1] == {"a": "2", "b": "3"}

    def test_many_columns(self, tmp_path: Path) -> None:
        header = ",".join(["same"] * 5_000 + [f"c{n}" for n in range(5_000)])
        [(line, values)] = rows(write(tmp_path, f"{header}\n{','.join('1' * 10_000)}\n"))
        assert (line, len(values)) == (2, 10_000)

    def test_zeros_are_text(self, tmp_path: Path) -> None:
        path = write(tmp_path, "a,b\nx\0y,1\n")
        assert rows(path) == [(2, {"a": "x\0y", "b": "1"})]

    @pytest.mark.parametrize(
        "encoding",
        ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"],
    )
    def test_encodings(self, tmp_path: Path, encoding: str) -> None:
        path = write(tmp_path, "a;b\nCafé £5;1\n".encode(encoding))
        assert rows(path) == [(2, {"a": "Café £5", "b": "1"})]

    def test_a_file_of_two_encodings(self, tmp_path: Path) -> None:
        lines = [b"a,b\n", "Café,1\n".encode("latin-1"), "Café,2\n".encode()]
        path = write(tmp_path, b"".join(lines) + b"\x93quoted\x94 \x81,3\n")
        assert rows(path) == [
            (2, {"a": "Café", "b": "1"}),
            (3, {"a": "Café", "b": "2"}),
            (4, {"a": "\x93quoted\x94 \x81", "b": "3"}),
        ]

    def test_a_file_that_names_its_sign(self, tmp_path: Path) -> None:
        path = write(tmp_path, "sep=;\na,b;c\n1;2\n")
        assert rows(path) == [(3, {"a,b": "1", "c": "2"})]

    def test_a_file_cut_in_a_letter(self, tmp_path: Path) -> None:
        path = write(tmp_path, "a,b\nok,1\nCaf\u00e9".encode("utf-16")[:-1])
        assert rows(path)[0] == (2, {"a": "ok", "b": "1"})

    def test_is_read_as_it_is_asked_for(self, tmp_path: Path) -> None:
        path = write(tmp_path, "a\n" + "1\n" * 100_000)
        reading = read_table(path)
        assert next(reading) == Row(2, {"a": "1"})
        path.unlink()
        assert next(reading) == Row(3, {"a": "1"})

    @settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.lists(
            st.tuples(*[st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]))] * 2),
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
        "content", [b"PK\x03\x04rest", b"%PDF-1.7", b"\x89PNG\r\n", bytes(range(256)) * 9]
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


DATA = Path(os.environ.get("LATCHKEY_TEST_DATA", "../shared/data")) / "csv"


@pytest.mark.skipif(not DATA.is_dir(), reason=f"there is no data in {DATA}")
class TestSuites:
    """Two public suites of CSV files, where a copy of them is at hand."""

    @pytest.mark.parametrize(
        "wanted",
        [
            path
            for path in sorted(DATA.glob("*.json"))
            # what these two expect is not what is in their files
            if path.with_suffix(".csv").exists()
            and path.stem not in ("location_coordinates", "newlines_crlf")
        ],
        ids=lambda path: path.stem,
    )
    def test_spectrum(self, wanted: Path) -> None:
        read = [values for _, values in rows(wanted.with_suffix(".csv"))]
        assert read == json.loads(wanted.read_text())

    @pytest.mark.parametrize(
        "wanted", sorted((DATA / "sineemore" / "json").glob("*.json")), ids=lambda path: path.stem
    )
    def test_sineemore(self, wanted: Path) -> None:
        with Records(DATA / "sineemore" / "csv" / f"{wanted.stem}.csv") as records:
            whole = [record[1] for record in records if not isinstance(record, BadRow)]
        read = [cells for cells in whole if any(map(str.strip, cells))]
        given = json.loads(wanted.read_text())
        if wanted.stem.startswith("header-"):
            header, *read = read
            given = [[row[name] for name in header] for row in given]
        assert read == [cells for cells in given if any(map(str.strip, cells))]

    @pytest.mark.parametrize(
        "path", sorted((DATA / "sineemore" / "csv").glob("bad-*")), ids=lambda path: path.stem
    )
    def test_bad_files_lose_nothing_in_silence(self, path: Path) -> None:
        lines = path.read_text().splitlines()[1:]
        if lines:
            assert len(rows(path)) == len(lines)
        else:
            assert code_of(path) == "table_empty"
