"""A tenant's data as files: as it is stored, so without contact data, and without any secret."""

import asyncio
import base64
import errno
import hashlib
import json
import os
from collections.abc import AsyncIterator, Callable
from datetime import date, datetime
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from agent.errors import InvalidInput, Misconfigured, StorageFull
from agent.mongo.repository import Repository

EXPORTED = (
    "tenants",
    "communities",
    "listings",
    "leads",
    "consents",
    "threads",
    "messages",
    "tours",
    "applications",
    "approvals",
    "outbox",
    "recorded",
    "events",
    "knowledge",
    "knowledge_versions",
    "tickets",
    "datasets",
    "models",
    "deployments",
    "prompts",
    "jobs",
    "erasures",
    "audit",
)
WITHHELD = {
    "vault": "contact data; `latchkey reveal` shows one person's, audited",
    "raw_messages": "the messages are the same, cleaned",
    "keys": "hashes of credentials",
    "users": "hashes of passwords",
    "sessions": "hashes of tokens",
    "identity_secrets": "secrets",
    "inbound_sources": "secrets",
    "subscriptions": "secrets",
    "audit_heads": "seals of this database",
    "checkpoints": "what the graphs remember; the messages tell it",
    "checkpoint_writes": "with the checkpoints",
    "chunks": "made of messages and knowledge; `latchkey embed` makes them again",
    "chunk_heads": "with the chunks",
    "embedding_cache": "with the chunks",
    "embedding_manifest": "with the chunks",
    "dataset_builds": "under way",
    "dataset_chunks": "`latchkey dataset build` makes them again",
    "model_artefacts": "`latchkey train` makes them again",
    "uploads": "under way",
    "upload_chunks": "under way",
    "idempotency": "of a day",
    "rate_windows": "of a day",
    "tour_links": "of a day",
    "chats": "of a day",
    "inbound_receipts": "of a day",
    "inbound_marks": "of this database",
    "positions": "of this database",
    "counters": "of this database",
    "inventory_versions": "of this database",
}
_INSIDE: dict[str, dict[str, int]] = {"threads": {"graph": 0, "unfiled": 0}}
"""Fields that are withheld: what the graph remembers, and what the messages and events tell."""
_BATCH = 500

Progress = Callable[[int, int | None], None]


class ExportedFile(BaseModel):
    name: str
    collection: str
    rows: int
    bytes: int
    sha256: str


class Manifest(BaseModel):
    """What an export holds, `manifest.json` beside the files."""

    tenant_id: str
    at: datetime
    """When it began: what was written later may be in it."""
    files: list[ExportedFile]


async def export(
    repository: Repository, tenant_id: str, folder: Path, now: datetime, progress: Progress
) -> Manifest:
    """Write a JSON Lines file a collection, and the manifest last: without it nothing is complete.

    Raises InvalidInput `export_dir_used`, Misconfigured `export_dir_unwritable`, StorageFull.
    """
    try:
        await asyncio.to_thread(_prepare, folder)
        total = sum([await repository.scoped(name, tenant_id).count({}) for name in EXPORTED])
        files, done = [], count(1)
        progress(0, total)
        for name in EXPORTED:
            rows = repository.scoped(name, tenant_id).stream({}, projection=_INSIDE.get(name))
            told = _told(rows, lambda: progress(next(done), total))
            files.append(await _write(folder, name, told))
        manifest = Manifest(tenant_id=tenant_id, at=now, files=files)
        content = manifest.model_dump_json(indent=2).encode()
        await asyncio.to_thread(_new(folder / "manifest.json"), content)
    except OSError as error:
        raise _unwritable(folder, error) from None
    return manifest


async def _told(rows: AsyncIterator[Any], tell: Callable[[], None]) -> AsyncIterator[Any]:
    async for row in rows:
        yield row
        tell()


async def _write(folder: Path, name: str, rows: AsyncIterator[Any]) -> ExportedFile:
    path = folder / f"{name}.jsonl"
    append, digest, number, size = _new(path), hashlib.sha256(), 0, 0
    lines: list[bytes] = []

    async def flush() -> None:
        nonlocal size
        content = b"".join(lines)
        lines.clear()
        digest.update(content)
        size += len(content)
        await asyncio.to_thread(append, content)

    async for row in rows:
        lines.append(_line(row))
        number += 1
        if len(lines) == _BATCH:
            await flush()
    await flush()
    return ExportedFile(
        name=path.name, collection=name, rows=number, bytes=size, sha256=digest.hexdigest()
    )


def _new(path: Path) -> Callable[[bytes], None]:
    """Appends to a file of its own that only we may read."""

    def append(content: bytes) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)

    return append


def _line(row: dict[str, Any]) -> bytes:
    return json.dumps(row, default=_plain, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value)


def _prepare(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise InvalidInput("export_dir_used", f"{folder.name!r} is not empty; name a new folder.")


def _unwritable(folder: Path, error: OSError) -> Misconfigured | StorageFull:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull("disk_full", "The disk of the folder is full; free some space.")
    return Misconfigured(
        "export_dir_unwritable", f"{folder.name!r} cannot be written ({error.strerror})."
    )
