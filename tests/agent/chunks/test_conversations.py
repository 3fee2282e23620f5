import numpy as np
import pytest

from agent.chunks.models import RunStatus
from agent.chunks.service import ChunkService
from agent.mongo.repository import Repository
from agent.mongo.vectors import decoded
from tests.agent.chunks.conftest import TENANT, MakeChunks, found

TALK = [
    ("lead", "Could I bring my kitten along?"),
    ("agent", "Sure, there is a deposit of [address]."),
    ("lead", "Great, thanks!"),
    ("system", "Your tour is approved."),
    ("staff", "I will call you tomorrow."),
]


async def write(repository: Repository, thread_id: str, start: int = 0) -> None:
    threads, messages = (repository.scoped(name, TENANT) for name in ("threads", "messages"))
    if not start:
        await threads.insert({"thread_id": thread_id, "community_id": "harbor"})
    for turn, (role, text) in enumerate(TALK[start:], start):
        await messages.insert(
            {
                "thread_id": thread_id,
                "turn_index": turn,
                "message_id": f"{thread_id}-{turn}",
                "role": role,
                "text": text,
            }
        )


async def test_every_spoken_message_is_embedded_once(
    chunks: ChunkService, repository: Repository
) -> None:
    await write(repository, "a")
    await write(repository, "b")
    seen = []

    async def progress(done: int, total: int | None) -> None:
        seen.append((done, total))

    run = await chunks.embed_conversations(TENANT, progress)
    assert (run.kind, run.status, run.sources, run.chunks) == ("update", RunStatus.DONE, 8, 8)
    assert seen == [(8, 8)]
    again = await chunks.embed_conversations(TENANT)
    assert (again.sources, again.chunks) == (0, 0)
    hits = await chunks.search(
        TENANT, "conversations", "is a kitten fine?", where={"role": "agent"}, k=1
    )
    assert hits[0].source_id in ("a/1", "b/1")
    assert hits[0].meta["community_id"] == "harbor"
    assert hits[0].text == TALK[1][1]


async def test_each_message_gets_the_vector_of_its_own_text(
    chunks: ChunkService, repository: Repository
) -> None:
    await write(repository, "a")
    run = await chunks.embed_conversations(TENANT)
    rows = await repository.scoped("messages", TENANT).find({}, sort=[("turn_index", 1)])
    assert [row.get("embedding_version") for row in rows] == ["v1", "v1", "v1", None, "v1"]
    assert {row["embedding_model"] for row in rows if "embedding" in row} == {run.model}
    stored = await repository.scoped("chunks", TENANT).find({})
    by_text = {row["text"]: decoded(row["embedding"]) for row in stored}
    for row in rows:
        if "embedding" in row:
            vector = decoded(row["embedding"])
            assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
            assert np.array_equal(vector, by_text[row["text"]])


async def test_a_run_does_only_what_is_missing(
    make_chunks: MakeChunks, repository: Repository
) -> None:
    chunks = make_chunks()
    await write(repository, "a")
    await chunks.embed_conversations(TENANT)
    # the chunk stands, but the process died before the message got its copy
    copy = {"embedding": "", "embedding_version": ""}
    messages = repository.scoped("messages", TENANT)
    await messages.update({"turn_index": 2}, {"$unset": copy})
    await write(repository, "b")
    run = await make_chunks().embed_conversations(TENANT)
    assert (run.sources, run.skipped, run.chunks) == (5, 1, 4)
    assert await messages.count({"embedding": {"$exists": True}}) == 8


async def test_a_rebuild_gives_every_message_the_new_version(
    chunks: ChunkService, repository: Repository
) -> None:
    await write(repository, "a")
    await chunks.embed_conversations(TENANT)
    run = await chunks.embed_conversations(TENANT, rebuild=True)
    assert run.embedding_version == "v2"
    messages = repository.scoped("messages", TENANT)
    assert await messages.count({"embedding_version": "v2"}) == 4
    assert (await chunks.embed_conversations(TENANT)).sources == 0
    assert (await found(chunks, "conversations", TALK[4][1], k=1)) == ["a/4"]


async def test_a_message_erased_meanwhile_does_not_come_back(
    chunks: ChunkService, repository: Repository
) -> None:
    await write(repository, "a")
    await chunks.embed_conversations(TENANT)
    messages = repository.scoped("messages", TENANT)
    await messages.delete_many({"turn_index": 0})
    await chunks.remove(TENANT, "conversations", ["a/0"])
    await chunks.embed_conversations(TENANT, rebuild=True)
    assert await messages.count({"turn_index": 0}) == 0
    assert "a/0" not in await found(chunks, "conversations", TALK[0][1])
