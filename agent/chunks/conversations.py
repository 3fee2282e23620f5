"""Messages into the search: those that lack a vector of the active version, or all anew."""

import contextlib
import time
from collections.abc import AsyncIterator

from agent.ai.embeddings import Embedders
from agent.chunks.corpora import CORPORA
from agent.chunks.models import Run, Source
from agent.chunks.rebuilding import Progress, Rebuilder
from agent.chunks.store import ChunkStore
from agent.chunks.transcripts import CORPUS, Transcripts
from agent.chunks.writing import Writer, Written
from agent.errors import Conflict, LatchkeyError
from agent.kit.failpoints import Failpoints
from agent.kit.ids import new_id

_CORPUS = CORPORA[CORPUS]


class Conversations:
    def __init__(
        self,
        store: ChunkStore,
        writer: Writer,
        rebuilder: Rebuilder,
        transcripts: Transcripts,
        embedders: Embedders,
        failpoints: Failpoints,
    ) -> None:
        self._store = store
        self._writer = writer
        self._rebuilder = rebuilder
        self._transcripts = transcripts
        self._embedders = embedders
        self._failpoints = failpoints

    async def update(self, tenant_id: str, progress: Progress) -> Run:
        """Embed what lacks a vector; stopped anywhere, the next run does the rest.

        Raises Conflict when the settings name another model than the active version's.
        """
        head = await self._writer.opened(tenant_id, _CORPUS)
        assert head.active is not None
        if head.active.model != self._embedders.current.model:
            raise Conflict(
                "embedding_model_changed",
                f"The conversations are embedded by {head.active.model}, the settings name "
                f"{self._embedders.current.model}; run `latchkey embed --rebuild`.",
            )
        begun, total = time.monotonic(), Written()
        run = await self._writer.new_run(_CORPUS, "update", new_id("run"))
        run.embedding_version, run.active = head.active.embedding_version, True
        await self._store.start_run(tenant_id, run)
        try:
            await self._catch_up(tenant_id, head.active.embedding_version, total, progress)
        except LatchkeyError as error:
            await self._rebuilder.finish(tenant_id, run, total, begun, error=error.code)
            raise
        return await self._rebuilder.finish(tenant_id, run, total, begun)

    async def rebuild(self, tenant_id: str, progress: Progress) -> Run:
        """Embed every message anew, switch, then copy the vectors to the messages."""
        count = await self._transcripts.count(tenant_id)
        run = await self._rebuilder.run(
            tenant_id, _CORPUS, self._all(tenant_id), progress, total=count
        )
        await self._catch_up(tenant_id, run.embedding_version, Written(), progress)
        return run

    async def _all(self, tenant_id: str) -> AsyncIterator[Source]:
        async with contextlib.aclosing(self._transcripts.sources(tenant_id)) as batches:
            async for batch in batches:
                for source in batch:
                    yield source

    async def _catch_up(
        self, tenant_id: str, version: str, total: Written, progress: Progress
    ) -> None:
        wanted = await self._transcripts.count(tenant_id, lacking=version)
        lacking = self._transcripts.sources(tenant_id, lacking=version)
        async with contextlib.aclosing(lacking) as batches:
            async for batch in batches:
                total.add(await self._writer.put(tenant_id, _CORPUS, batch))
                await self._transcripts.mirror(tenant_id, version, batch)
                self._failpoints.reach("embedding_batch")
                await progress(total.sources, wanted)
