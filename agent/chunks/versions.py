"""The first version of a corpus, and the runs that make versions."""

from agent.ai.chunking import STRATEGY
from agent.ai.embeddings import Embedders, cost
from agent.chunks.corpora import Corpus
from agent.chunks.models import Head, Run, RunStatus, Version
from agent.chunks.store import ChunkStore
from agent.kit.clock import Clock
from agent.kit.ids import new_id
from agent.mongo.repository import Repository


class Versions:
    def __init__(
        self, repository: Repository, store: ChunkStore, embedders: Embedders, clock: Clock
    ) -> None:
        self._repository = repository
        self._store = store
        self._embedders = embedders
        self._clock = clock

    async def opened(self, tenant_id: str, corpus: Corpus) -> Head:
        """The head, with an active version: the first is made when there is none."""
        head = await self._store.head(tenant_id, corpus.name)
        if head is not None and head.active is not None:
            return head
        await self._store.ensure(tenant_id, corpus.name)
        run = await self.new_run(corpus, "put", new_id("run"))

        async def work() -> Head:
            head = await self._store.touch(tenant_id, corpus.name)
            if head.active is not None:
                return head
            version = version_of(run, head)
            run.embedding_version, run.active = version.embedding_version, True
            run.status, run.finished_at = RunStatus.DONE, run.started_at
            await self._store.point(
                tenant_id,
                corpus.name,
                active=version,
                building=head.building,
                versions=head.versions + 1,
            )
            await self._store.start_run(tenant_id, run)
            return head.model_copy(update={"active": version, "versions": head.versions + 1})

        return await self._repository.transact(work)

    async def new_run(self, corpus: Corpus, kind: str, run_id: str) -> Run:
        """A run by the model of the settings, without a version yet."""
        embedder = self._embedders.current
        if not embedder.dimensions:
            await embedder.embed(["dimensions"])
        return Run(
            run_id=run_id,
            corpus=corpus.name,
            kind=kind,
            embedding_version="",
            model=embedder.model,
            dimensions=embedder.dimensions,
            strategy=STRATEGY,
            cost=cost(embedder.model, 0),
            started_at=self._clock.now(),
        )


def version_of(run: Run, head: Head) -> Version:
    """The next version, as `run` builds it."""
    return Version(
        embedding_version=f"v{head.versions + 1}",
        model=run.model,
        dimensions=run.dimensions,
        strategy=run.strategy,
        run_id=run.run_id,
    )
