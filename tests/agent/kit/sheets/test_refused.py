"""Files that are no workbook, or that would harm who reads them: told at once, with a code."""

import io
import os
import resource
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.errors import InvalidInput, LatchkeyError, TooLarge
from agent.kit.sheets.workbook import open_workbook
from tests.agent.kit.sheets.books import book, packed, parts, rows, sheet, strings, text

SECONDS = 2.0
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ONE = rows([["a"]])
DOCTYPE = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def plain() -> dict[str, bytes]:
    return parts({"S": sheet(ONE)})


def with_sheet(xml: str | bytes) -> bytes:
    data = xml.encode() if isinstance(xml, str) else xml
    return packed(plain() | {"xl/worksheets/sheet1.xml": data})


def with_strings(shared: str, cells: int = 1) -> bytes:
    body = "".join(
        f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, cells + 1)
    )
    return packed(parts({"S": sheet(body)}, shared=shared))


def listed(number: int, name: str = "S") -> str:
    return f'<sheet name="{name}{number}" sheetId="{number}" r:id="r1"/>'


def oddly_listed(many: int) -> str:
    """Sheets with a sign in their names that others write as `&gt;`."""
    return "".join(listed(number, "a>") for number in range(2, many + 2))


def with_list(sheets: str) -> bytes:
    """A workbook with these sheets beside its own."""
    entries = plain()
    entries["xl/workbook.xml"] = entries["xl/workbook.xml"].replace(
        b"</sheets>", sheets.encode() + b"</sheets>"
    )
    return packed(entries)


def zeros(size: int) -> bytes:
    """What unpacks to so many blanks, made without them."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = b" " * (1 << 20)
    whole, rest = divmod(size, len(piece))
    return (
        b"".join(deflate.compress(piece) for _ in range(whole))
        + deflate.compress(piece[:rest])
        + deflate.flush()
    )


def crafted(entry: str, deflated: bytes, size: int, *, claims: int | None = None) -> bytes:
    """The plain workbook with one more entry, of whose size the archive says `claims`."""
    claimed = size if claims is None else claims
    base = packed(plain())
    name = entry.encode()
    end = base.rfind(b"PK\x05\x06")
    count, directory_size, offset = struct.unpack_from("<HII", base, end + 10)
    fields = struct.pack("<HHHIIII", 0, 8, 0, 0, 0, len(deflated), claimed)
    local = b"PK\x03\x04\x14\x00" + fields[:0] + struct.pack(
        "<HHHHIIIHH", 0, 8, 0, 0, 0, len(deflated), claimed, len(name), 0
    ) + name + deflated  # fmt: skip
    central = b"PK\x01\x02" + struct.pack(
        "<HHHHHHIIIHHHHHII", 20, 20, 0, 8, 0, 0, 0, len(deflated), claimed, len(name), 0, 0, 0, 0,
        0, offset,
    ) + name  # fmt: skip
    directory = base[offset : offset + directory_size] + central
    at = offset + len(local)
    last = b"PK\x05\x06" + struct.pack(
        "<HHHHIIH", 0, 0, count + 1, count + 1, len(directory), at, 0
    )
    return base[:offset] + local + directory + last


def edited(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def end_of(data: bytes) -> int:
    return data.rfind(b"PK\x05\x06")


def damaged_directory() -> bytes:
    data = packed(plain())
    start = data.find(b"PK\x01\x02")
    return edited(data, start, os.urandom(40))


def twice_named() -> bytes:
    file = io.BytesIO(packed(plain()))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("xl/worksheets/SHEET1.xml", sheet(rows([["other"]])))
    return file.getvalue()


def password_protected_entry() -> bytes:
    data = packed(plain())
    return edited(data, data.find(b"PK\x01\x02") + 8, b"\x01\x00")


def enormous_row() -> bytes:
    cells = [text(f"{letter}1", letter * 900_000) for letter in "ABCDEFGHIJ"]
    return packed(parts({"S": sheet(f'<row r="1">{"".join(cells)}</row>')}), zipfile.ZIP_STORED)


FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "empty": ("workbook_not_xlsx", lambda: b""),
    "csv": ("workbook_not_xlsx", lambda: b"Conversation ID,Transcript\n1,hello\n"),
    "html": ("workbook_not_xlsx", lambda: b"<html><table><tr><td>1</td></tr></table></html>"),
    "any zip": ("workbook_not_xlsx", lambda: packed({"a.txt": b"hello"})),
    "xls": ("workbook_old_format", lambda: OLE + os.urandom(4_000)),
    "encrypted": (
        "workbook_encrypted",
        lambda: OLE + bytes(1_000) + "EncryptedPackage".encode("utf-16-le") + bytes(500),
    ),
    "encrypted entry": ("workbook_encrypted", password_protected_entry),
    "macros": ("workbook_macros", lambda: packed(plain() | {"xl/vbaProject.bin": b"\0" * 9})),
    "macros by type": (
        "workbook_macros",
        lambda: packed(
            parts(
                {"S": sheet(ONE)}, types="application/vnd.ms-excel.sheet.macroEnabled.main+xml"
            )
        ),
    ),
    "cut": ("workbook_corrupt", lambda: packed(plain())[:-40]),
    "cut in half": ("workbook_corrupt", lambda: book(rows([["a" * 9]] * 50))[:700]),
    "damaged directory": ("workbook_corrupt", damaged_directory),
    "two ends": ("workbook_corrupt", lambda: packed(plain()) + packed(plain())),
    "a name twice": ("workbook_corrupt", twice_named),
    "no zip inside": ("workbook_corrupt", lambda: b"PK\x03\x04" + os.urandom(2_000)),
    "damaged part": ("workbook_corrupt", lambda: with_sheet(sheet(ONE)[:-60])),
    "wrong index": ("workbook_corrupt", lambda: with_strings(strings(), 1)),
    "utf-16": ("workbook_corrupt", lambda: with_sheet(sheet(ONE).encode("utf-16"))),
    "latin-1": (
        "workbook_corrupt",
        lambda: with_sheet('<?xml version="1.0" encoding="ISO-8859-1"?>' + sheet(ONE)),
    ),
    "path traversal": (
        "workbook_corrupt",
        lambda: packed(plain() | {"../../etc/cron.d/x": b"* * * * * root true"}),
    ),
    "absolute path": ("workbook_corrupt", lambda: packed(plain() | {"/etc/passwd": b"x"})),
    "windows path": ("workbook_corrupt", lambda: packed(plain() | {"..\\x.xml": b"<a/>"})),
    "no sheets": ("workbook_no_sheets", lambda: packed(parts({}))),
    "empty zip": ("workbook_no_sheets", lambda: b"PK\x05\x06" + bytes(18)),
    "external entity": (
        "workbook_entities",
        lambda: with_sheet(
            '<?xml version="1.0"?>\n<!-- x --><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">'
            "]>" + sheet(text("A1", "x").replace(">x<", ">&x;<"))
        ),
    ),
    "billion laughs": ("workbook_entities", lambda: with_strings(DOCTYPE + strings("&b;"))),
    "laughs in the list": (
        "workbook_entities",
        lambda: packed(
            plain() | {"xl/workbook.xml": (DOCTYPE + plain()["xl/workbook.xml"].decode()).encode()}
        ),
    ),
    "a bomb": (
        "workbook_bomb",
        lambda: crafted("xl/media/a.png", zeros(60 << 20), 60 << 20),
    ),
    "a bomb that says it is small": (
        "workbook_bomb",
        lambda: crafted("xl/worksheets/sheet2.xml", zeros(40 << 20), 40 << 20, claims=900),
    ),
    "large together": (
        "workbook_bomb",
        lambda: packed(plain() | {f"xl/x{n}.bin": b"0" * (5 << 20) for n in range(5)}),
    ),
    "thousands of entries": (
        "workbook_bomb",
        lambda: packed(plain() | {f"xl/x{number}.xml": b"" for number in range(2_001)}),
    ),
    "a far cell": (
        "workbook_cells_too_far",
        lambda: book(ONE + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
    ),
    "a far cell, oddly written": (
        "workbook_cells_too_far",
        lambda: book(ONE + "<row r='1048576'><c\tr = 'XFD1048576'><v>1</v></c></row>"),
    ),
    "a large table, oddly written": (
        "workbook_cells_too_far",
        lambda: book(ONE + "<row r='30000'><c r='ALL30000'><v>1</v></c></row>"),
    ),
    "cells without a place": (
        "workbook_cells_too_far",
        lambda: book(ONE + f'<row r="2">{"<c><v>1</v></c>" * 2_000}</row>'),
    ),
    "an error far to the right": (
        "workbook_cells_too_far",
        lambda: book(ONE + """<row r='2'><c r='XFD2' t="e"></c></row>"""),
    ),
    "an error further to the right": (
        "workbook_cells_too_far",
        lambda: book(ONE + """<row r='2'><c r='AAAA2' t="e"></c></row>"""),
    ),
    "a cell beyond the sheet": (
        "workbook_cells_too_far",
        lambda: book(ONE + '<row r="9999999"><c r="A99999999999"><v>1</v></c></row>'),
    ),
    "a dimension beyond the sheet": (
        "workbook_cells_too_far",
        lambda: book(ONE, before='<dimension ref="A1:ZZZZZZ99999999999"/>'),
    ),
    "as many strings as said": (
        "workbook_too_large",
        lambda: with_strings(strings("a", count=4_294_967_295)),
    ),
    "one enormous string": (
        "workbook_text_too_long",
        lambda: with_strings(strings("x" * 2_000_000)),
    ),
    "one string everywhere": (
        "workbook_too_large",
        lambda: with_strings(strings("x" * 600_000), 5_000),
    ),
    "one enormous row": ("workbook_text_too_long", enormous_row),
    "hundreds of sheets": (
        "workbook_too_large",
        lambda: packed(parts({f"S{number}": sheet(ONE) for number in range(251)})),
    ),
    "hundreds of sheets, oddly written": (
        "workbook_too_large",
        lambda: with_list(oddly_listed(251)),
    ),
    "one part as many sheets": ("workbook_corrupt", lambda: with_list(listed(2) + listed(9))),
}  # fmt: skip


SLOW = ("one string everywhere",)
"""It fills all the memory that the child may have."""


def processor_seconds() -> float:
    """Of all children so far; other than the clock's, a busy machine does not stretch them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def read(path: Path) -> None:
    async with open_workbook(path) as workbook:
        for one in workbook.sheets:
            await workbook.head(one, 64)
            async for _ in workbook.batches(one):
                pass


async def refusal(path: Path) -> LatchkeyError:
    with pytest.raises((InvalidInput, TooLarge)) as refused:
        await read(path)
    return refused.value


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=pytest.mark.proof if kind in SLOW else ()) for kind in FILES],
)
async def test_refused_at_once(kind: str, tmp_path: Path) -> None:
    code, make = FILES[kind]
    path = tmp_path / "upload.xlsx"
    path.write_bytes(make())
    started = processor_seconds()
    error = await refusal(path)
    assert processor_seconds() - started < SECONDS
    assert error.code == code
    assert error.message.endswith(".")


async def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert (await refusal(tmp_path / "gone.xlsx")).code == "workbook_unreadable"
