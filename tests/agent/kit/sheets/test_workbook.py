import asyncio
import io
import zipfile
from datetime import date, datetime
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest

from agent.errors import TooBusy
from agent.kit.sheets import limits
from agent.kit.sheets.workbook import Flaw, Row, Workbook, open_workbook
from tests.agent.kit.sheets.books import (
    MAIN,
    OFFICE,
    book,
    packed,
    parts,
    rows,
    sheet,
    strings,
    text,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "upload.tmp"


def written(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def letters(column: int) -> str:
    """Of a column from 0."""
    found = ""
    while column >= 0:
        found = chr(65 + column % 26) + found
        column = column // 26 - 1
    return found


def environment(pid: int) -> str:
    file = Path(f"/proc/{pid}/environ")
    if not file.exists():
        pytest.skip("no /proc here")
    return file.read_text()


def moment(iso: str) -> datetime:
    """Of a workbook: without a zone."""
    return datetime.fromisoformat(iso)


async def read(path: Path, data: bytes, index: int = 0) -> list[Row]:
    written(path, data)
    async with open_workbook(path) as workbook:
        return await all_rows(workbook, index)


async def all_rows(workbook: Workbook, index: int = 0) -> list[Row]:
    return [row async for batch in workbook.batches(workbook.sheets[index]) for row in batch]


async def cells(path: Path, body: str, **how: Any) -> list[Any]:
    ((_, found),) = await read(path, packed(parts({"S": sheet(f'<row r="1">{body}</row>')}, **how)))
    return found


class TestCells:
    async def test_numbers_and_truth(self, path: Path) -> None:
        body = (
            '<c r="A1"><v>1.0</v></c><c r="B1"><v>5.55E+09</v></c><c r="C1" t="b"><v>1</v></c>'
            '<c r="D1"><v>-0.5</v></c><c r="E1" t="n"/><c r="F1"><v>100234</v></c>'
        )
        assert await cells(path, body) == [1, 5_550_000_000, True, -0.5, "", 100_234]

    async def test_texts(self, path: Path) -> None:
        body = text("A1", "=SUM(A2)") + text("B1", " kept ") + text("C1", "a_x000D_\nb")
        body += text("D1", "_x005F_x000D_") + text("E1", "<&> \u201cé\u201d 🙂")
        body += '<c r="F1" t="inlineStr"><is><r><t>rich</t></r><r><t>text</t></r></is></c>'
        assert await cells(path, body) == [
            "=SUM(A2)", " kept ", "a\r\nb", "_x000D_", "<&> \u201cé\u201d 🙂", "richtext",
        ]  # fmt: skip

    async def test_shared_texts(self, path: Path) -> None:
        body = '<c r="A1" t="s"><v>1</v></c><c r="C1" t="s"><v>0</v></c>'
        assert await cells(path, body, shared=strings("one", "two")) == ["two", "", "one"]

    @pytest.mark.parametrize(
        ("properties", "day"),
        [
            ("", moment("2025-02-07T12:00")),
            ('<workbookPr date1904="1"/>', moment("2029-02-08T12:00")),
            ('<workbookPr codeName="x" date1904="true"/>', moment("2029-02-08T12:00")),
        ],
    )
    async def test_days_from_1900_and_1904(
        self, path: Path, properties: str, day: datetime
    ) -> None:
        body = '<c r="A1" s="1"><v>45695.5</v></c><c r="B1"><v>45695.5</v></c>'
        written(
            path, packed(parts({"S": sheet(f'<row r="1">{body}</row>')}, properties=properties))
        )
        async with open_workbook(path) as workbook:
            assert workbook.from_1904 == (day.year == 2029)
            assert await all_rows(workbook) == [(1, [day, 45695.5])]

    @pytest.mark.parametrize("prefix", ["", "x"])
    async def test_errors_and_formulas_without_a_value_are_no_blanks(
        self, path: Path, prefix: str
    ) -> None:
        plain = (
            '<row r="2"><c r="A2" t="e"><v>#N/A</v></c><c r="B2"><f>NOW()</f></c>'
            '<c r="C2"><f>NOW()</f><v/></c><c r="D2"><f>1+1</f><v>2</v></c>'
            '<c r="E2" t="str"><f>A1&amp;""</f><v></v></c><c r="F2" t="str"><f>A1</f><v>x</v></c>'
            '<c r="G2"><f t="shared" si="0"/></c><c r="H2" t="e"><f>1/0</f><v>#DIV/0!</v></c>'
            '<c r="I2" t="inlineStr"><is><t>says t="e" and f</t></is></c></row>'
        )
        body = plain if not prefix else plain.replace("</", "</x:").replace("<", "<x:")
        body = body.replace("<x:/x:", "</x:")
        ((number, found),) = await read(path, book(body, prefix=prefix))
        no, error = Flaw.FORMULA, Flaw.ERROR
        assert number == 2
        assert found == [error, no, no, 2, "", "x", no, error, 'says t="e" and f']

    async def test_cells_without_a_reference_and_with_odd_ones(self, path: Path) -> None:
        body = "<row><c><v>1</v></c><c/><c><v>3</v></c></row>"
        body += "<row r='3'><c t='b' r='B3'><v>0</v></c></row>"
        assert await read(path, book(body)) == [(1, [1, "", 3]), (3, ["", False])]

    async def test_far_cells_that_are_blank_do_no_harm(self, path: Path) -> None:
        body = '<row r="1"><c r="A1"><v>1</v></c></row>'
        body += '<row r="1048576"><c r="XFD1048576" s="1"/></row>'
        before = '<dimension ref="A1:XFD1048576"/>'
        assert await read(path, book(body, before=before)) == [(1, [1])]


class TestRows:
    async def test_blank_rows_are_left_out_and_ends_cut(self, path: Path) -> None:
        body = rows([["a", "", "c"], [], ["", "b"]], first=3) + '<row r="9"><c r="A9" s="1"/></row>'
        assert await read(path, book(body)) == [(3, ["a", "", "c"]), (5, ["", "b"])]

    async def test_columns_count_from_the_first_one_of_the_sheet(self, path: Path) -> None:
        assert await read(path, book(rows([["", "", "c"]]))) == [(1, ["", "", "c"])]

    @pytest.mark.parametrize(("columns", "count"), [(30, 700), (300, 40), (1_000, 3)])
    async def test_many_columns(self, path: Path, columns: int, count: int) -> None:
        names = [letters(column) for column in range(columns)]
        body = "".join(
            f'<row r="{row}">'
            + "".join(f'<c r="{name}{row}"><v>{row}</v></c>' for name in names)
            + "</row>"
            for row in range(1, count + 1)
        )
        found = await read(path, book(body))
        assert found == [(row, [row] * columns) for row in range(1, count + 1)]

    async def test_rows_of_formulas_without_values_are_told(self, path: Path) -> None:
        body = rows([["a"]]) + '<row r="2"><c r="C2"><f>A1</f></c></row>'
        assert await read(path, book(body)) == [(1, ["a"]), (2, ["", "", Flaw.FORMULA])]
        only = '<row r="5"><c r="A5"><f>NOW()</f><v></v></c></row>'
        assert await read(path, book(only)) == [(5, [Flaw.FORMULA])]

    async def test_thousands_come_in_batches(self, path: Path) -> None:
        written(path, book(rows([[f"row {number}", "x" * 500] for number in range(1, 2001)])))
        async with open_workbook(path) as workbook:
            batches = [batch async for batch in workbook.batches(workbook.sheets[0])]
        assert [len(batch) for batch in batches] == [200] * 10
        assert [row[1][0] for batch in batches for row in batch][-1] == "row 2000"

    async def test_the_head_first_and_then_all(self, path: Path) -> None:
        written(path, book(rows([[str(number)] for number in range(500)])))
        async with open_workbook(path) as workbook:
            head = await workbook.head(workbook.sheets[0], 5)
            assert [number for number, _ in head.rows] == [1, 2, 3, 4, 5]
            assert len(await all_rows(workbook)) == 500

    async def test_the_head_has_no_long_texts(self, path: Path) -> None:
        written(path, book(rows([["x" * 5_000, "short"]])))
        async with open_workbook(path) as workbook:
            head = await workbook.head(workbook.sheets[0], 5)
            assert head.rows == [(1, ["x" * limits.HEAD_TEXT, "short"])]
            assert await all_rows(workbook) == [(1, ["x" * 5_000, "short"])]

    async def test_merged_cells(self, path: Path) -> None:
        merged = sheet(rows([["a"], ["b"]])).replace(
            "</worksheet>",
            '<mergeCells count="1"><mergeCell ref="A1:C2"/></mergeCells></worksheet>',
        )
        written(path, packed(parts({"S": merged})))
        async with open_workbook(path) as workbook:
            head = await workbook.head(workbook.sheets[0], 5)
        assert head.merges == [(1, 0, 2, 2)]

    async def test_what_openpyxl_writes(self, path: Path) -> None:
        made = openpyxl.Workbook()
        made.active.append(["id", moment("2026-03-02T10:30"), date(2026, 3, 2), 7, "=1+1", None])
        made.save(path)
        async with open_workbook(path) as workbook:
            assert await all_rows(workbook) == [
                (1, ["id", moment("2026-03-02T10:30"), moment("2026-03-02"), 7, Flaw.FORMULA])
            ]


class TestSheets:
    async def test_names_order_and_visibility(self, path: Path) -> None:
        found = {name: sheet(rows([[name]])) for name in ("Read me", "Ümlaut & <x>", "Old", "Very")}
        states = {"Old": "hidden", "Very": "veryHidden"}
        written(path, packed(parts(found, states=states)))
        async with open_workbook(path) as workbook:
            assert [(one.name, one.visible) for one in workbook.sheets] == [
                ("Read me", True), ("Ümlaut & <x>", True), ("Old", False), ("Very", False),
            ]  # fmt: skip
            for index in (2, 0, 3, 1, 0):
                ((_, cells),) = await all_rows(workbook, index)
                assert cells == [workbook.sheets[index].name]

    async def test_notes_belong_to_their_sheet(self, path: Path) -> None:
        bad = sheet('<row r="1"><c r="A1" t="e"><v>#N/A</v></c><c r="B1"><v>1</v></c></row>')
        good = sheet('<row r="1"><c r="B1"><v>1</v></c></row>')
        written(path, packed(parts({"a": good, "b": bad, "c": good})))
        async with open_workbook(path) as workbook:
            found = [await all_rows(workbook, index) for index in range(3)]
        assert found == [[(1, ["", 1])], [(1, [Flaw.ERROR, 1])], [(1, ["", 1])]]


class TestArchives:
    """What programs write that are neither careless nor hostile."""

    async def all_of(self, path: Path, data: bytes) -> None:
        assert await read(path, data) == [(1, ["a"])]

    async def test_parts_that_are_none_of_the_workbook(self, path: Path) -> None:
        others = {
            "customXml/item1.xml": '<?xml version="1.0" encoding="utf-16"?><x/>'.encode("utf-16"),
            "xl/media/image1.svg": b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x"><svg/>',
            "xl/media/image2.png": b"\x89PNG" + bytes(100),
            "xl/drawings/vmlDrawing1.vml": b"<xml><br></xml>",
        }
        await self.all_of(path, packed(parts({"S": sheet(rows([["a"]]))}) | others))

    async def test_targets_from_the_root(self, path: Path) -> None:
        found = parts({"S": sheet('<row r="1"><c r="A1" t="e"><v>#N/A</v></c></row>')})
        name = "xl/_rels/workbook.xml.rels"
        found[name] = found[name].replace(b'"worksheets', b'"/xl/worksheets')
        assert await read(path, packed(found)) == [(1, [Flaw.ERROR])]

    async def test_the_strict_kind(self, path: Path) -> None:
        found = parts({"S": sheet(rows([["a"]]))})
        for name, data in found.items():
            found[name] = data.replace(
                MAIN.encode(), b"http://purl.oclc.org/ooxml/spreadsheetml/main"
            ).replace(OFFICE.encode(), b"http://purl.oclc.org/ooxml/officeDocument/relationships")
        await self.all_of(path, packed(found))

    async def test_zip64_comments_folders_and_streamed_entries(self, path: Path) -> None:
        file = Streamed()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.mkdir("xl")
            for name, data in parts({"S": sheet(rows([["a"]]))}).items():
                with archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as entry:
                    entry.write(data)
            archive.comment = b"made by a program"
        await self.all_of(path, file.getvalue())


class Streamed(io.BytesIO):
    """What cannot go back: the sizes of its entries stand behind them."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise io.UnsupportedOperation

    def seek(self, offset: int, whence: int = 0) -> int:
        raise io.UnsupportedOperation


class TestChild:
    async def test_it_ends_with_whoever_asked(self, path: Path) -> None:
        many = sheet(rows([["x" * 30_000] for _ in range(200)]))
        written(path, packed(parts({"S": many}), zipfile.ZIP_STORED))
        async with open_workbook(path) as workbook:
            process = workbook._child._process
            async for _ in workbook.batches(workbook.sheets[0]):
                break
            assert process.returncode is None
        assert process.returncode is not None

    async def test_it_ends_when_the_reader_is_cancelled(self, path: Path) -> None:
        written(path, book(rows([["a"]])))
        started = asyncio.Event()
        found: list[Workbook] = []

        async def reads() -> None:
            async with open_workbook(path) as workbook:
                found.append(workbook)
                started.set()
                await asyncio.sleep(60)

        task = asyncio.create_task(reads())
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert found[0]._child._process.returncode is not None

    async def test_only_so_many_at_once(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("agent.kit.sheets.workbook._TURNS", BoundedSemaphore(2))
        written(path, book(rows([["a"], ["b"]])))

        async def count() -> int:
            async with open_workbook(path) as workbook:
                return len(await all_rows(workbook))

        assert await asyncio.gather(*(count() for _ in range(5))) == [2] * 5
        monkeypatch.setattr(limits, "WAIT_SECONDS", 0.1)
        async with open_workbook(path), open_workbook(path):
            with pytest.raises(TooBusy):
                await count()
        assert await count() == 2

    async def test_it_knows_nothing_of_our_environment(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LATCHKEY_SECRET_KEY", "planted-in-the-environment")
        written(path, book(rows([["a"]])))
        async with open_workbook(path) as workbook:
            assert "planted" not in environment(workbook._child._process.pid)
