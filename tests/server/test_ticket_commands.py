"""Tickets from the command line: in from a file, out as a workbook."""

from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]

from tests.server.commands import Latchkey, printed
from tests.server.support import CASES, csv_of


def rows(path: Path) -> list[tuple[Any, ...]]:
    return list(load_workbook(path).active.iter_rows(values_only=True))


def test_from_a_file_to_an_export(latchkey: Latchkey, tmp_path: Path) -> None:
    sample = tmp_path / "sample.xlsx"
    assert printed(latchkey("demo", "tickets", str(sample), "--json"))["tickets"] == 30
    assert len(rows(sample)) == 31
    few = tmp_path / "few.csv"
    few.write_bytes(csv_of(CASES[:3]))
    told = printed(latchkey("ingest", "tickets", str(few), "--json"))
    assert (told["accepted"], told["resolved"], told["rows"]) == (3, 3, [])
    assert told["columns"]["Transcript"] == "transcript"
    again = latchkey("ingest", "tickets", str(few))
    assert "0 tickets, 0 with a resolution; 3 rows rejected, 3 of them duplicates" in again.stdout
    assert "duplicate_conversation_id" in again.stdout
    out = tmp_path / "out.xlsx"
    assert printed(latchkey("export", "tickets", str(out), "--json"))["rows"] == 3
    header, *exported = rows(out)
    assert header[0] == "ticket_id"
    assert {row[0] for row in exported} == {case.ticket_id for case in CASES[:3]}
    assert "example.com" not in str(exported)
    known = printed(latchkey("export", "knowledge", str(tmp_path / "k.xlsx"), "--json"))
    assert known["rows"] >= 1, "drafts at least"


def test_what_cannot_be_taken_in(latchkey: Latchkey, tmp_path: Path) -> None:
    for name, data, expected in (
        ("a.csv", b"a,b\n1,2\n", "tickets_header_missing"),
        ("a.xlsx", b"no workbook", "workbook_not_xlsx"),
    ):
        (tmp_path / name).write_bytes(data)
        result = latchkey("ingest", "tickets", str(tmp_path / name))
        assert result.exit_code == 1
        assert getattr(result.exception, "code", None) == expected
    file = tmp_path / "a.csv"
    file.write_bytes(csv_of(CASES[:1]))
    result = latchkey("ingest", "tickets", str(file), "--tenant", "nobody")
    assert getattr(result.exception, "code", None) == "tenant_not_found"


@pytest.mark.parametrize("command", ["export tickets", "export knowledge", "demo tickets"])
def test_what_cannot_be_written(latchkey: Latchkey, tmp_path: Path, command: str) -> None:
    for file in (tmp_path / "none" / "out.xlsx", tmp_path):
        result = latchkey(*command.split(), str(file))
        assert result.exit_code == 1
        assert getattr(result.exception, "code", None) == "export_unwritable"


def test_options_of_export_stand_where_they_count(latchkey: Latchkey, tmp_path: Path) -> None:
    assert latchkey("export").exit_code == 2
    out = str(tmp_path / "out.xlsx")
    assert latchkey("export", "--tenant", "other", "tickets", out).exit_code == 2
    assert not Path(out).exists()
