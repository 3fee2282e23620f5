import asyncio

import pytest

from agent.ai.search import Preference
from agent.chunks.corpora import corpus_named
from agent.chunks.matrices import Matrices
from agent.chunks.models import Source
from agent.chunks.service import ChunkService
from agent.chunks.store import ChunkStore
from agent.errors import InvalidInput
from agent.kit.clock import ManualClock
from agent.mongo.repository import Repository
from tests.agent.chunks.conftest import FAQ, TENANT, MakeChunks, found


def said(name: str, text: str, **meta: object) -> Source:
    return Source(name, text, {"role": "agent", **meta})


async def test_what_is_put_is_found_at_once_by_every_process(make_chunks: MakeChunks) -> None:
    ours, theirs = make_chunks(), make_chunks()
    assert await found(theirs, "knowledge", "pets") == []
    await ours.put(TENANT, "knowledge", FAQ)
    for chunks in (ours, theirs):
        (hit,) = await chunks.search(TENANT, "knowledge", "how much is the pet fee", k=1)
        assert (hit.source_id, hit.meta["title"]) == ("pets", "Pets")
        assert "welcome" in hit.text
        assert hit.scores == {"lexical": hit.score}
    await theirs.put(TENANT, "knowledge", [Source("gym", "The gym never closes.", {})])
    assert await found(ours, "knowledge", "gym") == ["gym"]


@pytest.mark.parametrize("corpus", ["knowledge", "conversations", "tickets"])
async def test_replaced_and_removed_texts_are_gone(chunks: ChunkService, corpus: str) -> None:
    await chunks.put(TENANT, corpus, [Source(f"t/{i}", s.text, {}) for i, s in enumerate(FAQ)])
    assert (await found(chunks, corpus, "cats and dogs welcome"))[0] == "t/0"
    await chunks.put(TENANT, corpus, [Source("t/0", "The pool is heated.", {})])
    (hit, *_) = await chunks.search(TENANT, corpus, "heated pool")
    assert (hit.source_id, hit.text) == ("t/0", "The pool is heated.")
    hits = await chunks.search(TENANT, corpus, "cats and dogs welcome")
    assert not any("Cats" in hit.text for hit in hits)
    await chunks.remove(TENANT, corpus, ["t/0", "t/404"])
    assert "t/0" not in await found(chunks, corpus, "heated pool")
    await chunks.put(TENANT, corpus, [Source("t/1", " ", {})])
    assert "t/1" not in await found(chunks, corpus, "a space costs fifty dollars")


@pytest.mark.parametrize("corpus", ["knowledge", "conversations", "tickets"])
async def test_an_emptied_text_takes_no_place_of_another(
    make_chunks: MakeChunks, corpus: str
) -> None:
    ours, theirs = make_chunks(), make_chunks()
    await ours.put(TENANT, corpus, [said("t/0", "The pool is warm."), said("t/1", "The pool.")])
    (first,) = await found(ours, corpus, "pool", k=1)
    (other,) = {"t/0", "t/1"} - {first}
    await theirs.put(TENANT, corpus, [said(first, "")])
    assert await found(ours, corpus, "pool", k=1) == [other]


async def test_what_stands_already_is_not_embedded_again(chunks: ChunkService) -> None:
    first = await chunks.put(TENANT, "knowledge", FAQ)
    again = await chunks.put(TENANT, "knowledge", FAQ)
    assert (first.chunks, first.skipped) == (3, 0)
    assert (again.chunks, again.skipped, again.tokens) == (0, 3, 0)
    other_meta = [Source("pets", FAQ[0].text, {"title": "Animals"})]
    assert (await chunks.put(TENANT, "knowledge", other_meta)).chunks == 1


async def test_a_long_text_is_one_hit_by_its_best_piece(chunks: ChunkService) -> None:
    filler = "The rules of the house apply to everybody at all times. " * 120
    long = f"{filler}Zeppelins may land on the roof. {filler}"
    await chunks.put(TENANT, "knowledge", [Source("long", long, {}), *FAQ])
    hits = await chunks.search(TENANT, "knowledge", "where may zeppelins land", k=5)
    assert [hit.source_id for hit in hits] == ["long"]
    assert hits[0].chunk_index > 0
    assert "Zeppelins" in hits[0].text
    await chunks.put(TENANT, "conversations", [Source("t/1", long, {})])
    assert await found(chunks, "conversations", "zeppelins on the roof") == ["t/1"]


async def test_tenants_see_their_own(chunks: ChunkService) -> None:
    await chunks.put(TENANT, "knowledge", FAQ)
    await chunks.put("other", "knowledge", [Source("pets", "No pets.", {})])
    assert await found(chunks, "knowledge", "parking", tenant="other") == []
    (hit,) = await chunks.search("other", "knowledge", "pets")
    assert hit.text == "No pets."
    await chunks.remove("other", "knowledge", ["pets"])
    assert await found(chunks, "knowledge", "pets") == ["pets"]


async def test_filters_apply_before_the_ranking(chunks: ChunkService) -> None:
    await chunks.put(
        TENANT,
        "conversations",
        [said(f"t{i}/0", "Cats are welcome.", role="lead", thread_id=f"t{i}") for i in range(30)]
        + [said("t99/1", "Dogs may be all right.", thread_id="t99", stage="touring")],
    )
    where = {"role": "agent", "thread_id": {"$ne": "t0"}}
    assert (await found(chunks, "conversations", "cats welcome", where=where, k=1)) == ["t99/1"]
    assert await found(chunks, "conversations", "cats", where={"stage": "applying"}) == []
    only = {"thread_id": ["t3", "t4"]}
    assert await found(chunks, "conversations", "cats", where=only) == ["t3/0", "t4/0"]


async def test_an_answer_is_found_by_the_question_it_answered(chunks: ChunkService) -> None:
    await chunks.put(
        TENANT,
        "conversations",
        [
            said("a/0", "Could I bring my kitten along?", role="lead"),
            said("a/1", "Sure, there is a deposit of 300 dollars."),
            said("b/0", "When does the office open?", role="lead"),
            said("b/1", "Weekdays from nine."),
        ],
    )
    agent = {"role": "agent"}
    asked = "may my kitten come along?"
    assert await found(chunks, "conversations", asked, where=agent, k=1) == ["a/1"]
    assert await found(chunks, "conversations", "Weekdays from nine.", where=agent, k=1) == ["b/1"]
    assert (await found(chunks, "conversations", asked, k=1)) == ["a/0"]
    nobody = {"role": "agent", "thread_id": "nowhere"}
    assert await found(chunks, "conversations", asked, where=nobody) == []


async def test_a_preference_decides_among_equals_only(
    chunks: ChunkService, clock: ManualClock
) -> None:
    await chunks.put(
        TENANT,
        "conversations",
        [
            said("a/0", "Cats are welcome here.", stage="applying", timestamp=clock.now()),
            said("b/0", "Cats are welcome here.", stage="touring", timestamp=clock.now()),
            said("c/0", "The office opens at nine.", stage="touring", timestamp=clock.now()),
        ],
    )
    prefer = Preference(stage="touring", now=clock.now())
    order = await found(chunks, "conversations", "are cats welcome", prefer=prefer)
    assert order == ["b/0", "a/0", "c/0"]


@pytest.mark.parametrize(
    ("corpus", "text", "where", "code"),
    [
        ("poems", "cats", None, "search_corpus_unknown"),
        ("knowledge", " ", None, "search_text_empty"),
        ("knowledge", "cats", {"tenant_id": "other"}, "search_filter_undeclared"),
        ("conversations", "cats", {"text": "cats"}, "search_filter_undeclared"),
    ],
)
async def test_what_cannot_be_searched_is_refused(
    chunks: ChunkService, corpus: str, text: str, where: dict[str, object] | None, code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await chunks.search(TENANT, corpus, text, where=where)
    assert refused.value.code == code


async def test_parallel_writers_lose_nothing(make_chunks: MakeChunks) -> None:
    ours, theirs = make_chunks(), make_chunks()

    async def put(number: int) -> None:
        chunks = (ours, theirs)[number % 2]
        await chunks.put(TENANT, "knowledge", [Source(f"s{number}", f"word{number} here", {})])
        await chunks.put(TENANT, "knowledge", [Source("shared", f"common text {number}", {})])
        assert await found(chunks, "knowledge", f"word{number}") == [f"s{number}"]

    await asyncio.gather(*(put(number) for number in range(12)))
    for chunks in (ours, theirs):
        assert len(await chunks.search(TENANT, "knowledge", "here", k=50)) == 12
        assert await found(chunks, "knowledge", "common text") == ["shared"]
    assert len(await ours.runs(TENANT)) == 1


async def test_a_search_between_writes_sees_whole_sources(chunks: ChunkService) -> None:
    """Each text says its number in every piece; a hit never mixes two of them."""
    long = [f"alpha number{n}. " * 400 for n in range(12)]
    await chunks.put(TENANT, "knowledge", [Source("s", long[0], {})])

    async def write() -> None:
        for text in long[1:]:
            await chunks.put(TENANT, "knowledge", [Source("s", text, {})])

    async def read() -> None:
        for _ in range(20):
            (hit,) = await chunks.search(TENANT, "knowledge", "alpha")
            assert len({word for word in hit.text.split() if word.startswith("number")}) == 1

    await asyncio.gather(write(), read(), read())


async def test_memory_is_bounded_and_loads_are_shared(
    chunks: ChunkService, repository: Repository
) -> None:
    for tenant in ("a", "b", "c"):
        await chunks.put(tenant, "knowledge", FAQ)
    store, corpus = ChunkStore(repository), corpus_named("knowledge")
    matrices = Matrices(store, most_bytes=1)
    sizes = []
    for tenant in ("a", "b", "c"):
        head = await store.head(tenant, "knowledge")
        assert head is not None
        held = await asyncio.gather(*(matrices.fresh(tenant, corpus, head) for _ in range(10)))
        assert len({id(one) for one in held}) == 1
        sizes.append(matrices.bytes)
    assert len(set(sizes)) == 1
    assert sizes[0] > 0


async def test_a_load_goes_on_when_nobody_waits_for_it(
    chunks: ChunkService, repository: Repository
) -> None:
    """A turn gives up after a second; a corpus that takes longer must be there for the next."""
    await chunks.put(TENANT, "knowledge", FAQ)
    began, go_on = asyncio.Event(), asyncio.Event()
    loads = 0

    class Slow(ChunkStore):
        async def count(self, tenant_id: str, corpus: str, version: str) -> int:
            nonlocal loads
            loads += 1
            began.set()
            await go_on.wait()
            return await super().count(tenant_id, corpus, version)

    store = Slow(repository)
    matrices, head = Matrices(store), await store.head(TENANT, "knowledge")
    assert head is not None
    hasty = asyncio.create_task(matrices.fresh(TENANT, corpus_named("knowledge"), head))
    await began.wait()
    hasty.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hasty
    go_on.set()
    held = await matrices.fresh(TENANT, corpus_named("knowledge"), head)
    assert (len(held.matrix), loads) == (3, 1)
    await matrices.close()


async def test_closing_ends_a_load(chunks: ChunkService, repository: Repository) -> None:
    await chunks.put(TENANT, "knowledge", FAQ)
    began = asyncio.Event()

    class Endless(ChunkStore):
        async def count(self, tenant_id: str, corpus: str, version: str) -> int:
            began.set()
            await asyncio.Event().wait()
            return 0

    store = Endless(repository)
    matrices, head = Matrices(store), await store.head(TENANT, "knowledge")
    assert head is not None
    waiting = asyncio.create_task(matrices.fresh(TENANT, corpus_named("knowledge"), head))
    await began.wait()
    await matrices.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_words_that_come_after_the_index_are_found_and_replaced_ones_are_not(
    chunks: ChunkService,
) -> None:
    many = [said(f"faq/{n}", f"Rule {n} of the house.") for n in range(60)]
    await chunks.put(TENANT, "knowledge", many)
    assert await found(chunks, "knowledge", "zeppelin") == []
    await chunks.put(TENANT, "knowledge", [said("late", "A zeppelin may land on the roof.")])
    assert await found(chunks, "knowledge", "zeppelin") == ["late"]
    await chunks.put(TENANT, "knowledge", [said("late", "A glider may land on the roof.")])
    assert await found(chunks, "knowledge", "zeppelin") == []
    assert await found(chunks, "knowledge", "glider on the roof") == ["late"]
    await chunks.remove(TENANT, "knowledge", ["late"])
    assert await found(chunks, "knowledge", "glider on the roof") == []
