import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from agent.chunks.models import Run, RunStatus, Source
from agent.chunks.service import ChunkService
from agent.errors import Conflict, InvalidInput, Unavailable
from agent.mongo.repository import Repository
from agent.settings import Settings
from evals.openai_stub import Fault, openai_stub
from tests.agent.chunks.conftest import FAQ, TENANT, MakeChunks, found, streamed

MANY = [Source(f"s{n}", f"entry{n} about the house", {}) for n in range(600)]


async def test_the_new_version_takes_the_place_of_the_old_one(
    chunks: ChunkService, repository: Repository
) -> None:
    await chunks.put(TENANT, "knowledge", FAQ)
    seen: list[tuple[int, int | None]] = []

    async def progress(done: int, total: int | None) -> None:
        seen.append((done, total))

    run = await chunks.rebuild(TENANT, "knowledge", streamed(MANY), progress)
    assert (run.status, run.active, run.embedding_version) == (RunStatus.DONE, True, "v2")
    assert (run.sources, run.chunks, run.cost) == (600, 600, 0.0)
    assert run.tokens > 0
    assert seen[-1] == (600, None)
    assert await found(chunks, "knowledge", "pets parking lease") == []
    assert await found(chunks, "knowledge", "entry77") == ["s77"]
    assert [one.active for one in await chunks.runs(TENANT, "knowledge")].count(True) == 1
    rows = repository.scoped("chunks", TENANT)
    assert await rows.distinct("embedding_version", {}) == ["v2"]


async def test_searches_see_the_old_version_until_the_new_one_is_whole(
    make_chunks: MakeChunks,
) -> None:
    chunks, other = make_chunks(), make_chunks()
    await chunks.put(TENANT, "knowledge", FAQ)

    async def sources() -> AsyncIterator[Source]:
        for number, source in enumerate(MANY):
            if number % 200 == 199:
                assert await found(other, "knowledge", "pets") == ["pets"]
                assert await found(other, "knowledge", "entry7") == []
            yield source

    await chunks.rebuild(TENANT, "knowledge", sources())
    assert await found(other, "knowledge", "pets") == []
    assert await found(other, "knowledge", "entry7") == ["s7"]


async def test_what_is_written_meanwhile_is_in_both(make_chunks: MakeChunks) -> None:
    chunks, other = make_chunks(), make_chunks()
    await chunks.put(TENANT, "knowledge", MANY[:10])

    async def sources() -> AsyncIterator[Source]:
        for number, source in enumerate(MANY):
            if number == 300:
                await other.put(TENANT, "knowledge", [Source("s3", "entry3 is new", {})])
                await other.put(TENANT, "knowledge", [Source("s500", "entry500 is new", {})])
                await other.put(TENANT, "knowledge", [Source("late", "zeppelin", {})])
                await other.remove(TENANT, "knowledge", ["s4", "s501"])
                await other.put(TENANT, "knowledge", [Source("s5", "", {})])
                assert await found(other, "knowledge", "zeppelin") == ["late"]
            yield source

    await chunks.rebuild(TENANT, "knowledge", sources())
    for name in ("s3", "s500"):
        (hit,) = await chunks.search(TENANT, "knowledge", name.replace("s", "entry"))
        assert "new" in hit.text
    assert await found(chunks, "knowledge", "zeppelin") == ["late"]
    for number in (4, 501, 5):
        assert await found(chunks, "knowledge", f"entry{number}") == []
    assert await found(chunks, "knowledge", "entry502") == ["s502"]


async def test_writers_and_a_rebuild_at_once(make_chunks: MakeChunks) -> None:
    chunks, other = make_chunks(), make_chunks()
    await chunks.put(TENANT, "knowledge", MANY[:5])

    async def write() -> None:
        for number in range(25):
            await other.put(TENANT, "knowledge", [Source(f"w{number}", f"written{number}", {})])

    await asyncio.gather(chunks.rebuild(TENANT, "knowledge", streamed(MANY)), write())
    # those before the rebuild began are the stream's to bring
    await chunks.put(TENANT, "knowledge", [Source("w0", "written0", {})])
    missing = [n for n in range(1, 25) if not await found(chunks, "knowledge", f"written{n}")]
    assert missing == list(range(1, 1 + len(missing)))
    assert len(missing) < 5


async def test_a_run_that_was_cut_short_is_gone_on_with(chunks: ChunkService) -> None:
    await chunks.put(TENANT, "knowledge", FAQ)

    async def broken() -> AsyncIterator[Source]:
        for source in MANY[:400]:
            yield source
        raise RuntimeError("pulled the plug")

    with pytest.raises(RuntimeError):
        await chunks.rebuild(TENANT, "knowledge", broken())
    assert await found(chunks, "knowledge", "pets") == ["pets"]
    failed = await the_failed_run(chunks)
    still = [source for source in MANY if source.source_id != "s11"]
    run = await chunks.rebuild(TENANT, "knowledge", streamed(still))
    assert {one.status for one in await chunks.runs(TENANT)} == {RunStatus.DONE, RunStatus.FAILED}
    assert failed.embedding_version == run.embedding_version
    assert (run.sources, run.skipped) == (599, 255)
    assert await found(chunks, "knowledge", "entry11") == []
    assert len(await chunks.search(TENANT, "knowledge", "house", k=700)) == 599


async def the_failed_run(chunks: ChunkService) -> Run:
    (failed,) = [run for run in await chunks.runs(TENANT) if run.status is RunStatus.FAILED]
    return failed


async def test_the_newest_run_takes_over(make_chunks: MakeChunks) -> None:
    chunks, other = make_chunks(), make_chunks()

    async def sources() -> AsyncIterator[Source]:
        for number, source in enumerate(MANY):
            if number == 300:
                await other.rebuild(TENANT, "knowledge", streamed(FAQ))
            yield source

    with pytest.raises(Conflict) as refused:
        await chunks.rebuild(TENANT, "knowledge", sources())
    assert refused.value.code == "embedding_run_superseded"
    assert await found(chunks, "knowledge", "pets") == ["pets"]
    assert await found(chunks, "knowledge", "entry7") == []


async def test_another_model_needs_a_rebuild_and_is_switched_at_once(
    make_chunks: MakeChunks,
) -> None:
    texts = [Source(f"t/{n}", s.text, {}) for n, s in enumerate(FAQ)]
    old = make_chunks()
    await old.put(TENANT, "conversations", texts)
    async with openai_stub() as stub:
        settings = Settings(
            openai_api_key=SecretStr("sk-test"),
            openai_base_url=stub.base_url,
            embedding_model="house-model",
        )
        new = make_chunks(settings)
        assert (await found(new, "conversations", "cats and dogs"))[0] == "t/0"
        assert stub.requests == []
        with pytest.raises(Conflict, match="--rebuild"):
            await new.update(TENANT, "conversations", streamed(texts))
        run = await new.rebuild(TENANT, "conversations", streamed(texts))
        assert (run.model, run.dimensions, run.cost) == ("house-model", 1536, None)
        assert (await found(new, "conversations", "cats and dogs"))[0] == "t/0"

        stub.always(Fault("wrong_dimension"))
        for again in (new, make_chunks(settings)):
            with pytest.raises(InvalidInput, match="--rebuild") as refused:
                await again.put(TENANT, "conversations", [Source("t/9", "news", {})])
            assert refused.value.code == "embedding_dimension_changed"
        stub.always(None)

        before = len(stub.requests)
        again_run = await make_chunks(settings).rebuild(TENANT, "conversations", streamed(texts))
        asked = [body["input"] for body in stub.bodies("/embeddings")[before:]]
        assert asked == [["dimensions"]]
        assert (again_run.cached, again_run.chunks) == (3, 3)


async def test_a_server_that_fails_leaves_nothing_half_written(make_chunks: MakeChunks) -> None:
    async with openai_stub() as stub:
        chunks = make_chunks(
            Settings(
                openai_api_key=SecretStr("sk-test"),
                openai_base_url=stub.base_url,
                embedding_model="text-embedding-3-large",
            )
        )
        await chunks.put(TENANT, "conversations", [Source("t/0", "The pool is heated.", {})])
        stub.always(Fault("status", status=500, retry_after=0.01))
        with pytest.raises(Unavailable):
            await chunks.put(TENANT, "conversations", MANY[:3])
        with pytest.raises(Unavailable):
            await chunks.rebuild(TENANT, "conversations", streamed(MANY))
        assert (await the_failed_run(chunks)).error == "embedding_unavailable"
        stub.always(None)
        assert await found(chunks, "conversations", "heated pool") == ["t/0"]
        await chunks.remove(TENANT, "conversations", ["t/0"])


async def test_removed_texts_leave_the_cache(
    make_chunks: MakeChunks, repository: Repository
) -> None:
    async with openai_stub() as stub:
        chunks = make_chunks(Settings(openai_base_url=stub.base_url, embedding_model="house-model"))
        await chunks.put(TENANT, "conversations", [Source("t/0", "A secret.", {})])
        cache = repository.scoped("embedding_cache", TENANT)
        (row,) = await cache.find({"text_hash": {"$exists": True}})
        assert "secret" not in str(row)
        await chunks.remove(TENANT, "conversations", ["t/0"])
        assert await cache.count({}) == 0
