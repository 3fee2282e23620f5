import hashlib
from dataclasses import dataclass, field

from agent.training.datasets.store import DatasetStore
from agent.training.models import KeptFile

CHUNK = 1024 * 1024


@dataclass(slots=True)
class _Open:
    waiting: bytearray = field(default_factory=bytearray)
    threads: set[str] = field(default_factory=set)
    chunks: int = 0
    lines: int = 0
    size: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)


class Writing:
    """The files of a dataset while they are made; at most a chunk of each is in memory."""

    def __init__(self, store: DatasetStore, tenant_id: str, build: str) -> None:
        self._store = store
        self._tenant_id = tenant_id
        self._build = build
        self._files: dict[str, _Open] = {}

    async def add(self, file: str, thread: str, line: bytes) -> None:
        """Append a line that was made from `thread`."""
        target = self._files.setdefault(file, _Open())
        target.waiting += line
        target.threads.add(thread)
        target.lines += 1
        target.size += len(line)
        target.digest.update(line)
        if len(target.waiting) >= CHUNK:
            await self._flush(file, target)

    async def close(self) -> dict[str, KeptFile]:
        for file, target in self._files.items():
            if target.waiting:
                await self._flush(file, target)
        return {
            file: KeptFile(lines=each.lines, size=each.size, sha256=each.digest.hexdigest())
            for file, each in sorted(self._files.items())
        }

    async def _flush(self, file: str, target: _Open) -> None:
        await self._store.put_chunk(
            self._tenant_id,
            self._build,
            file,
            target.chunks,
            bytes(target.waiting),
            target.threads,
        )
        target.chunks += 1
        target.waiting.clear()
        target.threads = set()
