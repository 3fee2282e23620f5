from collections.abc import AsyncIterator, Callable, Iterable

import pytest

from agent.ai.embeddings import Embedders
from agent.chunks.models import Source
from agent.chunks.service import ChunkService
from agent.chunks.store import ChunkStore
from agent.kit.clock import ManualClock
from agent.kit.failpoints import Failpoints
from agent.mongo.repository import Repository
from agent.settings import Settings

TENANT = "acme"
MakeChunks = Callable[..., ChunkService]

FAQ = [
    Source("pets", "Cats and dogs are welcome; the fee is 300 dollars.", {"title": "Pets"}),
    Source("parking", "A space costs fifty dollars a month.", {"title": "Parking"}),
    Source("lease", "A lease runs for twelve months.", {"title": "Lease length"}),
]


@pytest.fixture
async def make_chunks(repository: Repository, clock: ManualClock) -> AsyncIterator[MakeChunks]:
    """A service with nothing in memory, as a process of its own has it."""
    made: list[ChunkService] = []

    def make(settings: Settings | None = None) -> ChunkService:
        settings = settings or Settings()
        made.append(
            ChunkService(
                repository,
                ChunkStore(repository),
                Embedders(settings),
                clock,
                Failpoints(),
                atlas=settings.vector_search == "atlas",
            )
        )
        return made[-1]

    yield make
    for chunks in made:
        await chunks.close()


@pytest.fixture
def chunks(make_chunks: MakeChunks) -> ChunkService:
    return make_chunks()


async def found(
    chunks: ChunkService, corpus: str, text: str, tenant: str = TENANT, **options: object
) -> list[str]:
    hits = await chunks.search(tenant, corpus, text, **options)  # type: ignore[arg-type]
    return [hit.source_id for hit in hits]


async def streamed(sources: Iterable[Source]) -> AsyncIterator[Source]:
    for source in sources:
        yield source
