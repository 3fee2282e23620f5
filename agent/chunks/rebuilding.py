"""A new version of a corpus beside the one that is searched, then the switch to it."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from agent.ai.embeddings import cost
from agent.chunks.corpora import Corpus
from agent.chunks.models import Head, Run, RunStatus, Source, Version
from agent.chunks.store import ChunkStore
from agent.chunks.versions import Versions, version_of
from agent.chunks.writing import BATCH, Writer, Written, source_hash
from agent.errors import Conflict, LatchkeyError
from agent.kit.clock import Clock
from agent.kit.failpoints import Failpoints
from agent.kit.ids import new_id
from agent.mongo.repository import Repository

Progress = Callable[[int, int | None], Awaitable[None]]
"""(sources done, of how many; None: unknown)"""


class Rebuilder:
    """Builds, and may be interrupted anywhere: the next run goes on where the last one ended.

    The newest run owns the version that is built; an older one stops at its next batch.
    """

    def __init__(
        self,
        repository: Repository,
        store: ChunkStore,
        versions: Versions,
        writer: Writer,
        clock: Clock,
        failpoints: Failpoints,
    ) -> None:
        self._repository = repository
        self._store = store
        self._versions = versions
        self._writer = writer
        self._clock = clock
        self._failpoints = failpoints

    async def run(
        self,
        tenant_id: str,
        corpus: Corpus,
        sources: AsyncIterator[Source],
        progress: Progress,
        *,
        total: int | None = None,
    ) -> Run:
        begun = time.monotonic()
        run = await self._versions.new_run(corpus, "rebuild", new_id("run"))
        head = await self._begin(tenant_id, corpus, run)
        await self._store.delete_unless(
            tenant_id, corpus.name, [version.embedding_version for version in head.live()]
        )
        assert head.building is not None
        written = Written()
        try:
            async for batch in in_batches(sources):
                written.add(await self._build(tenant_id, corpus, head.building, batch))
                await progress(written.sources, total)
            await self._switch(tenant_id, corpus, head.building)
        except Exception as error:
            await self.finish(tenant_id, run, written, begun, error=reason(error))
            raise
        done = await self.finish(tenant_id, run, written, begun)
        await self._store.delete_unless(tenant_id, corpus.name, [run.embedding_version])
        return done

    async def _begin(self, tenant_id: str, corpus: Corpus, run: Run) -> Head:
        """Own the version that is being built, or begin one."""
        await self._store.ensure(tenant_id, corpus.name)

        async def work() -> Head:
            head = await self._store.touch(tenant_id, corpus.name)
            building, versions = head.building, head.versions
            if building is not None and _same(building, run):
                building = building.model_copy(update={"run_id": run.run_id})
            else:
                building, versions = version_of(run, head), versions + 1
            run.embedding_version = building.embedding_version
            await self._store.point(
                tenant_id, corpus.name, active=head.active, building=building, versions=versions
            )
            await self._store.start_run(tenant_id, run)
            return head.model_copy(update={"building": building, "versions": versions})

        return await self._repository.transact(work)

    async def _build(
        self, tenant_id: str, corpus: Corpus, version: Version, sources: Sequence[Source]
    ) -> Written:
        """Write what is not there; what was put or removed meanwhile is newer and stays."""
        name = version.embedding_version
        ids = [source.source_id for source in sources]
        stand = await self._store.standing(tenant_id, corpus.name, name, ids)
        wanted = [
            source
            for source in sources
            if (row := stand.get(source.source_id)) is None
            or (row["origin"] == "build" and row["source_hash"] != source_hash(source))
        ]
        rows, done = await self._writer.rows(tenant_id, corpus, version, wanted)
        wanted_ids = {source.source_id for source in wanted}

        async def work() -> None:
            head = await self._store.touch(tenant_id, corpus.name)
            self._owned(corpus, head, version)
            put = {
                source_id
                for source_id, row in (
                    await self._store.standing(tenant_id, corpus.name, name, ids)
                ).items()
                if row["origin"] == "put"
            }
            await self._store.delete(tenant_id, corpus.name, name, wanted_ids - put)
            await self._store.insert(
                tenant_id,
                corpus.name,
                name,
                [
                    {**row, "seq": head.seq, "origin": "build", "run_id": version.run_id}
                    for row in rows
                    if row["source_id"] not in put
                ],
            )
            kept = [source_id for source_id in ids if source_id not in wanted_ids | put]
            await self._store.mark_seen(tenant_id, corpus.name, name, kept, version.run_id)

        await self._repository.transact(work)
        self._failpoints.reach("embedding_batch")
        return Written(
            sources=len(sources),
            skipped=len(sources) - len(wanted),
            chunks=len(rows),
            cached=done.cached,
            tokens=done.tokens,
        )

    async def _switch(self, tenant_id: str, corpus: Corpus, version: Version) -> None:
        await self._store.delete_unseen(
            tenant_id, corpus.name, version.embedding_version, version.run_id
        )

        async def work() -> None:
            head = await self._store.touch(tenant_id, corpus.name)
            self._owned(corpus, head, version)
            await self._store.point(
                tenant_id, corpus.name, active=version, building=None, versions=head.versions
            )
            await self._store.activate(tenant_id, corpus.name, version.embedding_version)

        await self._repository.transact(work)

    async def finish(
        self, tenant_id: str, run: Run, total: Written, begun: float, *, error: str | None = None
    ) -> Run:
        """Write into the manifest what became of a run, and return its row."""
        fields: dict[str, Any] = {
            "status": RunStatus.FAILED if error else RunStatus.DONE,
            "error": error,
            "sources": total.sources,
            "skipped": total.skipped,
            "chunks": total.chunks,
            "cached": total.cached,
            "tokens": total.tokens,
            "cost": cost(run.model, total.tokens),
            "seconds": round(time.monotonic() - begun, 3),
            "finished_at": self._clock.now(),
        }
        await self._store.finish_run(tenant_id, run.run_id, fields)
        return (await self._store.run(tenant_id, run.run_id)) or run

    def _owned(self, corpus: Corpus, head: Head, version: Version) -> None:
        if head.building != version:
            raise Conflict(
                "embedding_run_superseded",
                f"Another run has begun to rebuild {corpus.name} and goes on with it.",
            )


async def in_batches(sources: AsyncIterator[Source]) -> AsyncIterator[list[Source]]:
    """In batches without two of one id; of those the last stands."""
    batch: dict[str, Source] = {}
    async for source in sources:
        batch[source.source_id] = source
        if len(batch) == BATCH:
            yield [*batch.values()]
            batch = {}
    if batch:
        yield [*batch.values()]


def reason(error: Exception) -> str:
    """Why a run has failed, as a code."""
    return error.code if isinstance(error, LatchkeyError) else type(error).__name__


def _same(building: Version, run: Run) -> bool:
    return (building.model, building.dimensions, building.strategy) == (
        run.model,
        run.dimensions,
        run.strategy,
    )
