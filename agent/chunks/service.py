"""Texts that can be found again: put, removed, rebuilt and searched, by tenant and corpus."""

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from agent.ai.embeddings import Embedders
from agent.ai.search import Preference, checked_where
from agent.chunks.conversations import Conversations
from agent.chunks.corpora import corpus_named
from agent.chunks.finding import Finder
from agent.chunks.models import Hit, Run, Source
from agent.chunks.rebuilding import Progress, Rebuilder, in_batches
from agent.chunks.store import ChunkStore
from agent.chunks.transcripts import Transcripts
from agent.chunks.updating import Updater
from agent.chunks.versions import Versions
from agent.chunks.writing import Writer, Written, batched
from agent.errors import InvalidInput
from agent.kit.clock import Clock
from agent.kit.failpoints import Failpoints
from agent.mongo.repository import Repository


async def silent(done: int, total: int | None) -> None:
    """No progress."""


class ChunkService:
    """Raises InvalidInput for unknown corpora, undeclared filters and changed dimensions.

    When the embedding server is away it raises Unavailable, and nothing is half written.
    """

    def __init__(
        self,
        repository: Repository,
        store: ChunkStore,
        embedders: Embedders,
        clock: Clock,
        failpoints: Failpoints,
        *,
        atlas: bool = False,
    ) -> None:
        self._store = store
        self._embedders = embedders
        versions = Versions(repository, store, embedders, clock)
        self._writer = Writer(repository, store, versions, embedders, clock)
        self._rebuilder = Rebuilder(repository, store, versions, self._writer, clock, failpoints)
        self._finder = Finder(store, embedders, atlas=atlas)
        self._updater = Updater(
            store, versions, self._writer, self._rebuilder, embedders, failpoints
        )
        self._conversations = Conversations(
            self._updater, self._rebuilder, Transcripts(repository, store)
        )

    async def search(
        self,
        tenant_id: str,
        corpus: str,
        text: str,
        *,
        k: int = 10,
        where: Mapping[str, Any] | None = None,
        prefer: Preference | None = None,
    ) -> list[Hit]:
        """The k best sources, each by its best chunk; all of one version."""
        found = corpus_named(corpus)
        conditions = checked_where(where, found.fields)
        if not text.strip():
            raise InvalidInput("search_text_empty", "There is nothing to search for; write a word.")
        return await self._finder.find(tenant_id, found, text, k, conditions, prefer)

    async def put(self, tenant_id: str, corpus: str, sources: Iterable[Source]) -> Written:
        """Write sources in place of what stood under their ids; searchable at once.

        A text that is empty takes its source away. Call it outside a transaction.
        """
        into, total = corpus_named(corpus), Written()
        for batch in batched(sources):
            total.add(await self._writer.put(tenant_id, into, batch))
        return total

    async def remove(self, tenant_id: str, corpus: str, source_ids: Iterable[str]) -> None:
        await self._writer.remove(tenant_id, corpus_named(corpus), list(source_ids))

    async def rebuild(
        self,
        tenant_id: str,
        corpus: str,
        sources: AsyncIterator[Source],
        progress: Progress = silent,
    ) -> Run:
        """A new version of all `sources` by the model of the settings, searched once complete.

        What is put or removed meanwhile is in it too. A run that was cut short is gone on with.
        """
        return await self._rebuilder.run(tenant_id, corpus_named(corpus), sources, progress)

    async def update(
        self,
        tenant_id: str,
        corpus: str,
        sources: AsyncIterator[Source],
        progress: Progress = silent,
    ) -> Run:
        """Put `sources` as a run in the manifest; what stands as it is is skipped.

        Raises Conflict when the model of the settings is not that of the active version.
        """
        return await self._updater.run(
            tenant_id, corpus_named(corpus), in_batches(sources), progress
        )

    async def embed_conversations(
        self, tenant_id: str, progress: Progress = silent, *, rebuild: bool = False
    ) -> Run:
        """Bring the tenant's messages into the search: those that lack a vector, or all anew.

        Raises Conflict when the model of the settings has changed and `rebuild` is not asked for.
        """
        if rebuild:
            return await self._conversations.rebuild(tenant_id, progress)
        return await self._conversations.update(tenant_id, progress)

    async def dimensions(self) -> int:
        """Of the vectors that the model of the settings makes."""
        embedder = self._embedders.current
        return embedder.dimensions or (await embedder.embed(["dimensions"])).vectors.shape[1]

    async def runs(self, tenant_id: str, corpus: str | None = None) -> list[Run]:
        """The embedding manifest, newest first."""
        return await self._store.runs(tenant_id, corpus)

    async def close(self) -> None:
        await self._finder.close()
        await self._embedders.close()
