"""Sources into the active version, as a run of its own in the manifest."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from agent.ai.embeddings import Embedders
from agent.chunks.corpora import Corpus
from agent.chunks.models import Run, Source
from agent.chunks.rebuilding import Progress, Rebuilder, reason
from agent.chunks.store import ChunkStore
from agent.chunks.versions import Versions
from agent.chunks.writing import Writer, Written
from agent.errors import Conflict
from agent.kit.failpoints import Failpoints
from agent.kit.ids import new_id

After = Callable[[str, Sequence[Source]], Awaitable[None]]
"""(version, the sources of a batch that has been written)"""


class Updater:
    def __init__(
        self,
        store: ChunkStore,
        versions: Versions,
        writer: Writer,
        rebuilder: Rebuilder,
        embedders: Embedders,
        failpoints: Failpoints,
    ) -> None:
        self._store = store
        self._versions = versions
        self._writer = writer
        self._rebuilder = rebuilder
        self._embedders = embedders
        self._failpoints = failpoints

    async def version(self, tenant_id: str, corpus: Corpus) -> str:
        """The active version, which is by the model of the settings.

        Raises Conflict when the settings name another model.
        """
        head = await self._versions.opened(tenant_id, corpus)
        assert head.active is not None
        model = self._embedders.current.model
        if head.active.model != model:
            raise Conflict(
                "embedding_model_changed",
                f"{corpus.name} is embedded by {head.active.model}, the settings name {model}; "
                "run `latchkey embed --rebuild`.",
            )
        return head.active.embedding_version

    async def run(
        self,
        tenant_id: str,
        corpus: Corpus,
        batches: AsyncIterator[list[Source]],
        progress: Progress,
        *,
        total: int | None = None,
        after: After | None = None,
    ) -> Run:
        """Write what is not there yet; stopped anywhere, the next run does the rest."""
        version = await self.version(tenant_id, corpus)
        begun, written = time.monotonic(), Written()
        run = await self._versions.new_run(corpus, "update", new_id("run"))
        run.embedding_version, run.active = version, True
        await self._store.start_run(tenant_id, run)
        try:
            async for batch in batches:
                written.add(await self._writer.put(tenant_id, corpus, batch))
                if after is not None:
                    await after(version, batch)
                self._failpoints.reach("embedding_batch")
                await progress(written.sources, total)
        except Exception as error:
            await self._rebuilder.finish(tenant_id, run, written, begun, error=reason(error))
            raise
        return await self._rebuilder.finish(tenant_id, run, written, begun)
