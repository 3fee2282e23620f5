"""Versions, going back, merging, what is stale; and what tickets publish stays among staff."""

import asyncio
from datetime import timedelta

import pytest

from agent.errors import Conflict, InvalidInput, NotFound
from agent.kit.clock import ManualClock
from agent.knowledge.models import Article, ArticleDraft, Entry, Kind, Likeness
from agent.knowledge.publishing import Publishing
from agent.services import Services

TENANT = "default"
ACTOR = "user:dana"
GATES = ArticleDraft(knowledge_id="KB-1", title="Gates", text="Press star, then the code.")
DOORS = ArticleDraft(knowledge_id="KB-2", title="Doors", text="Oil the hinges of the door.")


def entry(text: str = "Replace the battery of the keypad.", **fields: object) -> Entry:
    said = {"title": "Keypad", "text": text, "ticket_id": "CS-1", "conversation_id": "C-1"}
    return Entry.model_validate({**said, "created_by": ACTOR, **fields})


async def publish(services: Services, *entries: Entry) -> list[Article]:
    publishing = Publishing(
        services.knowledge.store, services.audit, services.events, services.clock
    )

    async def write() -> list[Article]:
        return [await publishing.publish(TENANT, each, draft_id=None) for each in entries]

    published = await services.repository.transact(write)
    await services.knowledge.follow(TENANT)
    return [await services.knowledge.get(TENANT, each.knowledge_id) for each in published]


async def put(services: Services, *drafts: ArticleDraft) -> None:
    await services.knowledge.put(TENANT, drafts, "test")


async def found(services: Services, text: str, **how: object) -> list[str]:
    hits = await services.knowledge.search(TENANT, text, **how)  # type: ignore[arg-type]
    return [hit.article.knowledge_id for hit in hits]


class TestVersions:
    async def test_every_change_is_kept(self, services: Services, clock: ManualClock) -> None:
        await put(services, GATES)
        clock.advance(timedelta(days=1))
        await put(services, GATES.model_copy(update={"text": "Use the app."}))
        await services.curator.retire(TENANT, "KB-1", actor="user:ana")
        history = await services.curator.history(TENANT, "KB-1")
        assert [(a.version, a.text, a.status) for a in history] == [
            (3, "Use the app.", "retired"),
            (2, "Use the app.", "active"),
            (1, GATES.text, "active"),
        ]
        with pytest.raises(NotFound):
            await services.curator.history("other", "KB-1")

    async def test_going_back_is_a_new_version_that_is_found(self, services: Services) -> None:
        await put(services, GATES)
        await put(services, GATES.model_copy(update={"text": "Use the app."}))
        back = await services.curator.rollback(TENANT, "KB-1", 1, actor=ACTOR)
        assert (back.version, back.text, back.status) == (3, GATES.text, "active")
        assert await found(services, "press star") == ["KB-1"]
        assert await found(services, "use the app") == []
        assert await services.curator.rollback(TENANT, "KB-1", 1, actor=ACTOR) == back
        with pytest.raises(NotFound) as error:
            await services.curator.rollback(TENANT, "KB-1", 9, actor=ACTOR)
        assert error.value.code == "knowledge_version_not_found"

    async def test_a_retired_one_comes_back(self, services: Services) -> None:
        await put(services, GATES)
        await services.curator.retire(TENANT, "KB-1", actor="user:ana")
        assert await found(services, "press star") == []
        back = await services.curator.rollback(TENANT, "KB-1", 1, actor=ACTOR)
        assert (back.version, back.status) == (3, "active")
        assert await found(services, "press star") == ["KB-1"]

    async def test_new_words_at_once_leave_no_hole(self, services: Services) -> None:
        await put(services, GATES)
        texts = [f"Text {n}." for n in range(8)]
        await asyncio.gather(
            *(put(services, GATES.model_copy(update={"text": text})) for text in texts)
        )
        history = await services.curator.history(TENANT, "KB-1")
        assert [article.version for article in history] == list(range(9, 0, -1))
        assert {article.text for article in history} == {GATES.text, *texts}


class TestResolutions:
    async def test_searches_take_the_kinds_they_ask_for(self, services: Services) -> None:
        await put(services, GATES.model_copy(update={"text": "A keypad has a battery."}))
        [published] = await publish(services, entry())
        both = await found(services, "keypad battery", kinds=("article", "resolution"))
        assert set(both) == {"KB-1", published.knowledge_id}
        assert await found(services, "keypad battery") == ["KB-1"]
        only = await found(services, "keypad battery", kinds=("resolution",))
        assert only == [published.knowledge_id]

    async def test_many_of_them_crowd_no_article_out(self, services: Services) -> None:
        await put(services, GATES.model_copy(update={"text": "A keypad has a battery."}))
        await publish(services, *(entry(f"Keypad keypad battery {n}.") for n in range(20)))
        assert await found(services, "keypad battery", k=1) == ["KB-1"]

    async def test_new_words_keep_it_a_resolution(self, services: Services) -> None:
        [published] = await publish(services, entry(reference_articles=["KB-1"]))
        edited = ArticleDraft(
            knowledge_id=published.knowledge_id, title="Keypad", text="Replace the keypad."
        )
        assert (await services.knowledge.put(TENANT, [edited], "api"))[0].outcome == "updated"
        now = await services.knowledge.get(TENANT, published.knowledge_id)
        assert (now.kind, now.version, now.ticket_id) == ("resolution", 2, "CS-1")
        assert now.reference_articles == ["KB-1"]
        assert (await services.knowledge.put(TENANT, [edited], "api"))[0].outcome == "unchanged"
        assert await found(services, "replace the keypad") == []

    async def test_the_same_words_again_are_no_change(self, services: Services) -> None:
        [published] = await publish(services, entry())
        same = ArticleDraft.model_validate(
            published.model_dump(include={"knowledge_id", "title", "text", "product", "category"})
        )
        assert (await services.knowledge.put(TENANT, [same], "api"))[0].outcome == "unchanged"

    async def test_a_rebuilt_index_has_them_and_no_draft(self, services: Services) -> None:
        await put(services, GATES)
        await publish(services, entry())
        sources = [s async for s in services.knowledge.sources(TENANT, "knowledge")]
        assert {s.source_id for s in sources} == {"KB-1", "KB-NEW-0001"}


class TestDrafts:
    @pytest.fixture
    async def draft_id(self, services: Services) -> str:
        publishing = Publishing(
            services.knowledge.store, services.audit, services.events, services.clock
        )
        return (await publishing.draft(TENANT, entry(), None)).knowledge_id

    async def test_it_is_read_and_never_found(self, services: Services, draft_id: str) -> None:
        assert (await services.knowledge.get(TENANT, draft_id)).status == "draft"
        for kinds in (("article",), ("resolution",), ("article", "resolution", "script")):
            assert await found(services, "battery keypad", kinds=kinds) == []

    async def test_only_its_ticket_makes_something_of_it(
        self, services: Services, draft_id: str
    ) -> None:
        await put(services, GATES)
        with pytest.raises(Conflict):
            await services.curator.rollback(TENANT, draft_id, 1, actor=ACTOR)
        with pytest.raises(Conflict):
            await services.curator.merge(TENANT, draft_id, "KB-1", actor=ACTOR)
        kinds: tuple[Kind, ...] = ("article", "script")
        for kind in kinds:
            words = ArticleDraft(knowledge_id=draft_id, title="T", text="Text.", kind=kind)
            with pytest.raises(InvalidInput):
                await put(services, words)


async def test_who_adds_and_who_retires_is_audited(services: Services) -> None:
    add, retire = services.curator.add, services.curator.retire
    for draft in (GATES, GATES, GATES.model_copy(update={"text": "Gates are oiled."})):
        await add(TENANT, draft, "test", actor=ACTOR)
    assert await found(services, "oiled gates") == ["KB-1"]
    for _ in range(2):
        await retire(TENANT, "KB-1", actor=ACTOR)
    assert await found(services, "oiled gates") == []
    rows = await services.audit.store.about(TENANT, "KB-1")
    told = [row.kind for row in rows if row.actor == ACTOR]
    assert sorted(told) == ["knowledge.added", "knowledge.retired", "knowledge.updated"]


class TestMerging:
    async def test_what_says_the_same_is_proposed(self, services: Services) -> None:
        await put(services, DOORS)
        one, two, three = await publish(
            services, entry(), entry("Oil the hinges of the door."), entry(title="Another")
        )
        assert one.similar_to is None
        assert two.similar_to == Likeness(knowledge_id="KB-2", similarity_score=1.0)
        assert three.similar_to == Likeness(knowledge_id=one.knowledge_id, similarity_score=1.0)

    async def test_one_takes_the_others_place(self, services: Services) -> None:
        await put(services, GATES, DOORS)
        [published] = await publish(services, entry(reference_articles=["KB-1", "KB-2"]))
        into = await services.curator.merge(TENANT, published.knowledge_id, "KB-1", actor=ACTOR)
        assert (into.version, into.text) == (2, GATES.text)
        assert into.reference_articles == ["KB-2", "CS-1"]
        gone = await services.knowledge.get(TENANT, published.knowledge_id)
        assert (gone.status, gone.merged_into) == ("retired", "KB-1")
        again = await services.curator.merge(TENANT, published.knowledge_id, "KB-1", actor=ACTOR)
        assert again == into
        await services.curator.merge(TENANT, "KB-1", "KB-2", actor=ACTOR)
        standing = await services.curator.standing(
            TENANT, [published.knowledge_id, "KB-1", "KB-2", "KB-9"]
        )
        assert {each: a.knowledge_id for each, a in standing.items()} == dict.fromkeys(
            (published.knowledge_id, "KB-1", "KB-2"), "KB-2"
        )

    async def test_what_does_not_merge_is_refused(self, services: Services) -> None:
        script = ArticleDraft(knowledge_id="S-1", title="S", text="update", kind="script")
        await put(services, GATES, DOORS, script)
        [published] = await publish(services, entry())
        hides = ("KB-1", published.knowledge_id)
        merge = services.curator.merge
        for one, other in (("KB-1", "KB-1"), ("KB-1", "S-1"), ("S-1", "KB-1"), hides):
            with pytest.raises(InvalidInput):
                await merge(TENANT, one, other, actor=ACTOR)
        await services.curator.retire(TENANT, "KB-2", actor="user:ana")
        with pytest.raises(Conflict):
            await merge(TENANT, "KB-1", "KB-2", actor=ACTOR)
        with pytest.raises(NotFound):
            await merge("other", "KB-1", "KB-2", actor=ACTOR)

    async def test_two_that_merge_into_each_other_leave_one(self, services: Services) -> None:
        await put(services, GATES, DOORS)
        merge = services.curator.merge
        done = await asyncio.gather(
            merge(TENANT, "KB-1", "KB-2", actor=ACTOR),
            merge(TENANT, "KB-2", "KB-1", actor=ACTOR),
            return_exceptions=True,
        )
        assert sorted(isinstance(each, Conflict) for each in done) == [False, True]


class TestStale:
    async def test_unused_and_disputed_ones_are_listed(
        self, services: Services, clock: ManualClock
    ) -> None:
        await put(services, GATES, DOORS)
        store = services.knowledge.store

        async def stale() -> dict[str, str]:
            page = await services.curator.stale(TENANT)
            return {each.article.knowledge_id: each.reason for each in page.items}

        assert await stale() == {}
        clock.advance(timedelta(days=181))
        assert await stale() == {"KB-1": "unused", "KB-2": "unused"}
        await store.confirm(TENANT, ["KB-1"], clock.now())
        assert await stale() == {"KB-2": "unused"}
        await store.dispute(TENANT, ["KB-1"])
        assert await stale() == {"KB-1": "disputed", "KB-2": "unused"}
        await store.confirm(TENANT, ["KB-1"], clock.now())
        await services.curator.retire(TENANT, "KB-2", actor="user:ana")
        assert await stale() == {}
