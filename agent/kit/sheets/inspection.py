"""A workbook's archive before the parser opens it; imported by the child."""

import posixpath
import re
from typing import BinaryIO

from agent.kit.sheets import limits, refused
from agent.kit.sheets.package import Entry, Package
from agent.kit.sheets.parts import HEAD, Notes, Part, SheetScan, is_xml, require_fair_strings
from agent.kit.sheets.refused import Refused

_WORKBOOK = 4 << 20
_DATE_1904 = re.compile(rb"workbookPr\s[^<>]{0,500}?date1904\s*=\s*[\"'](?:1|true|on)[\"']")
_SHEET = re.compile(rb"<(?:[\w.-]+:)?sheet\s((?:[^<>\"']|\"[^<\"]*\"|'[^<']*')*)>")
_RELATION = re.compile(rb"<(?:[\w.-]+:)?Relationship\s([^<>]{0,4000})>")
_ID = re.compile(rb"(?:^|[\s:])[iI]d\s*=\s*[\"']([^\"']*)[\"']")
_TARGET = re.compile(rb"\bTarget\s*=\s*[\"']([^\"']*)[\"']")
_SHEETS, _STRINGS = "/worksheets/sheet", "/sharedstrings.xml"
"""How these parts are called, whatever their first element is."""
_MACROS = (b"macroEnabled", b"vbaProject")


class Inspected:
    """What the parser does not tell."""

    def __init__(self, *, from_1904: bool, sheets: list[Notes]) -> None:
        self.from_1904 = from_1904
        self._sheets = sheets

    def notes_of(self, index: int) -> Notes:
        return self._sheets[index] if index < len(self._sheets) else {}


def inspect(file: BinaryIO) -> Inspected:
    """Raises Refused for whatever could harm the parser, or is no .xlsx."""
    package = Package(file)
    scanned: dict[str, Notes] = {}
    book, texts = "", {}
    for entry in package.entries:
        head = package.head(entry, HEAD)
        if not is_xml(entry.name, head):
            continue
        part, name = Part(head), entry.name.lower()
        if part.root == b"worksheet" or _SHEETS in name:
            scan = SheetScan(part)
            scan.run(package.pieces(entry))
            scanned[name] = scan.notes
        elif part.root == b"sst" or name.endswith(_STRINGS):
            require_fair_strings(part, package.pieces(entry))
        elif part.root in (b"workbook", b"Types", b"Relationships"):
            texts[entry.name] = _whole(package, entry)
            book = entry.name if part.root == b"workbook" else book
    _require_plain_workbook(package, book, texts)
    return Inspected(
        from_1904=_DATE_1904.search(texts[book], 0, HEAD) is not None,
        sheets=_in_order(book, texts, scanned),
    )


def _whole(package: Package, entry: Entry) -> bytes:
    if entry.size > _WORKBOOK:
        raise Refused(refused.TOO_LARGE)
    return b"".join(package.pieces(entry))


def _require_plain_workbook(package: Package, book: str, texts: dict[str, bytes]) -> None:
    names = [entry.name.lower() for entry in package.entries]
    said = [text for name, text in texts.items() if name != book]
    if any(name.endswith("vbaproject.bin") for name in names) or any(
        sign in text for sign in _MACROS for text in said
    ):
        raise Refused(refused.MACROS)
    if not book:
        raise Refused(refused.NOT_XLSX if package.entries else refused.NO_SHEETS)
    if len(_SHEET.findall(texts[book])) > limits.SHEETS:
        raise Refused(refused.TOO_LARGE)


def _in_order(book: str, texts: dict[str, bytes], scanned: dict[str, Notes]) -> list[Notes]:
    """The notes of each sheet, in the order in which the workbook names them; raises Refused."""
    folder, name = posixpath.split(book)
    relations = texts.get(posixpath.join(folder, "_rels", f"{name}.rels"), b"")
    targets = {}
    for attributes in _RELATION.findall(relations):
        key, target = _ID.search(attributes), _TARGET.search(attributes)
        if key and target:
            written = target[1].decode("utf-8", "replace").replace("\\", "/")
            path = posixpath.join("/", folder, written)
            targets[key[1]] = posixpath.normpath(path).lstrip("/").lower()
    ids = [_ID.findall(attributes) for attributes in _SHEET.findall(texts[book])]
    paths = [targets.get(each[-1], "") if each else "" for each in ids]
    known = [path for path in paths if path]
    # sheets in one part would be parsed over and over: no size of the archive bounds that
    if len(set(known)) < len(known):
        raise Refused(refused.CORRUPT)
    return [scanned.get(path, {}) for path in paths]
