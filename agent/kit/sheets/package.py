"""The zip archive of a workbook: what it says of its entries, and their bytes, both bounded.

Imported by the child, so it imports next to nothing; `zipfile` alone would double the start.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from agent.kit.sheets import limits, refused
from agent.kit.sheets.refused import Refused

_PIECE = 1 << 20
_END = b"PK\x05\x06"
_END_64 = b"PK\x06\x06"
_LOCATOR_64 = b"PK\x06\x07"
_CENTRAL = b"PK\x01\x02"
_LOCAL = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END_BYTES = 22
_CENTRAL_BYTES = 46
_ENTRY_BYTES = 1_024
"""Of the directory, for each entry: far more than names and times take."""
_NAME = 260
_FULL_16, _FULL_32 = 0xFFFF, 0xFFFFFFFF
_IS_ENCRYPTED = 0x1
_STORED, _DEFLATED = 0, 8


class Entry:
    """One file of the archive."""

    def __init__(self, name: str, method: int, packed: int, size: int, offset: int) -> None:
        self.name = name
        self.method = method
        self.packed = packed
        self.size = size
        self.offset = offset


class Package:
    """The archive, its directory checked; raises Refused."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._bytes = os.fstat(file.fileno()).st_size
        _require_zip(file, self._bytes)
        self.entries = _entries(self._directory())
        _require_harmless(self.entries)

    def pieces(self, entry: Entry) -> Iterator[bytes]:
        """The bytes of an entry; Refused where they are not as many as the directory says."""
        got = 0
        packed = self._packed(entry)
        for piece in packed if entry.method == _STORED else _inflated(packed):
            got += len(piece)
            if got > entry.size:
                raise Refused(refused.BOMB)
            yield piece
        if got != entry.size:
            raise Refused(refused.CORRUPT)

    def head(self, entry: Entry, size: int) -> bytes:
        found = b""
        for piece in self.pieces(entry):
            found += piece
            if len(found) >= size:
                break
        return found[:size]

    def _packed(self, entry: Entry) -> Iterator[bytes]:
        self._file.seek(entry.offset)
        local = self._file.read(30)
        if len(local) < 30 or not local.startswith(_LOCAL):
            raise Refused(refused.CORRUPT)
        name, extra = struct.unpack_from("<HH", local, 26)
        self._file.seek(name + extra, os.SEEK_CUR)
        left = entry.packed
        while left:
            piece = self._file.read(min(left, _PIECE))
            if not piece:
                raise Refused(refused.CORRUPT)
            left -= len(piece)
            yield piece

    def _directory(self) -> bytes:
        start = max(0, self._bytes - _END_BYTES - _FULL_16 - 100)
        self._file.seek(start)
        tail = self._file.read()
        at = tail.rfind(_END)
        # a second end, or a gap, would let the parser read another directory than we do
        if at < 0 or len(tail) < at + _END_BYTES or tail.count(_END) > 1:
            raise Refused(refused.CORRUPT)
        count, size, offset = struct.unpack_from("<HII", tail, at + 10)
        if count == _FULL_16 or _FULL_32 in (size, offset):
            count, size, offset, at = _end_64(tail, at)
        if count > limits.ENTRIES or size > limits.ENTRIES * _ENTRY_BYTES:
            raise Refused(refused.BOMB)
        if offset + size != start + at:
            raise Refused(refused.CORRUPT)
        self._file.seek(offset)
        return self._file.read(size)


def _end_64(tail: bytes, end: int) -> tuple[int, int, int, int]:
    locator, record = tail.rfind(_LOCATOR_64, 0, end), tail.rfind(_END_64, 0, end)
    if locator < 0 or record < 0 or len(tail) < record + 56:
        raise Refused(refused.CORRUPT)
    count, size, offset = struct.unpack_from("<QQQ", tail, record + 32)
    return count, size, offset, record


def _require_zip(file: BinaryIO, size: int) -> None:
    start = file.read(8)
    if start.startswith(_OLE):
        # the streams of an OLE file are named in UTF-16; an encrypted .xlsx is one stream
        encrypted = "EncryptedPackage".encode("utf-16-le") in file.read(limits.FILE)
        raise Refused(refused.ENCRYPTED if encrypted else refused.OLD_FORMAT)
    if not start.startswith((_LOCAL, _END)):
        raise Refused(refused.NOT_XLSX)
    if size > limits.FILE:
        raise Refused(refused.TOO_LARGE)


def _entries(directory: bytes) -> list[Entry]:
    entries, at = [], 0
    while at < len(directory):
        if directory[at : at + 4] != _CENTRAL or at + _CENTRAL_BYTES > len(directory):
            raise Refused(refused.CORRUPT)
        flags, method = struct.unpack_from("<HH", directory, at + 8)
        packed, size, name_bytes, extra_bytes, comment_bytes = struct.unpack_from(
            "<IIHHH", directory, at + 20
        )
        (offset,) = struct.unpack_from("<I", directory, at + 42)
        at += _CENTRAL_BYTES
        name = directory[at : at + name_bytes].decode("utf-8", "replace")
        extra = directory[at + name_bytes : at + name_bytes + extra_bytes]
        at += name_bytes + extra_bytes + comment_bytes
        if flags & _IS_ENCRYPTED:
            raise Refused(refused.ENCRYPTED)
        if _FULL_32 in (packed, size, offset):
            size, packed, offset = _wide(extra, size, packed, offset)
        entries.append(Entry(name, method, packed, size, offset))
    return entries


def _wide(extra: bytes, *narrow: int) -> tuple[int, int, int]:
    """Size, packed size and offset, where they stand in the zip64 field."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            field = extra[at + 4 : at + 4 + length]
            wide = list(struct.unpack(f"<{len(field) // 8}Q", field[: len(field) // 8 * 8]))
            if len(wide) >= narrow.count(_FULL_32):
                size, packed, offset = (
                    wide.pop(0) if value == _FULL_32 else value for value in narrow
                )
                return size, packed, offset
        at += 4 + length
    raise Refused(refused.CORRUPT)


def _require_harmless(entries: list[Entry]) -> None:
    total = sum(entry.size for entry in entries)
    if len(entries) > limits.ENTRIES or total > limits.TOTAL:
        raise Refused(refused.BOMB)
    if _is_bomb(total, sum(entry.packed for entry in entries)):
        raise Refused(refused.BOMB)
    names = set()
    for entry in entries:
        if entry.size > limits.ENTRY or _is_bomb(entry.size, entry.packed):
            raise Refused(refused.BOMB)
        if not _is_plain(entry.name) or entry.method not in (_STORED, _DEFLATED):
            raise Refused(refused.CORRUPT)
        if entry.name.casefold() in names:
            raise Refused(refused.CORRUPT)
        names.add(entry.name.casefold())


def _is_bomb(size: int, packed: int) -> bool:
    return size > limits.SMALL and size > limits.RATIO * packed


def _is_plain(name: str) -> bool:
    if not name or len(name) > _NAME or "\0" in name or "\\" in name or ":" in name:
        return False
    return not name.startswith("/") and ".." not in name.split("/")


def _inflated(packed: Iterator[bytes]) -> Iterator[bytes]:
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for piece in packed:
            while piece and not inflate.eof:
                yield inflate.decompress(piece, _PIECE)
                piece = inflate.unconsumed_tail
        while rest := inflate.decompress(b"", _PIECE):
            yield rest
    except zlib.error:
        raise Refused(refused.CORRUPT) from None
