"""The ends of the chains, written down in a second place: a file that only grows."""

import asyncio
import json
import os
from datetime import datetime
from pathlib import Path

from agent.audit.models import Head
from agent.errors import Misconfigured


class Anchors:
    """One line an end; ends of other databases in the same directory stay out."""

    def __init__(self, path: Path, database: str) -> None:
        self._path = path
        self._database = database

    async def add(self, tenant_id: str, head: Head, at: datetime) -> None:
        """Raises Misconfigured `data_dir_unwritable`."""
        line = {
            "database": self._database,
            "tenant": tenant_id,
            "at": at.isoformat(),
            **head.model_dump(),
        }
        await asyncio.to_thread(self._append, json.dumps(line).encode() + b"\n")

    async def of(self, tenant_id: str) -> list[Head]:
        """What was written down of a tenant, the oldest first; a torn line is passed by."""
        return [head for owner, head in await asyncio.to_thread(self._read) if owner == tenant_id]

    async def tenants(self) -> set[str]:
        return {owner for owner, _ in await asyncio.to_thread(self._read)}

    def _append(self, line: bytes) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                size = os.fstat(file).st_size
                torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
                os.write(file, b"\n" * torn + line)
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            raise Misconfigured(
                "data_dir_unwritable",
                f"{self._path.name!r} cannot be written ({error.strerror}); set LATCHKEY_DATA_DIR.",
            ) from None

    def _read(self) -> list[tuple[str, Head]]:
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        found = []
        for line in lines:
            try:
                row = json.loads(line)
                if row["database"] == self._database:
                    found.append((str(row["tenant"]), Head.model_validate(row)))
            except (ValueError, KeyError, TypeError):
                continue
        return found
