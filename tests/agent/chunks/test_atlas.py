"""One contract on both shapes of vector search, and what only Atlas is sent."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from agent.ai.embeddings import Embedders
from agent.chunks.atlas import index_definition, index_name
from agent.chunks.corpora import CORPORA
from agent.chunks.models import Source
from agent.chunks.service import ChunkService
from agent.chunks.store import ChunkStore
from agent.errors import InvalidInput, Misconfigured
from agent.kit.clock import ManualClock
from agent.kit.failpoints import Failpoints
from agent.mongo.client import Database
from agent.mongo.repository import Repository
from agent.mongo.search_indexes import ensure_vector_index
from agent.settings import Settings
from tests.agent.chunks.atlas import Atlas, atlas_before
from tests.agent.chunks.conftest import FAQ, TENANT, found, streamed

TALK = [
    Source(f"t{n}/{turn}", text, {"role": role, "thread_id": f"t{n}", "stage": stage})
    for n, stage in enumerate(["touring", "qualifying", "touring"])
    for turn, (role, text) in enumerate(
        [
            ("lead", f"Could I bring {n + 1} kittens along?"),
            ("agent", "Sure, there is a deposit of 300 dollars."),
            ("lead", "When does the office open?"),
            ("agent", "Weekdays from nine."),
        ]
    )
]


@pytest.fixture
async def atlas(mongod_uri: str, database: Database) -> AsyncIterator[Atlas]:
    async with atlas_before(mongod_uri) as atlas:
        yield atlas


@pytest.fixture
async def behind(atlas: Atlas, database: Database) -> AsyncIterator[Database]:
    """The tests' database, reached through Atlas."""
    async with Database(atlas.uri, database.name) as behind:
        yield behind


@pytest.fixture(params=["exact", "atlas"])
async def shape(
    request: pytest.FixtureRequest, behind: Database, database: Database, clock: ManualClock
) -> ChunkService:
    on_atlas = request.param == "atlas"
    if on_atlas:
        await ensure_vector_index(behind, "chunks", index_name(256), index_definition(256))
    repository = Repository(behind if on_atlas else database)
    return made(repository, clock, atlas=on_atlas)


def made(repository: Repository, clock: ManualClock, *, atlas: bool) -> ChunkService:
    store, embedders = ChunkStore(repository), Embedders(Settings())
    return ChunkService(repository, store, embedders, clock, Failpoints(), atlas=atlas)


class TestContract:
    async def test_finds_the_nearest_of_the_tenant(self, shape: ChunkService) -> None:
        await shape.put(TENANT, "conversations", TALK)
        await shape.put("other", "conversations", [Source("x/0", "A kitten?", {"role": "lead"})])
        hits = await shape.search(TENANT, "conversations", "Could I bring 2 kittens along?", k=3)
        assert hits[0].source_id == "t1/0"
        assert hits[0].score == pytest.approx(1, abs=1e-5)
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
        assert "x/0" not in {hit.source_id for hit in hits}

    @pytest.mark.parametrize(
        "where",
        [
            {"role": "lead"},
            {"stage": ["touring", "applying"]},
            {"thread_id": {"$ne": "t1"}},
            {"role": "lead", "stage": {"$nin": ["touring"]}},
            {"stage": None},
        ],
    )
    async def test_filters_the_same(
        self, shape: ChunkService, where: dict[str, Any], database: Database, clock: ManualClock
    ) -> None:
        await shape.put(TENANT, "conversations", TALK)
        here = await found(shape, "conversations", "may my kitten come?", where=where)
        exact = made(Repository(database), clock, atlas=False)
        assert here == await found(exact, "conversations", "may my kitten come?", where=where)
        assert bool(here) == (where != {"stage": None})

    async def test_finds_answers_by_their_questions(self, shape: ChunkService) -> None:
        await shape.put(TENANT, "conversations", TALK)
        where = {"role": "agent", "stage": "qualifying"}
        assert await found(shape, "conversations", "is a kitten all right", where=where, k=1) == [
            "t1/1"
        ]

    @pytest.mark.parametrize("corpus", sorted(CORPORA))
    async def test_every_corpus_can_be_searched(self, shape: ChunkService, corpus: str) -> None:
        await shape.put(
            TENANT, corpus, [Source(f"f/{n}", s.text, s.meta) for n, s in enumerate(FAQ)]
        )
        assert (await found(shape, corpus, "cats and dogs are welcome"))[0] == "f/0"

    async def test_an_undeclared_filter_is_refused(self, shape: ChunkService) -> None:
        with pytest.raises(InvalidInput) as refused:
            await shape.search(TENANT, "conversations", "cats", where={"text": "cats"})
        assert refused.value.code == "search_filter_undeclared"

    async def test_sees_one_version_only(self, shape: ChunkService) -> None:
        await shape.put(TENANT, "conversations", TALK)
        await shape.rebuild(TENANT, "conversations", streamed(TALK[:2]))
        assert len(await found(shape, "conversations", "kittens", k=50)) == 2

    async def test_a_long_text_is_one_hit(self, shape: ChunkService) -> None:
        long = "The rules of the house apply to everybody. " * 300
        await shape.put(TENANT, "tickets", [Source("long", long, {}), Source("b", "Bye.", {})])
        assert await found(shape, "tickets", "rules of the house", k=2) == ["long", "b"]


async def test_the_pipeline_that_is_sent(
    atlas: Atlas, behind: Database, clock: ManualClock
) -> None:
    await ensure_vector_index(behind, "chunks", index_name(256), index_definition(256))
    chunks = made(Repository(behind), clock, atlas=True)
    await chunks.put(TENANT, "conversations", TALK)
    await chunks.search(TENANT, "conversations", "cats", k=7, where={"role": "lead"})
    ((search, project),) = atlas.searches
    sent = search["$vectorSearch"]
    assert len(sent.pop("queryVector")) == 256 * 4 + 2
    assert sent == {
        "index": "chunks_256",
        "path": "embedding",
        "limit": 7,
        "numCandidates": 140,
        "filter": {
            "corpus": "conversations",
            "embedding_version": "v1",
            "$and": [{"meta.role": {"$eq": "lead"}}],
            "tenant_id": TENANT,
        },
    }
    assert project["$project"] == {
        "source_id": 1,
        "chunk_index": 1,
        "seq": 1,
        "_id": 0,
        "vector_score": {"$meta": "vectorSearchScore"},
    }


async def test_the_index_is_made_once_and_follows_its_definition(
    atlas: Atlas, behind: Database
) -> None:
    async def ensure(definition: dict[str, Any]) -> str:
        return await ensure_vector_index(behind, "chunks", "chunks_256", definition)

    assert await ensure(index_definition(256)) == "created"
    assert await ensure(index_definition(256)) == "unchanged"
    vector, *filters = atlas.indexes["chunks_256"]["fields"]
    assert vector == {
        "type": "vector",
        "path": "embedding",
        "numDimensions": 256,
        "similarity": "cosine",
    }
    paths = {one["path"] for one in filters}
    for corpus in CORPORA.values():
        assert {f"meta.{name}" for name in corpus.fields} <= paths
    assert {"tenant_id", "corpus", "embedding_version"} <= paths
    assert await ensure(index_definition(512)) == "updated"


async def test_a_plain_database_says_so(database: Database) -> None:
    with pytest.raises(Misconfigured) as refused:
        await ensure_vector_index(database, "chunks", "chunks_256", index_definition(256))
    assert refused.value.code == "search_index_unsupported"
