import csv
import json
import tracemalloc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest

from agent.errors import InvalidInput, TooLarge
from agent.ingest import tickets
from agent.ingest.ticket_columns import layout_of
from agent.ingest.ticket_rows import ReadRow, RowReader
from agent.ingest.tickets import TicketFile, read_tickets
from agent.tickets.models import TicketDraft
from tests.agent.kit.sheets.books import packed, parts, rows, sheet, text

HEADER = ["Case No.", "Chat ID", "Opened", "Chat Log", "Contact Phone", "Site", "Tier", "Topic"]


@dataclass(frozen=True)
class Read:
    file: TicketFile
    drafts: dict[int, TicketDraft]
    """Row -> draft."""

    @property
    def rejected(self) -> dict[int, str]:
        return {rejected.row: rejected.code for rejected in self.file.rejected}

    @property
    def warnings(self) -> list[tuple[int, str, str]]:
        return [(warned.row, warned.field, warned.code) for warned in self.file.warnings]

    @property
    def one(self) -> TicketDraft:
        (draft,) = self.drafts.values()
        return draft


async def read(path: Path, name: str | None = None) -> Read:
    async with read_tickets(path, name=name or path.name) as file:
        drafts = {row: draft async for batch in file.batches for row, draft in batch}
    assert file.accepted == len(drafts)
    return Read(file, drafts)


def workbook(folder: Path, table: Sequence[Sequence[Any]], *, header_row: int = 1) -> Path:
    """Made with openpyxl, as a script would; the table begins with its header."""
    book = openpyxl.Workbook()
    for number, row in enumerate(table, header_row):
        for column, cell in enumerate(row, 1):
            if cell is not None:
                book.active.cell(number, column, cell)
    book.save(folder / "cases.xlsx")
    return folder / "cases.xlsx"


def raw(folder: Path, sheets: Mapping[str, str], **how: Any) -> Path:
    path = folder / "cases.xlsx"
    path.write_bytes(packed(parts(sheets, **how)))
    return path


def spreadsheet(folder: Path, *lines: Sequence[Any], name: str = "cases.csv") -> Path:
    path = folder / name
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(lines)
    return path


def one_row(**cells: Any) -> ReadRow:
    """A good row with these columns too."""
    layout = layout_of([["Chat ID"], ["Chat Log"], *([name.replace("_", " ")] for name in cells)])
    row = RowReader(layout).read(["C-1", "Caller: Help.", *cells.values()])
    assert row is not None
    return row


def draft_of(row: ReadRow) -> TicketDraft:
    assert row.draft is not None
    return row.draft


class TestRows:
    async def test_a_whole_row(self, tmp_path: Path) -> None:
        opened = datetime.fromisoformat("2026-03-02T10:30:05")
        path = workbook(
            tmp_path,
            [
                HEADER,
                [
                    "T-1",
                    "C-1",
                    opened,
                    "Caller: “Hi”\r\nAgent:  Yes? ",
                    5550101234,
                    "Elm",
                    3.0,
                    "Keys",
                ],
            ],
        )
        found = await read(path)
        assert found.one == TicketDraft(
            ticket_id="T-1",
            conversation_id="C-1",
            created_at=opened.replace(tzinfo=UTC),
            transcript='Caller: "Hi"\nAgent: Yes?',
            contact_phone="5550101234",
            property_name="Elm",
            tier=3,
            category="Keys",
        )
        assert found.file.columns == {
            "Case No.": "ticket_id", "Chat ID": "conversation_id", "Opened": "created_at",
            "Chat Log": "transcript", "Contact Phone": "contact_phone", "Site": "property_name",
            "Tier": "tier", "Topic": "category",
        }  # fmt: skip
        assert (found.file.sheet, found.file.header_row) == ("Sheet", 1)

    async def test_what_becomes_no_ticket(self, tmp_path: Path) -> None:
        path = workbook(
            tmp_path,
            [
                HEADER,
                ["T-1", "C-1", None, "first"],
                ["T-2", " C-1 ", None, "another"],
                ["T-3", None, None, "no id"],
                ["T-4", "C-4"],
                ["T-5", "C-5", None, "  "],
                ["T-6"],
                ["Total", "=COUNTA(B2:B7)"],
                HEADER,
                [None, "C" * 101, None, "x"],
                ["   ", None, None, "\n"],
                ["T-9", "C-5", None, "second, but the first with a transcript"],
            ],
            header_row=4,
        )
        found = await read(path)
        assert list(found.drafts) == [5, 15]
        assert found.rejected == {
            6: "duplicate_conversation_id",
            7: "missing_conversation_id",
            8: "missing_transcript",
            9: "missing_transcript",
            10: "placeholder",
            11: "placeholder",
            12: "repeated_header",
            13: "conversation_id_too_long",
        }
        duplicate = found.file.rejected[0]
        assert (duplicate.of_row, duplicate.message) == (5, "Row 5 has the same conversation id.")

    async def test_hundreds_of_placeholders_and_blank_rows(self, tmp_path: Path) -> None:
        keys = [["key", "conversation id", "transcript"]]
        keys += [[f"K-{number}", "", ""] for number in range(300)]
        body = rows(keys) + rows([["K-301", "C-1", "hello"]], first=800)
        body += "".join(f'<row r="{row}"><c r="B{row}" s="1"/></row>' for row in range(801, 1001))
        found = await read(raw(tmp_path, {"Data": sheet(body)}))
        assert list(found.drafts) == [800]
        assert set(found.rejected.values()) == {"placeholder"}
        assert len(found.rejected) == 300

    async def test_a_transcript_as_long_as_a_cell(self, tmp_path: Path) -> None:
        dots = "a… " * 10_922
        header = ["Conversation ID", "Transcript"]
        body = rows([header, ["1", "é" * 32_767], ["2", dots], ["3", "x" * 40_000]])
        found = await read(raw(tmp_path, {"Data": sheet(body)}))
        assert [len(draft.transcript) for draft in found.drafts.values()] == [32_767, 32_767]
        assert found.rejected == {4: "transcript_too_long"}


class TestCells:
    @pytest.mark.parametrize(
        ("cell", "moment"),
        [
            ("2026-03-02T10:30:05", "2026-03-02T10:30:05+00:00"),
            ("2026-03-02 10:30", "2026-03-02T10:30:00+00:00"),
            ("2026-03-02T10:30:05+01:00", "2026-03-02T09:30:05+00:00"),
            ("03/02/2026 10:30 PM", "2026-03-02T22:30:00+00:00"),
            ("3/2/26", "2026-03-02T00:00:00+00:00"),
            ("Mar 2, 2026", "2026-03-02T00:00:00+00:00"),
            (46083.4375, "2026-03-02T10:30:00+00:00"),
            (45735.749259259, "2025-03-19T17:58:56+00:00"),
            ("46083.4375", "2026-03-02T10:30:00+00:00"),
            (46083, "2026-03-02T00:00:00+00:00"),
            (1772447400, "2026-03-02T10:30:00+00:00"),
        ],
    )
    def test_times(self, cell: Any, moment: str) -> None:
        row = one_row(Created=cell)
        assert draft_of(row).created_at == datetime.fromisoformat(moment)
        assert not row.warnings

    @pytest.mark.parametrize(
        "cell", ["last week", "31/31/2026", 12, True, "0000-00-00", 12345, 2958466]
    )
    def test_unreadable_times_are_left_out(self, cell: Any) -> None:
        row = one_row(Created=cell)
        assert draft_of(row).created_at is None
        assert row.warnings == [("created_at", "date_unparseable")]

    async def test_numbers_of_days_from_1904(self, tmp_path: Path) -> None:
        body = rows([["Chat ID", "Chat Log", "Created", "Opened"]]) + (
            f'<row r="2">{text("A2", "C")}{text("B2", "x")}<c r="C2"><v>44621.4375</v></c></row>'
        )
        path = raw(tmp_path, {"S": sheet(body)}, properties='<workbookPr date1904="1"/>')
        assert (await read(path)).one.created_at == datetime(2026, 3, 2, 10, 30, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("cell", "tier"),
        [
            (3.0, 3),
            ("2.0", 2),
            ("Tier 3", 3),
            ("tier-1", 1),
            ("T2", 2),
            ("Tier-2 Support", 2),
            ("L3", 3),
            ("  1 ", 1),
        ],
    )
    def test_tiers(self, cell: Any, tier: int) -> None:
        row = one_row(Tier=cell)
        assert (draft_of(row).tier, row.warnings) == (tier, [])

    @pytest.mark.parametrize("cell", [4, "Gold", 2.5, "Tier 1-3"])
    def test_no_tiers(self, cell: Any) -> None:
        row = one_row(Tier=cell)
        assert draft_of(row).tier is None
        assert row.warnings == [("tier", "tier_unreadable")]

    async def test_numbers_where_texts_are_meant(self, tmp_path: Path) -> None:
        table: list[list[Any]] = [
            ["Ticket", "Chat ID", "Chat Log", "Phone", "Subject", "Account"],
            [7.0, 100234.0, 12.5, 5.55e9, 3, True],
            ["8.0", "100235.0", "x", "5.550101234E+09", "=SUM(A1)", "#N/A"],
        ]
        body = rows([[str(cell) for cell in row] for row in table[:1]]) + (
            '<row r="2"><c r="A2"><v>7.0</v></c><c r="B2"><v>100234</v></c><c r="C2"><v>12.5</v>'
            '</c><c r="D2"><v>5.55E+09</v></c><c r="E2"><v>3</v></c><c r="F2" t="b"><v>1</v></c>'
            "</row>"
        ) + rows([[str(cell) for cell in table[2]]], first=3)  # fmt: skip
        found = await read(raw(tmp_path, {"S": sheet(body)}))
        first, second = found.drafts.values()
        assert (first.ticket_id, first.conversation_id, first.transcript) == ("7", "100234", "12.5")
        assert (first.contact_phone, first.subject, first.account_name) == (
            "5550000000", "3", "TRUE",
        )  # fmt: skip
        assert (second.ticket_id, second.conversation_id) == ("8", "100235")
        assert (second.contact_phone, second.subject) == ("5550101234", "=SUM(A1)")
        assert found.warnings == [(3, "account_name", "error_value")]

    async def test_formulas_and_errors(self, tmp_path: Path) -> None:
        names = ["Chat ID", "Chat Log", "City", "State", "Created"]
        formula = '<c r="{0}"><f>A1</f></c>'
        body = rows([names]) + "".join(
            [
                f'<row r="2">{text("A2", "1")}{text("B2", "x")}{formula.format("C2")}'
                '<c r="D2" t="str"><f>A1</f><v>NV</v></c><c r="E2" t="e"><v>#VALUE!</v></c></row>',
                f'<row r="3">{text("A3", "2")}{formula.format("B3")}</row>',
                f'<row r="4">{formula.format("A4")}{text("B4", "x")}</row>',
                '<row r="5"><c r="A5" t="e"><v>#REF!</v></c></row>',
            ]
        )
        found = await read(raw(tmp_path, {"S": sheet(body)}))
        assert (found.one.property_city, found.one.property_state) == (None, "NV")
        assert found.warnings == [
            (2, "property_city", "formula_without_value"),
            (2, "created_at", "error_value"),
        ]
        assert found.rejected == {
            3: "missing_transcript", 4: "missing_conversation_id", 5: "placeholder",
        }  # fmt: skip
        assert "formula without a value" in found.file.rejected[0].message

    def test_what_is_too_long_is_cut_or_left_out(self) -> None:
        row = one_row(Subject="s" * 9_000, Description="d", Phone="5" * 60, City="c" * 100)
        draft = draft_of(row)
        assert draft.subject == "s" * 8_000
        assert (draft.contact_phone, draft.property_city) == (None, "c" * 100)
        assert row.warnings == [("subject", "text_cut"), ("contact_phone", "text_too_long")]

    async def test_words_for_nothing(self, tmp_path: Path) -> None:
        table = [
            ["Ticket", "Chat ID", "Chat Log", "Contact"],
            ["-", "C-1", "x", "N/A"],
            ["T", "n/a", "x", "Kim"],
            ["T", "C-2", "None", "Kim"],
        ]
        found = await read(workbook(tmp_path, table))
        assert (found.one.ticket_id, found.one.contact_name) == (None, None)
        assert found.rejected == {3: "missing_conversation_id", 4: "missing_transcript"}

    def test_a_name_in_two_columns(self) -> None:
        row = one_row(Contact_First_Name="Kim", Contact_Last_Name="O’Neil")
        assert draft_of(row).contact_name == "Kim O'Neil"

    @pytest.mark.parametrize(
        ("cell", "priority"), [("HIGH", "High"), (" medium ", "Medium"), ("P1 - now", "P1 - now")]
    )
    def test_priorities(self, cell: str, priority: str) -> None:
        assert draft_of(one_row(Priority=cell)).priority == priority


class TestSheets:
    TICKETS = sheet(rows([["Chat ID", "Chat Log"], ["1", "x"], ["2", "y"]]))

    async def test_found_among_others(self, tmp_path: Path) -> None:
        sheets = {
            "Read me": sheet(rows([["Chat ID: what it is"], ["Chat Log"]])),
            "Hidden": sheet(rows([["Chat ID", "Chat Log"], ["3", "z"], ["4", "z"], ["5", "z"]])),
            "Data 2026": self.TICKETS,
            "Lists": sheet(rows([["Low"], ["High"]])),
        }
        found = await read(raw(tmp_path, sheets, states={"Hidden": "veryHidden"}))
        assert (found.file.sheet, list(found.drafts)) == ("Data 2026", [2, 3])
        assert found.file.other_sheets == []

    async def test_a_hidden_one_where_no_other_is(self, tmp_path: Path) -> None:
        sheets = {"Cover": sheet(rows([["x"]])), "Data": self.TICKETS}
        found = await read(raw(tmp_path, sheets, states={"Data": "hidden"}))
        assert found.file.sheet == "Data"

    async def test_the_fullest_and_the_others_are_named(self, tmp_path: Path) -> None:
        sheets = {
            "Template": sheet(rows([["Chat ID", "Chat Log"]])),
            "Example": sheet(rows([["Chat ID", "Chat Log"], ["0", "like this"]])),
            "Data": self.TICKETS,
        }
        found = await read(raw(tmp_path, sheets))
        assert (found.file.sheet, found.file.other_sheets) == ("Data", ["Example"])

    async def test_a_merged_header_of_two_rows(self, tmp_path: Path) -> None:
        merges = "".join(f'<mergeCell ref="{ref}"/>' for ref in ("A2:A3", "B2:B3", "C2:D2"))
        table = [["Cases"], ["Chat ID", "Chat Log", "Contact"], ["", "", "Name", "Phone"]]
        xml = sheet(rows([*table, ["1", "x", "Kim", "555"]])).replace(
            "</worksheet>", f"<mergeCells>{merges}</mergeCells></worksheet>"
        )
        found = await read(raw(tmp_path, {"S": xml}))
        assert found.file.header_row == 3
        assert (found.one.contact_name, found.one.contact_phone) == ("Kim", "555")

    @pytest.mark.parametrize(
        "table", [[["Chat ID", "Notes"], ["1", "x"]], [["Chat Log"]], [["a"]], []]
    )
    async def test_no_header(self, tmp_path: Path, table: list[list[str]]) -> None:
        with pytest.raises(InvalidInput) as refused:
            await read(raw(tmp_path, {"S": sheet(rows(table))}))
        assert refused.value.code == "tickets_header_missing"
        with pytest.raises(InvalidInput) as refused:
            await read(spreadsheet(tmp_path, *(table or [["x"]])))
        assert refused.value.code == "tickets_header_missing"


class TestOtherFiles:
    async def test_csv(self, tmp_path: Path) -> None:
        path = spreadsheet(
            tmp_path,
            ["Export of cases"],
            [],
            ["Ticket ID", "Conversation ID", "Created At", "Transcript", "Phone"],
            ["T-1", "C-1", "2026-03-02 10:30", "Caller: a\nAgent: b", "5.550101234E+09"],
            ["", "", "", "", ""],
            ["T-2", "C-1", "", "again", ""],
            ["T-3", "", "", "", ""],
            ["T-4", "C-4", "", "too", "many", "cells"],
        )
        found = await read(path)
        assert (found.file.sheet, found.file.header_row) == (None, 3)
        assert found.one.transcript == "Caller: a\nAgent: b"
        assert found.one.contact_phone == "5550101234"
        assert list(found.drafts) == [4]
        assert found.rejected == {
            7: "duplicate_conversation_id", 8: "placeholder", 9: "row_too_long",
        }  # fmt: skip

    async def test_csv_of_another_dialect(self, tmp_path: Path) -> None:
        path = tmp_path / "upload.tmp"
        path.write_bytes("Conversation ID;Transcript\r\n1;Ünï – “x”\r\n".encode("cp1252"))
        assert (await read(path, "Cases.CSV")).one.transcript == 'Ünï – "x"'

    async def test_json_lines(self, tmp_path: Path) -> None:
        path = tmp_path / "cases.jsonl"
        lines: list[Any] = [
            {"conversation_id": "C-1", "transcript": ["Caller: a", "Agent: b"], "gold": {"x": 1}},
            {"conversation_id": 7, "transcript": "x", "tier": 2.0, "priority": None},
            {"conversation_id": "C-1", "transcript": "again"},
            ["no object"],
        ]
        path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        found = await read(path)
        assert [draft.transcript for draft in found.drafts.values()] == ["Caller: a\nAgent: b", "x"]
        assert [draft.tier for draft in found.drafts.values()] == [None, 2]
        assert found.rejected == {3: "duplicate_conversation_id", 4: "row_not_json"}
        assert found.file.ignored_columns == ["gold"]

    @pytest.mark.parametrize(
        ("name", "data", "code"),
        [
            ("a.xlsx", b"Conversation ID,Transcript\n1,x\n", "workbook_not_xlsx"),
            ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "workbook_old_format"),
            ("a.csv", packed(parts({"S": sheet("")})), "table_binary"),
            ("a.pdf", b"%PDF-1.7", "tickets_format_unknown"),
            ("tickets", b"Conversation ID,Transcript\n1,x\n", "tickets_format_unknown"),
            ("a.csv", b"", "tickets_header_missing"),
        ],
    )
    async def test_named_as_what_it_is_not(
        self, tmp_path: Path, name: str, data: bytes, code: str
    ) -> None:
        path = tmp_path / "upload.tmp"
        path.write_bytes(data)
        with pytest.raises(InvalidInput) as refused:
            await read(path, name)
        assert refused.value.code == code

    async def test_too_many_rows(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tickets, "ROWS", 3)
        path = spreadsheet(
            tmp_path, ["Conversation ID", "Transcript"], *([str(n), "x"] for n in range(4))
        )
        with pytest.raises(TooLarge) as refused:
            await read(path)
        assert refused.value.code == "tickets_too_many"


async def test_a_very_wide_table_without_a_header_is_not_read_far(tmp_path: Path) -> None:
    path = spreadsheet(tmp_path, *([f"column {n}" for n in range(5_000)] for _ in range(64)))
    tracemalloc.start()
    try:
        with pytest.raises(InvalidInput) as error:
            await read(path)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert error.value.code == "tickets_header_missing"
    assert most < path.stat().st_size
