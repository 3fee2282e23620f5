"""A whole database as one file, and back; which keys open what is in it is the caller's.

The file: gzip over BSON documents, one after the other. First the head, then rows by the batch
(`{collection, rows}`), last the end (`{end: {counts, sha256}}`), without which it is torn.
"""

import asyncio
import gzip
import hashlib
import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import bson
from bson.codec_options import CodecOptions
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import OperationFailure

from agent.errors import Conflict, InvalidInput, Misconfigured, Unavailable
from agent.mongo.client import Database, Document
from agent.mongo.faults import translated
from agent.mongo.indexes import META

FORMAT = 1
_RAW: CodecOptions[Any] = CodecOptions(document_class=RawBSONDocument)
_BATCH = 500
_MOST_BYTES = 8 * 2**20
_FRAME_BYTES = 64 * 2**20
_LEVEL = 4
_MOMENT_GONE = (239, 246)
Progress = Callable[[int, int | None], None]


@dataclass
class Contents:
    """What a whole file says of itself."""

    head: dict[str, Any]
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def documents(self) -> int:
        return sum(self.counts.values())


async def write(
    database: Database, path: Path, head: Mapping[str, Any], progress: Progress = lambda *_: None
) -> Contents:
    """Everything as it was at one moment after the call, whatever is written meanwhile.

    The file appears when it is whole, for its owner only. Raises Conflict `backup_exists`,
    Misconfigured `backup_unwritable`, Unavailable.
    """
    with _drafted(path) as file:
        return await _write(database, file, head, progress)


async def _write(
    database: Database, file: BinaryIO, head: Mapping[str, Any], progress: Progress
) -> Contents:
    contents = Contents({**head, "format": FORMAT})
    sha256 = hashlib.sha256()

    with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=_LEVEL) as packed:

        def put(frame: Mapping[str, Any]) -> None:
            encoded = bson.encode(frame)
            sha256.update(encoded)
            packed.write(encoded)

        await asyncio.to_thread(put, {"head": contents.head})
        done = 0
        with translated(database.fault), _in_time():
            names = await _collections(database)
            async with database.async_client.start_session(snapshot=True) as session:
                for name in names:
                    rows = _raw(database, name)
                    async with rows.find({}, session=session, batch_size=_BATCH) as cursor:
                        while batch := await cursor.to_list(_BATCH):
                            for part in _parts(batch):
                                await asyncio.to_thread(put, {"collection": name, "rows": part})
                            contents.counts[name] = contents.counts.get(name, 0) + len(batch)
                            done += len(batch)
                            progress(done, None)
        end = {"counts": contents.counts, "sha256": sha256.hexdigest()}
        await asyncio.to_thread(put, {"end": end})
    return contents


@contextmanager
def _in_time() -> Iterator[None]:
    try:
        yield
    except OperationFailure as error:
        if error.code not in _MOMENT_GONE:
            raise
        raise Unavailable(
            "backup_too_slow",
            "The database no longer knows the moment the backup is of; try again when it is quiet, "
            "or raise its minSnapshotHistoryWindowInSeconds.",
        ) from None


def check(path: Path) -> Contents:
    """Read the whole file. Raises InvalidInput `backup_unreadable`, `backup_damaged`."""
    sha256 = hashlib.sha256()
    contents: Contents | None = None
    wanted: Any = None
    for encoded in _frames(path):
        frame = _decoded(encoded)
        if contents is None:
            contents = Contents(_head(frame))
        elif wanted is not None:
            raise _damaged()
        elif "end" in frame:
            wanted = frame["end"]
            continue
        else:
            name = str(frame.get("collection"))
            contents.counts[name] = contents.counts.get(name, 0) + len(frame.get("rows", ()))
        sha256.update(encoded)
    if contents is None or wanted != {"counts": contents.counts, "sha256": sha256.hexdigest()}:
        raise _damaged()
    return contents


async def read(
    database: Database, path: Path, contents: Contents, progress: Progress = lambda *_: None
) -> None:
    """Fill an empty database from a file that was checked; on any failure it is empty again.

    Raises Conflict `database_not_empty`, Unavailable, StorageFull.
    """
    await require_empty(database)
    frames, done = _frames(path), 0
    try:
        while encoded := await asyncio.to_thread(next, frames, None):
            frame = bson.decode(encoded, codec_options=_RAW)
            if "rows" not in frame:
                continue
            rows = list(frame["rows"])
            with translated(database.fault):
                await _raw(database, frame["collection"]).insert_many(rows, ordered=False)
            done += len(rows)
            progress(done, contents.documents)
    except BaseException:
        await database.drop()
        raise


async def require_empty(database: Database) -> None:
    with translated(database.fault):
        for name in await _collections(database):
            if await database.handle[name].find_one({}, {"_id": 1}) is not None:
                raise Conflict(
                    "database_not_empty",
                    "Restore into an empty database: name another LATCHKEY_DATA_DIR or "
                    "LATCHKEY_DATABASE.",
                )


async def _collections(database: Database) -> list[str]:
    """All but what `indexes.ensure` makes anew."""
    names = await database.handle.list_collection_names()
    return sorted(name for name in names if name != META and not name.startswith("system."))


def _raw(database: Database, name: str) -> AsyncCollection[Document]:
    return database.handle.get_collection(name, codec_options=_RAW)


def _parts(batch: list[Any]) -> Iterator[list[Any]]:
    """The rows of a batch, in lists that fit into a frame."""
    part: list[Any] = []
    size = 0
    for row in batch:
        if part and size + len(row.raw) > _MOST_BYTES:
            yield part
            part, size = [], 0
        part.append(row)
        size += len(row.raw)
    yield part


def _frames(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path, "rb") as packed:
            while start := packed.read(4):
                size = int.from_bytes(start, "little")
                if not 5 <= size <= _FRAME_BYTES:
                    raise _damaged()
                rest = packed.read(size - 4)
                if len(rest) < size - 4:
                    raise _damaged()
                yield start + rest
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise _damaged() from None
    except OSError as error:
        raise InvalidInput(
            "backup_unreadable", f"{str(path)!r} cannot be read: {error.strerror}."
        ) from None


def _decoded(encoded: bytes) -> dict[str, Any]:
    try:
        return bson.decode(encoded)
    except BSONError:
        raise _damaged() from None


def _head(frame: Mapping[str, Any]) -> dict[str, Any]:
    head = frame.get("head")
    if not isinstance(head, dict):
        raise _damaged()
    if head.get("format") != FORMAT:
        raise InvalidInput(
            "backup_format_unknown", "Another version wrote this backup; restore it with that one."
        )
    return head


def _damaged() -> InvalidInput:
    return InvalidInput("backup_damaged", "This is no whole backup; take another file.")


@contextmanager
def _drafted(path: Path) -> Iterator[BinaryIO]:
    """A file beside `path`, which takes its place once the block is through."""
    if path.exists():
        raise Conflict("backup_exists", f"{str(path)!r} exists; name another file.")
    draft = path.with_name(path.name + ".part")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise Misconfigured(
            "backup_unwritable", f"{str(path)!r} cannot be written: {error.strerror}."
        ) from None
