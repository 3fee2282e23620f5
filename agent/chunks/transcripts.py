"""Messages as sources, and the copy of their vectors on their own rows."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from agent.chunks.models import Source, turn_id
from agent.chunks.store import ChunkStore
from agent.chunks.writing import pieces
from agent.mongo.repository import Collection, Repository
from agent.threads.models import Role

CORPUS = "conversations"
SPOKEN = (Role.LEAD, Role.AGENT, Role.STAFF)
_BATCH = 256
_FIELDS = ("thread_id", "turn_index", "role", "text", "stage", "timestamp")


class Transcripts:
    """What people and agents said; the texts are redacted where they are written."""

    def __init__(self, repository: Repository, store: ChunkStore) -> None:
        self._repository = repository
        self._store = store

    async def count(self, tenant_id: str, *, lacking: str | None = None) -> int:
        return await self._messages(tenant_id).count(_wanted(lacking))

    async def sources(
        self, tenant_id: str, *, lacking: str | None = None
    ) -> AsyncIterator[list[Source]]:
        """All messages in batches, or those whose vector is not of the version `lacking`."""
        rows: list[Mapping[str, Any]] = []
        async for row in self._messages(tenant_id).stream(_wanted(lacking), projection=_FIELDS):
            rows.append(row)
            if len(rows) == _BATCH:
                yield await self._read(tenant_id, rows)
                rows = []
        if rows:
            yield await self._read(tenant_id, rows)

    async def mirror(self, tenant_id: str, version: str, sources: Sequence[Source]) -> None:
        """Copy the first vector of each source to its message.

        What is not in the search yet stays without, and is found lacking the next time.
        """
        ids = [source.source_id for source in sources]
        found = await self._store.standing(tenant_id, CORPUS, version, ids, vectors=True)
        await self._messages(tenant_id).bulk_update(
            ("thread_id", "turn_index"),
            [
                _copy(source, version, found.get(source.source_id, {}))
                for source in sources
                if source.source_id in found or not pieces(source)
            ],
        )

    async def _read(self, tenant_id: str, rows: Sequence[Mapping[str, Any]]) -> list[Source]:
        threads = await self._repository.scoped("threads", tenant_id).find(
            {"thread_id": {"$in": sorted({row["thread_id"] for row in rows})}},
            projection=("thread_id", "community_id"),
        )
        communities = {row["thread_id"]: row.get("community_id") for row in threads}
        return [
            Source(
                turn_id(row["thread_id"], row["turn_index"]),
                row["text"],
                {
                    "thread_id": row["thread_id"],
                    "turn_index": row["turn_index"],
                    "role": row["role"],
                    "stage": row.get("stage"),
                    "timestamp": row.get("timestamp"),
                    "community_id": communities.get(row["thread_id"]),
                },
            )
            for row in rows
        ]

    def _messages(self, tenant_id: str) -> Collection:
        return self._repository.scoped("messages", tenant_id)


def _copy(source: Source, version: str, chunk: Mapping[str, Any]) -> dict[str, Any]:
    """What a message gets; the version alone where it says nothing to embed."""
    fields = ("embedding", "embedding_model")
    return {
        "thread_id": source.meta["thread_id"],
        "turn_index": source.meta["turn_index"],
        "embedding_version": version,
        **{field: chunk[field] for field in fields if field in chunk},
    }


def _wanted(lacking: str | None) -> dict[str, Any]:
    spoken: dict[str, Any] = {"role": {"$in": [*SPOKEN]}}
    return spoken if lacking is None else {**spoken, "embedding_version": {"$ne": lacking}}
