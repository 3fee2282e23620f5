"""Every query of chunks, their head, the runs and the cache of vectors."""

import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from agent.ai.embeddings.checks import Vectors
from agent.chunks.models import Head, Run, RunStatus, Version
from agent.errors import Duplicate
from agent.mongo.repository import Collection, Repository
from agent.mongo.vectors import decoded, encoded

Row = dict[str, Any]
TOMBSTONE = -1
"""chunk_index of a source that was removed while a version was built."""


class ChunkStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    # -- the head

    async def head(self, tenant_id: str, corpus: str) -> Head | None:
        row = await self._heads(tenant_id).find_one({"corpus": corpus})
        return Head.model_validate(row) if row else None

    async def ensure(self, tenant_id: str, corpus: str) -> None:
        """Make the head where there is none; not in a transaction."""
        with contextlib.suppress(Duplicate):
            await self._heads(tenant_id).update(
                {"corpus": corpus}, {"$setOnInsert": {"seq": 0, "versions": 0}}, upsert=True
            )

    async def touch(self, tenant_id: str, corpus: str, *, removed: bool = False) -> Head:
        """Take the next seq; in a transaction this lets one writer through at a time."""
        row = await self._heads(tenant_id).find_and_update({"corpus": corpus}, {"$inc": {"seq": 1}})
        head = Head.model_validate(row)
        if removed:
            await self._heads(tenant_id).update(
                {"corpus": corpus}, {"$set": {"removed_seq": head.seq}}
            )
        return head

    async def point(
        self,
        tenant_id: str,
        corpus: str,
        *,
        active: Version | None,
        building: Version | None,
        versions: int,
    ) -> None:
        await self._heads(tenant_id).update(
            {"corpus": corpus},
            {
                "$set": {
                    "active": active.model_dump() if active else None,
                    "building": building.model_dump() if building else None,
                    "versions": versions,
                }
            },
        )

    # -- chunks

    async def insert(self, tenant_id: str, corpus: str, version: str, rows: Sequence[Row]) -> None:
        await self._chunks(tenant_id).insert_many(
            [{**row, "corpus": corpus, "embedding_version": version} for row in rows]
        )

    async def delete(
        self, tenant_id: str, corpus: str, version: str, source_ids: Iterable[str]
    ) -> None:
        await self._chunks(tenant_id).delete_many(
            {"corpus": corpus, "embedding_version": version, "source_id": {"$in": [*source_ids]}}
        )

    async def delete_unless(self, tenant_id: str, corpus: str, versions: Sequence[str]) -> int:
        """Delete what belongs to versions nobody reads or builds any more."""
        return await self._chunks(tenant_id).delete_many(
            {"corpus": corpus, "embedding_version": {"$nin": [*versions]}}
        )

    async def delete_unseen(self, tenant_id: str, corpus: str, version: str, run_id: str) -> None:
        """Delete tombstones, and what a run that was cut short built of sources now gone."""
        await self._chunks(tenant_id).delete_many(
            {
                "corpus": corpus,
                "embedding_version": version,
                "$or": [
                    {"chunk_index": TOMBSTONE},
                    {"origin": "build", "run_id": {"$ne": run_id}},
                ],
            }
        )

    async def mark_seen(
        self, tenant_id: str, corpus: str, version: str, source_ids: Iterable[str], run_id: str
    ) -> None:
        await self._chunks(tenant_id).update_many(
            {"corpus": corpus, "embedding_version": version, "source_id": {"$in": [*source_ids]}},
            {"$set": {"run_id": run_id}},
        )

    async def standing(
        self,
        tenant_id: str,
        corpus: str,
        version: str,
        source_ids: Iterable[str],
        *,
        vectors: bool = False,
    ) -> dict[str, Row]:
        """By source: `source_hash` and `origin` of its first chunk, and its vector if wanted."""
        vector = ("embedding", "embedding_model") if vectors else ()
        rows = await self._chunks(tenant_id).find(
            {
                "corpus": corpus,
                "embedding_version": version,
                "source_id": {"$in": [*source_ids]},
                "chunk_index": {"$lte": 0},
            },
            projection=("source_id", "source_hash", "origin", *vector),
        )
        return {row["source_id"]: row for row in rows}

    async def hashes(self, tenant_id: str, corpus: str, source_ids: Iterable[str]) -> set[str]:
        """The text hashes of all chunks of these sources, in any version."""
        found = await self._chunks(tenant_id).distinct(
            "text_hash", {"corpus": corpus, "source_id": {"$in": [*source_ids]}}
        )
        return set(found)

    async def count(self, tenant_id: str, corpus: str, version: str) -> int:
        return await self._chunks(tenant_id).count(
            {"corpus": corpus, "embedding_version": version, "chunk_index": {"$gte": 0}}
        )

    def after(
        self, tenant_id: str, corpus: str, version: str, seq: int, fields: Sequence[str]
    ) -> AsyncIterator[Row]:
        """Chunks written after `seq`, with these fields only."""
        return self._chunks(tenant_id).stream(
            {
                "corpus": corpus,
                "embedding_version": version,
                "seq": {"$gt": seq},
                "chunk_index": {"$gte": 0},
            },
            projection=("source_id", "chunk_index", "seq", *fields),
        )

    async def hydrated(
        self, tenant_id: str, corpus: str, version: str, keys: Sequence[tuple[str, int]]
    ) -> dict[tuple[str, int], Row]:
        """The chunks with these (source_id, chunk_index), without their vectors."""
        rows = await self._chunks(tenant_id).find(
            {
                "corpus": corpus,
                "embedding_version": version,
                "source_id": {"$in": sorted({key[0] for key in keys})},
                "chunk_index": {"$in": sorted({key[1] for key in keys})},
            },
            projection=("source_id", "chunk_index", "seq", "text", "meta"),
        )
        return {(row["source_id"], row["chunk_index"]): row for row in rows}

    async def nearest(
        self,
        tenant_id: str,
        corpus: str,
        version: str,
        search: Mapping[str, Any],
        where: Mapping[str, Any],
    ) -> list[Row]:
        """Atlas: keys and `vector_score` of what a `$vectorSearch` finds."""
        return await self._chunks(tenant_id).nearest(
            {**search, "queryVector": encoded(search["queryVector"])},
            {"corpus": corpus, "embedding_version": version, **where},
            ("source_id", "chunk_index", "seq"),
        )

    # -- runs

    async def start_run(self, tenant_id: str, run: Run) -> None:
        """Insert the row; runs of its kind that never ended have been interrupted."""
        await self._runs(tenant_id).update_many(
            {"corpus": run.corpus, "kind": run.kind, "status": RunStatus.RUNNING},
            {"$set": {"status": RunStatus.FAILED, "error": "interrupted"}},
        )
        await self._runs(tenant_id).insert(run.model_dump())

    async def finish_run(self, tenant_id: str, run_id: str, fields: dict[str, Any]) -> None:
        await self._runs(tenant_id).update({"run_id": run_id}, {"$set": fields})

    async def activate(self, tenant_id: str, corpus: str, version: str) -> None:
        runs = self._runs(tenant_id)
        await runs.update_many({"corpus": corpus, "active": True}, {"$set": {"active": False}})
        await runs.update_many(
            {"corpus": corpus, "embedding_version": version}, {"$set": {"active": True}}
        )

    async def run(self, tenant_id: str, run_id: str) -> Run | None:
        row = await self._runs(tenant_id).find_one({"run_id": run_id})
        return Run.model_validate(row) if row else None

    async def runs(self, tenant_id: str, corpus: str | None = None) -> list[Run]:
        """Newest first."""
        rows = await self._runs(tenant_id).find(
            {"corpus": corpus} if corpus else {}, sort=[("started_at", -1), ("run_id", 1)]
        )
        return [Run.model_validate(row) for row in rows]

    # -- the cache

    async def cached(self, tenant_id: str, model: str, hashes: Iterable[str]) -> dict[str, Vectors]:
        rows = await self._cache(tenant_id).find({"model": model, "text_hash": {"$in": [*hashes]}})
        return {row["text_hash"]: decoded(row["embedding"]) for row in rows}

    async def cache(
        self, tenant_id: str, model: str, vectors: dict[str, Vectors], now: datetime
    ) -> None:
        await self._cache(tenant_id).bulk_upsert(
            ("model", "text_hash"),
            [
                {"model": model, "text_hash": name, "embedding": encoded(vector), "at": now}
                for name, vector in vectors.items()
            ],
        )

    async def forget(self, tenant_id: str, hashes: Iterable[str]) -> None:
        await self._cache(tenant_id).delete_many({"text_hash": {"$in": [*hashes]}})

    def _heads(self, tenant_id: str) -> Collection:
        return self._repository.scoped("chunk_heads", tenant_id)

    def _chunks(self, tenant_id: str) -> Collection:
        return self._repository.scoped("chunks", tenant_id)

    def _runs(self, tenant_id: str) -> Collection:
        return self._repository.scoped("embedding_manifest", tenant_id)

    def _cache(self, tenant_id: str) -> Collection:
        return self._repository.scoped("embedding_cache", tenant_id)
