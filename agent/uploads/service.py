import asyncio
import contextlib
import errno
import hashlib
import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

from agent.errors import Duplicate, Gone, InvalidInput, StorageFull, TooLarge
from agent.kit.clock import Clock
from agent.kit.ids import new_id
from agent.uploads.copies import Copy, sweep
from agent.uploads.models import Upload
from agent.uploads.store import UploadStore

MB = 1024 * 1024
CHUNK = MB
KEPT = timedelta(hours=24)
GRACE = timedelta(hours=1)
"""Chunks outlive their upload's row by this, so that a row never misses any."""

_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class UploadService:
    """Files on their way to a job: in the database, because servers and workers share no disk."""

    def __init__(self, store: UploadStore, clock: Clock, home: Path) -> None:
        """`home` is a folder on a local disk, for copies while they are read."""
        self._store = store
        self._clock = clock
        self._home = home

    async def save(
        self,
        tenant_id: str,
        name: str,
        data: AsyncIterator[bytes],
        *,
        purpose: str = "",
        limit: int = 50 * MB,
    ) -> str:
        """Keep a file for a day, at most a chunk of it in memory; its upload_id.

        The same bytes that wait for the same `purpose` already are kept once. Whatever `data`
        raises leaves nothing. Raises TooLarge `upload_too_large`, InvalidInput `upload_empty`.
        """
        upload_id = new_id("upl")
        now = self._clock.now()
        try:
            size, sha256 = await self._keep(tenant_id, upload_id, data, limit)
            if size == 0:
                raise InvalidInput("upload_empty", "The file is empty.")
            upload = Upload(
                upload_id=upload_id,
                purpose=purpose,
                name=name,
                size=size,
                sha256=sha256,
                created_at=now,
                expires_at=now + KEPT,
            )
            await self._store.insert(tenant_id, upload)
        except Duplicate:
            await self._store.delete(tenant_id, upload_id)
            known = await self._store.same(tenant_id, purpose, sha256)
            if known is None:
                raise
            return known.upload_id
        except BaseException:
            await self._store.delete(tenant_id, upload_id)
            raise
        return upload_id

    @contextlib.asynccontextmanager
    async def open(self, tenant_id: str, upload_id: str) -> AsyncIterator[Path]:
        """The file on the local disk as long as the block lasts, with its suffix.

        Raises Gone `upload_expired`, StorageFull `disk_full`.
        """
        upload = await self._store.get(tenant_id, upload_id)
        if upload is None:
            raise _expired()
        suffix = _SUFFIX.fullmatch(Path(upload.name).suffix.lower())
        with _full_disk_told():
            copy = await asyncio.to_thread(
                Copy, self._home, f"upload{suffix.group() if suffix else ''}"
            )
        try:
            await self._fetch(tenant_id, upload, copy.path)
            yield copy.path
        finally:
            copy.close()

    async def sweep(self) -> None:
        """Remove the copies that killed processes of this machine left."""
        await asyncio.to_thread(sweep, self._home)

    async def delete(self, tenant_id: str, upload_id: str) -> None:
        await self._store.delete(tenant_id, upload_id)

    async def _keep(
        self, tenant_id: str, upload_id: str, data: AsyncIterator[bytes], limit: int
    ) -> tuple[int, str]:
        digest = hashlib.sha256()
        expires_at = self._clock.now() + KEPT + GRACE
        size = index = 0
        waiting = bytearray()
        async for piece in data:
            size += len(piece)
            if size > limit:
                raise TooLarge("upload_too_large", f"Send a file of at most {limit // MB} MB.")
            digest.update(piece)
            waiting += piece
            while len(waiting) >= CHUNK:
                chunk = bytes(waiting[:CHUNK])
                del waiting[:CHUNK]
                await self._store.put_chunk(tenant_id, upload_id, index, chunk, expires_at)
                index += 1
        if waiting:
            await self._store.put_chunk(tenant_id, upload_id, index, bytes(waiting), expires_at)
        return size, digest.hexdigest()

    async def _fetch(self, tenant_id: str, upload: Upload, path: Path) -> None:
        digest = hashlib.sha256()
        with _full_disk_told(), path.open("wb") as file:
            async for chunk in self._store.chunks(tenant_id, upload.upload_id):
                digest.update(chunk)
                await asyncio.to_thread(file.write, chunk)
        if digest.hexdigest() != upload.sha256:
            raise _expired()


@contextlib.contextmanager
def _full_disk_told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise StorageFull(
            "disk_full", "The disk of the data directory is full; free some space."
        ) from None


def _expired() -> Gone:
    return Gone("upload_expired", "The file is no longer kept; send it again.")
