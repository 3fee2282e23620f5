"""Sources into every live version of a corpus, and out of them."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from agent.ai.chunking import chunks
from agent.ai.embeddings import Embedders
from agent.chunks.corpora import Corpus
from agent.chunks.models import Head, Source, Version
from agent.chunks.store import TOMBSTONE, ChunkStore, Row
from agent.chunks.vectorizing import Vectorized, text_hash, vectorized
from agent.chunks.versions import Versions
from agent.errors import Conflict
from agent.kit.clock import Clock
from agent.mongo.repository import Repository
from agent.mongo.vectors import encoded

BATCH = 256
"""Sources written together."""
_ATTEMPTS = 8


@dataclass(slots=True)
class Written:
    sources: int = 0
    skipped: int = 0
    chunks: int = 0
    cached: int = 0
    tokens: int = 0

    def add(self, other: "Written") -> None:
        self.sources += other.sources
        self.skipped += other.skipped
        self.chunks += other.chunks
        self.cached += other.cached
        self.tokens += other.tokens


class _Moved(Exception):
    """The versions are others than those the vectors were made for."""


class Writer:
    def __init__(
        self,
        repository: Repository,
        store: ChunkStore,
        versions: Versions,
        embedders: Embedders,
        clock: Clock,
    ) -> None:
        self._repository = repository
        self._versions = versions
        self._store = store
        self._embedders = embedders
        self._clock = clock

    async def put(self, tenant_id: str, corpus: Corpus, sources: Sequence[Source]) -> Written:
        """Write at most BATCH sources in place of what stood under their ids."""
        for _ in range(_ATTEMPTS):
            head = await self._versions.opened(tenant_id, corpus)
            try:
                return await self._put(tenant_id, corpus, sources, head)
            except _Moved:
                continue
        raise _moving(corpus)

    async def remove(self, tenant_id: str, corpus: Corpus, source_ids: Sequence[str]) -> None:
        """Take sources out of every version, and their texts out of the cache."""
        head = await self._store.head(tenant_id, corpus.name)
        if head is None or not source_ids:
            return
        hashes = await self._store.hashes(tenant_id, corpus.name, source_ids)

        async def work() -> None:
            now = await self._store.touch(tenant_id, corpus.name, removed=True)
            for version in now.live():
                await self._store.delete(
                    tenant_id, corpus.name, version.embedding_version, source_ids
                )
            await self._bury(tenant_id, corpus, now, source_ids)

        await self._repository.transact(work)
        await self._store.forget(tenant_id, hashes)

    async def rows(
        self, tenant_id: str, corpus: Corpus, version: Version, sources: Sequence[Source]
    ) -> tuple[list[Row], Vectorized]:
        """The chunks of `sources` as rows of `version`, which carry no seq yet."""
        cut = [(source, i, text) for source in sources for i, text in enumerate(pieces(source))]
        done = await vectorized(
            self._store,
            self._clock,
            tenant_id,
            self._embedders.of(version.model),
            [corpus.embedded(text, source.meta) for source, _, text in cut],
            dimensions=version.dimensions,
        )
        rows = [
            {
                "source_id": source.source_id,
                "chunk_index": index,
                "text": text,
                "text_hash": text_hash(corpus.embedded(text, source.meta)),
                "embedding": encoded(vector),
                "embedding_model": version.model,
                "meta": dict(source.meta),
                "source_hash": source_hash(source),
            }
            for (source, index, text), vector in zip(cut, done.vectors, strict=True)
        ]
        return rows, done

    async def _put(
        self, tenant_id: str, corpus: Corpus, sources: Sequence[Source], head: Head
    ) -> Written:
        written = Written(sources=len(sources))
        plan: list[tuple[Version, list[Source], list[Row]]] = []
        for version in head.live():
            fresh = await self._fresh(tenant_id, corpus, version, sources, head)
            rows, done = await self.rows(tenant_id, corpus, version, fresh)
            plan.append((version, fresh, rows))
            if version == head.active:
                written.skipped += len(sources) - len(fresh)
                written.chunks += len(rows)
                written.cached += done.cached
            written.tokens += done.tokens
        if not any(fresh for _, fresh, _ in plan):
            return written
        empty = [source.source_id for source in sources if not pieces(source)]

        async def work() -> None:
            now = await self._store.touch(tenant_id, corpus.name, removed=bool(empty))
            if now.live() != head.live():
                raise _Moved
            for version, fresh, rows in plan:
                name = version.embedding_version
                await self._store.delete(
                    tenant_id, corpus.name, name, [source.source_id for source in fresh]
                )
                await self._store.insert(
                    tenant_id,
                    corpus.name,
                    name,
                    [{**row, "seq": now.seq, "origin": "put"} for row in rows],
                )
            await self._bury(tenant_id, corpus, now, empty)

        await self._repository.transact(work)
        return written

    async def _fresh(
        self,
        tenant_id: str,
        corpus: Corpus,
        version: Version,
        sources: Sequence[Source],
        head: Head,
    ) -> list[Source]:
        """Those that do not stand there yet as they are."""
        stand = await self._store.standing(
            tenant_id, corpus.name, version.embedding_version, [s.source_id for s in sources]
        )
        return [
            source
            for source in sources
            if (row := stand.get(source.source_id)) is None
            or row.get("source_hash") != source_hash(source)
            or (version == head.building and row["origin"] != "put")
        ]

    async def _bury(
        self, tenant_id: str, corpus: Corpus, head: Head, source_ids: Sequence[str]
    ) -> None:
        """Keep a rebuild, which may have read them before, from bringing them back."""
        if head.building is None:
            return
        await self._store.insert(
            tenant_id,
            corpus.name,
            head.building.embedding_version,
            [
                {
                    "source_id": source_id,
                    "chunk_index": TOMBSTONE,
                    "origin": "put",
                    "seq": head.seq,
                }
                for source_id in dict.fromkeys(source_ids)
            ],
        )


def pieces(source: Source) -> list[str]:
    return chunks(source.text)


def source_hash(source: Source) -> str:
    """Changes when the text or the meta of a source does."""
    whole = [source.text, {key: source.meta[key] for key in sorted(source.meta)}]
    return hashlib.sha256(json.dumps(whole, default=str).encode()).hexdigest()


def batched(sources: Iterable[Source]) -> Iterator[list[Source]]:
    """In batches without two of one id; of those the last stands."""
    batch: dict[str, Source] = {}
    for source in sources:
        batch[source.source_id] = source
        if len(batch) == BATCH:
            yield list(batch.values())
            batch = {}
    if batch:
        yield list(batch.values())


def _moving(corpus: Corpus) -> Conflict:
    return Conflict(
        "embedding_version_moving",
        f"The versions of {corpus.name} change all the time; try again.",
    )
