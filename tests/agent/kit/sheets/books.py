"""Workbooks as a hostile or careless program writes them: raw XML in a raw zip."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22"/>'
    "</cellXfs></styleSheet>"
)
"""Style 1 is a date with a time."""


def sheet(body: str, *, before: str = "", prefix: str = "") -> str:
    """A worksheet; `body` is what its sheetData holds."""
    name, space = (f"{prefix}:", f":{prefix}") if prefix else ("", "")
    return (
        f'<{name}worksheet xmlns{space}="{MAIN}">{before}<{name}sheetData>{body}'
        f"</{name}sheetData></{name}worksheet>"
    )


def text(ref: str, value: str) -> str:
    return f'<c r="{ref}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def rows(table: Sequence[Sequence[str]], first: int = 1) -> str:
    """Text cells, row by row; an empty text is an absent cell."""
    return "".join(
        f'<row r="{number}">'
        + "".join(
            text(f"{chr(65 + column)}{number}", cell) for column, cell in enumerate(row) if cell
        )
        + "</row>"
        for number, row in enumerate(table, first)
    )


def strings(*items: str, count: int | None = None) -> str:
    count = len(items) if count is None else count
    return (
        f'<sst xmlns="{MAIN}" count="{count}" uniqueCount="{count}">'
        + "".join(f"<si><t>{item}</t></si>" for item in items)
        + "</sst>"
    )


def parts(
    sheets: Mapping[str, str],
    *,
    states: Mapping[str, str] | None = None,
    shared: str | None = None,
    properties: str = "",
    types: str = f"{TYPE}.sheet.main+xml",
) -> dict[str, bytes]:
    """Entry -> bytes of a workbook with these sheets (name -> XML)."""
    listed, related = "", ""
    found = {}
    for number, (name, xml) in enumerate(sheets.items(), 1):
        state = f' state="{states[name]}"' if states and name in states else ""
        listed += f'<sheet name={quoteattr(name)} sheetId="{number}"{state} r:id="r{number}"/>'
        related += (
            f'<Relationship Id="r{number}" Type="{OFFICE}/worksheet" '
            f'Target="worksheets/sheet{number}.xml"/>'
        )
        found[f"xl/worksheets/sheet{number}.xml"] = xml
    related += f'<Relationship Id="s" Type="{OFFICE}/styles" Target="styles.xml"/>'
    if shared is not None:
        related += (
            f'<Relationship Id="t" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        )
        found["xl/sharedStrings.xml"] = shared
    found |= {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" '
        f'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{types}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{properties}'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{related}'
        "</Relationships>",
        "xl/styles.xml": STYLES,
    }
    return {name: xml.encode() for name, xml in found.items()}


def packed(entries: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return file.getvalue()


def book(body: str, **how: str) -> bytes:
    """A workbook with one sheet of these rows."""
    return packed(parts({"Sheet1": sheet(body, **how)}))
