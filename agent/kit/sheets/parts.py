"""The XML parts of a workbook before the parser sees them: nothing in them may harm it.

What the parser does not tell is noted on the way: cells with an error, and formulas without a
stored value. Patterns over bytes, no XML parser: this must cost less than parsing.
"""

import re
from collections.abc import Iterator

from agent.kit.sheets import limits, refused
from agent.kit.sheets.refused import Refused

ERROR, FORMULA = "error", "formula"
HEAD = 65_536
_CARRY = 4 << 20
"""Bytes that may wait for the end of a cell."""
_PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_ROOT = re.compile(rb"<(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)([^>]*)>?")
_ENCODING = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)[\"']")
_PLAIN = (b"utf-8", b"utf8", b"us-ascii", b"ascii")
_WIDE_MARKS = (
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\x00<", "utf-16-be"),
    (b"<\x00", "utf-16-le"),
)
_PARSED = (b"worksheet", b"sst", b"workbook", b"styleSheet", b"Types", b"Relationships")
_COUNT = re.compile(rb"\b(?:unique)?[cC]ount\s*=\s*[\"']\s*(\d{1,12})")
_DIMENSION = re.compile(rb"dimension\s[^<>]{0,300}?ref\s*=\s*[\"'](?:[^\"':]*:)?([A-Za-z]*)(\d*)")
_UNCOMMON = re.compile(rb' r="(?:[A-Z][A-Z]|[A-Z]?\d{6})')
_WIDE = re.compile(rb' r="([A-Z]{2,})\d')
_LONG = re.compile(rb' r="[A-Z]*(\d{6,12})')
_REF = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]+)(\d{1,9})[\"']")
_ODDLY = re.compile(rb'=(?:(?<=r=)[^"]|(?<=\s=)|(?<=[\t\n\r]r=))')
"""How a reference may be written too, and no spreadsheet program writes it."""
_TELLING = re.compile(
    rb'=(?:(?<= r=)"(?:[A-Z][A-Z]|[A-Z]?\d{6})|(?<=r=)[^"]|(?<=\s=)|(?<=[\t\n\r]r=))'
)
"""`_UNCOMMON` or `_ODDLY`, in one pass: most sheets hold neither."""
_ANY_REF = re.compile(rb"\sr\s*=\s*[\"']([A-Za-z]{0,9}\d{1,12})[\"']")
_IS_ERROR = b't="e"'
_TAG = 400
"""Bytes that the tag of a cell may take; patterns look no further, so that none is slow."""
_COMMON = 26
"""Columns that one letter names; with rows of five digits they are never too many cells."""
_FAR = 256
"""From this column on a cell counts only where it holds something."""


class Part:
    """How an XML part begins."""

    def __init__(self, head: bytes) -> None:
        """Raises Refused for a document type, and for a part of the workbook that is no UTF-8."""
        text, narrow = _narrowed(head)
        prolog = _PROLOG.match(text)
        body = text[prolog.end() :] if prolog else text
        if body.startswith(b"<!"):
            raise Refused(refused.ENTITIES)
        root = _ROOT.match(body)
        self.prefix, self.root, self.attributes = (
            (root[1] or b"", root[2], root[3]) if root else (b"", b"", b"")
        )
        self.head = text
        # what else the archive holds may be written as it likes: the parser never opens it
        if not narrow and self.root in _PARSED:
            raise Refused(refused.CORRUPT)


def _narrowed(head: bytes) -> tuple[bytes, bool]:
    """The bytes as UTF-8, and whether they were."""
    for mark, encoding in _WIDE_MARKS:
        if head.startswith(mark):
            return head.decode(encoding, "ignore").lstrip("\ufeff").encode(), False
    said = _ENCODING.match(head.removeprefix(b"\xef\xbb\xbf"))
    return head, said is None or said[1].lower() in _PLAIN


def is_xml(name: str, head: bytes) -> bool:
    """Whether a parser may be made to read it, whatever its name says."""
    name = name.lower()
    if name.endswith((".xml", ".rels")):
        return True
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n\x00\xff\xfe")
    return start.startswith(b"<") and not name.endswith(".svg")


def require_fair_strings(part: Part, pieces: Iterator[bytes]) -> None:
    """The parser reserves memory for as many strings as the part says it has."""
    said = [int(count) for count in _COUNT.findall(part.attributes)]
    if max(said, default=0) > limits.STRINGS:
        raise Refused(refused.TOO_LARGE)
    mark = b"<" + (part.prefix + b":" if part.prefix else b"") + b"si"
    found, rest = 0, b""
    for piece in pieces:
        first, *others = (rest + piece).split(mark)
        rest = others.pop() if others else first
        found += len(others)
        if found > limits.STRINGS:
            raise Refused(refused.TOO_LARGE)
        if max(map(len, (first, rest, *others))) > limits.STRING:
            raise Refused(refused.TEXT_TOO_LONG)


Notes = dict[int, dict[int, str]]
"""Row -> column -> ERROR or FORMULA; both from 0."""


class SheetScan:
    """One worksheet, piece by piece: how far its cells go, and which hold no value."""

    def __init__(self, part: Part) -> None:
        dimension = _DIMENSION.search(part.head)
        if dimension and not _is_in_format(dimension[1], dimension[2]):
            raise Refused(refused.CELLS_TOO_FAR)
        self.notes: Notes = {}
        self._columns, self._rows = _COMMON, 0
        name = part.prefix + b":" if part.prefix else b""
        self._cell = b"<" + name + b"c "
        self._row = re.compile(b'<%srow [^<>]{0,300}?\\br="(\\d{1,12})"' % name)
        self._filled = re.compile(
            b'<%sc [^<>]{0,300}?\\br="([A-Z]+)(\\d{1,12})"[^<>]{0,300}(?<!/)>(?!</%sc>)'
            % (name, name)
        )
        self._formula = re.compile(
            b"<%sf(?:\\s[^<>]{0,300}?)?(?:/>|>[^<]*</%sf>)\\s*(<%sv\\s*/>|<%sv>\\s*</%sv>)?\\s*</%sc>"
            % ((name,) * 6)
        )
        self._is_text = re.compile(rb"\st\s*=\s*[\"']str[\"']")

    def run(self, pieces: Iterator[bytes]) -> None:
        rest = b""
        for piece in pieces:
            data = rest + piece
            cut = data.rfind(self._cell)
            if cut < 0:
                cut = max(0, len(data) - _TAG)
            elif len(data) - cut > _CARRY:
                cut = len(data)
            self._read(data[:cut])
            rest = data[cut:]
        self._read(rest)

    def _read(self, data: bytes) -> None:
        self._measure(data)
        for match in self._formula.finditer(data):
            tag, _ = self._tag(data, match.start())
            # a formula whose text is empty is calculated, and blank
            if not (match[1] and self._is_text.search(tag)):
                self._note(tag, FORMULA)
        at = data.find(_IS_ERROR)
        while at >= 0:
            tag, end = self._tag(data, at)
            if at < end:
                self._note(tag, ERROR)
            at = data.find(_IS_ERROR, at + 1)

    def _tag(self, data: bytes, place: int) -> tuple[bytes, int]:
        """The tag of the cell that begins last before this place, and where it ends."""
        start = data.rfind(self._cell, max(0, place - _TAG), place)
        end = data.find(b">", start, start + 2 * _TAG) if start >= 0 else -1
        return (data[start:end], end) if end >= 0 else (b"", -1)

    def _note(self, tag: bytes, what: str) -> None:
        if ref := _REF.search(tag):
            row, column = int(ref[2]) - 1, column_number(ref[1]) - 1
            if row >= limits.ROWS or column >= limits.COLUMNS:
                raise Refused(refused.CELLS_TOO_FAR)
            self.notes.setdefault(row, {})[column] = what

    def _measure(self, data: bytes) -> None:
        if not _TELLING.search(data):
            return
        if _ODDLY.search(data):
            data = _ANY_REF.sub(rb' r="\1"', data)
        if not _UNCOMMON.search(data):
            return
        columns = max(map(column_number, set(_WIDE.findall(data))), default=0)
        rows = max(map(int, set(_LONG.findall(data))), default=0)
        if columns > _FAR or rows:
            filled = [(column_number(c), int(r)) for c, r in self._filled.findall(data)]
            columns = max((column for column, _ in filled), default=0)
            rows = max((row for _, row in filled), default=0)
        else:
            rows = max(map(int, self._row.findall(data)), default=0)
        self._columns = max(self._columns, columns)
        self._rows = max(self._rows, rows)
        if (
            self._columns > limits.COLUMNS
            or self._rows > limits.ROWS
            or self._columns * self._rows > limits.AREA
        ):
            raise Refused(refused.CELLS_TOO_FAR)


def column_number(letters: bytes) -> int:
    """A is 1; beyond the sheet for more letters than a column can have."""
    if len(letters) > 3:
        return limits.ROWS
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _is_in_format(letters: bytes, digits: bytes) -> bool:
    return column_number(letters) <= 16_384 and len(digits) <= 7 and int(digits or 0) <= limits.ROWS
