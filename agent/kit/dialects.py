"""How a file that people made is written: its encoding and the sign between its cells."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from dataclasses import dataclass
from pathlib import Path

from agent.errors import InvalidInput

DELIMITERS = ",;\t|"
_MARKS = (
    (BOM_UTF8, "utf-8-sig"),
    (BOM_UTF32_LE, "utf-32"),
    (BOM_UTF32_BE, "utf-32"),
    (BOM_UTF16_LE, "utf-16"),
    (BOM_UTF16_BE, "utf-16"),
)
_BINARY = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"%PDF",
    b"\xd0\xcf\x11\xe0",
    b"\x1f\x8b",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"SQLite format 3",
    b"PAR1",
    b"7z\xbc\xaf",
    b"BZh",
)
_HEAD_BYTES = 65_536
_CONTROL = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b")) + b"\x7f"
_NOTICED = 16
_NOISE = 0.05
"""Control bytes, and their share, from which on a file is no text."""
_NAMED_SIGN = re.compile(r'"?sep=(.)"?\s*')


@dataclass(frozen=True, slots=True)
class Dialect:
    """UTF-8 means: any line that is none is read as Windows-1252."""

    encoding: str
    delimiter: str
    skip: int = 0
    """Lines before the header that only name the delimiter (`sep=;`)."""

    @property
    def mixed(self) -> bool:
        """Whether single lines may be written in another encoding."""
        return self.encoding in ("utf-8", "utf-8-sig")

    @property
    def errors(self) -> str:
        return "surrogateescape" if self.mixed else "replace"


def detect(path: Path) -> Dialect:
    """The dialect of a file; raises InvalidInput `table_unreadable`, `table_binary`."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise InvalidInput(
            "table_unreadable", f"{path.name!r} cannot be read: {error.strerror}."
        ) from None
    encoding = _encoding(head)
    if encoding is None:
        raise InvalidInput("table_binary", f"{path.name!r} is no text; save it as CSV in UTF-8.")
    lines = re.split("\r\n|\r|\n", head.decode(encoding, "replace"))
    if named := _NAMED_SIGN.fullmatch(lines[0]):
        return Dialect(encoding, named[1], skip=1)
    return Dialect(encoding, delimiter_of(next(filter(str.strip, lines), "")))


def delimiter_of(header: str) -> str:
    """The sign that parts the header best, quoted texts aside."""
    bare = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=bare.count)


def _encoding(head: bytes) -> str | None:
    """None for what is no text."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if head.startswith(_BINARY):
        return None
    if wide := _unmarked_utf16(head):
        return wide
    noise = len(head) - len(head.translate(None, _CONTROL))
    return None if noise >= _NOTICED and noise > _NOISE * len(head) else "utf-8"


def _unmarked_utf16(head: bytes) -> str | None:
    """UTF-16 without a mark: the zeros of its Latin letters and signs are all on one side."""
    zeros = head.count(0)
    if zeros < 4 or zeros < 0.02 * len(head):
        return None
    high = head[1::2].count(0)
    if high >= 0.95 * zeros:
        return "utf-16-le"
    return "utf-16-be" if high <= 0.05 * zeros else None
