"""Messages into the search: those that lack a vector of the active version, or all anew."""

from collections.abc import AsyncIterator, Sequence

from agent.chunks.corpora import CORPORA
from agent.chunks.models import Run, Source
from agent.chunks.rebuilding import Progress, Rebuilder
from agent.chunks.transcripts import CORPUS, Transcripts
from agent.chunks.updating import Updater

_CORPUS = CORPORA[CORPUS]


class Conversations:
    def __init__(self, updater: Updater, rebuilder: Rebuilder, transcripts: Transcripts) -> None:
        self._updater = updater
        self._rebuilder = rebuilder
        self._transcripts = transcripts

    async def update(self, tenant_id: str, progress: Progress) -> Run:
        """Embed what lacks a vector, and copy each to its message."""
        version = await self._updater.version(tenant_id, _CORPUS)

        async def mirror(version: str, sources: Sequence[Source]) -> None:
            await self._transcripts.mirror(tenant_id, version, sources)

        return await self._updater.run(
            tenant_id,
            _CORPUS,
            self._transcripts.sources(tenant_id, lacking=version),
            progress,
            total=await self._transcripts.count(tenant_id, lacking=version),
            after=mirror,
        )

    async def rebuild(self, tenant_id: str, progress: Progress) -> Run:
        """Embed every message anew, switch, then copy the vectors to the messages."""
        count = await self._transcripts.count(tenant_id)
        run = await self._rebuilder.run(
            tenant_id, _CORPUS, self._all(tenant_id), progress, total=count
        )
        async for batch in self._transcripts.sources(tenant_id, lacking=run.embedding_version):
            await self._transcripts.mirror(tenant_id, run.embedding_version, batch)
        return run

    async def _all(self, tenant_id: str) -> AsyncIterator[Source]:
        async for batch in self._transcripts.sources(tenant_id):
            for source in batch:
                yield source
