"""A turn is one write of one row; everybody reads it where it belongs, whatever happens between."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from agent.audit.models import Why
from agent.errors import NotFound, StorageFull, Unavailable
from agent.events.models import Event
from agent.kit.clock import ManualClock
from agent.kit.failpoints import Failpoints
from agent.mongo.client import Database
from agent.mongo.repository import Collection, Repository
from agent.privacy.erasure import Erasures, Traces
from agent.services import Services
from agent.threads import filing
from agent.threads.filing import FILED, Filing
from agent.threads.models import Message, Stage, TurnResult
from tests.agent.threads.conftest import TENANT, THREAD, Conversation

TOLD = [Event(type="message", data={"n": 1}), Event(type="thread.stage_changed")]


async def turn(conversation: Conversation, text: str = "hello") -> tuple[Message, Message]:
    """What was said, and the reply, which waits in the row of its thread."""
    said = await conversation.say(text)
    reply, _ = await conversation.finish(await conversation.leased(), [said], events=TOLD)
    return said, reply


async def filing_soon(conversation: Conversation, filing: Filing) -> None:
    """A turn of the process that has `filing`."""
    said = await conversation.say("hello")
    _, thread, waiting = await conversation.threads.finish(
        TENANT, THREAD, await conversation.leased(), finishing(said)
    )
    filing.soon(TENANT, thread, waiting)


async def unfiled(database: Database) -> int:
    rows = await database.handle["threads"].find({"unfiled.through": {"$gte": 0}}).to_list()
    return sum(len(row["unfiled"]) for row in rows)


async def filed(database: Database) -> list[int]:
    return [await database.handle[name].count_documents({}) for name in FILED]


class Between:
    """Does something before or after the nth operation of what is watched."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    async def __call__(
        self, nth: int, work: Callable[[], Awaitable[Any]], then: Callable[[], Awaitable[Any]]
    ) -> bool:
        """Whether `work` came to its operation `nth // 2`; `then` is before it, or after an odd."""
        seen, done = 0, False
        plain = Collection._do

        async def told(rows: Collection, operation: Any, *given: Any, **options: Any) -> Any:
            nonlocal seen, done
            here = not done and seen == nth // 2
            seen += not done
            done = done or here
            if here and nth % 2 == 0:
                await then()
            result = await plain(rows, operation, *given, **options)
            if here and nth % 2:
                await then()
            return result

        with self._monkeypatch.context() as patched:
            patched.setattr(Collection, "_do", told)
            with contextlib.suppress(Unavailable):
                await work()
        return done


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Between:
    return Between(monkeypatch)


@pytest.fixture
def elsewhere(database: Database, conversation: Conversation, clock: ManualClock) -> Repository:
    """Another process."""
    repository = Repository(database)
    repository.settle_before(FILED, Filing(repository, clock, Failpoints()).settle)
    return repository


async def test_is_filed_by_whoever_reads(
    conversation: Conversation, database: Database, elsewhere: Repository
) -> None:
    said, reply = await turn(conversation)
    assert (await unfiled(database), await filed(database)) == (1, [0, 0])
    rows = await elsewhere.scoped("messages", TENANT).find({"thread_id": THREAD})
    assert [row["message_id"] for row in rows] == [said.message_id, reply.message_id]
    assert (await unfiled(database), await filed(database)) == (0, [2, 2])
    assert await conversation.messages() == [said, reply]
    assert [event.seq for event in await conversation.events()] == [0, 1]


async def test_a_reader_of_another_thread_or_tenant_leaves_it(
    conversation: Conversation, database: Database, elsewhere: Repository
) -> None:
    await turn(conversation)
    assert await elsewhere.scoped("messages", "other").find({}) == []
    assert await elsewhere.scoped("messages", TENANT).find({"thread_id": "thr_2"}) == []
    assert await unfiled(database) == 1
    assert await elsewhere.scoped("events", TENANT).count({}) == 2


async def test_is_filed_once_by_however_many(
    conversation: Conversation, database: Database, elsewhere: Repository
) -> None:
    said = [await turn(conversation, f"text {n}") for n in range(5)]
    here = conversation.services.repository
    await asyncio.gather(
        *(each.scoped("messages", TENANT).count({}) for each in (here, elsewhere) * 4)
    )
    assert await filed(database) == [10, 10]
    assert await conversation.messages() == [line for lines in said for line in lines]
    assert [event.seq for event in await conversation.events()] == list(range(10))


async def test_is_filed_soon_although_nobody_reads(
    conversation: Conversation, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filing, "SOON_SECONDS", 0.01)
    for text in ("one", "two"):
        said = await conversation.say(text)
        lease = await conversation.leased()
        result = finishing(said)
        _, thread, waiting = await conversation.threads.finish(TENANT, THREAD, lease, result)
        conversation.threads.filing.soon(TENANT, thread, waiting)
    await conversation.threads.filing.close()
    assert (await unfiled(database), await filed(database)) == (0, [4, 4])


async def test_a_look_over_all_tenants_files_at_once_what_this_process_has(
    conversation: Conversation, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filing, "SOON_SECONDS", 60)
    await filing_soon(conversation, conversation.threads.filing)
    await asyncio.sleep(0)  # it waits for its time now
    async with asyncio.timeout(10):
        await conversation.services.repository.across_tenants("messages").count({})
    assert (await unfiled(database), await filed(database)) == (0, [2, 2])
    later = conversation.threads.filing._filing
    assert later is not None
    later.cancel()


async def test_a_tenant_whose_turns_cannot_be_filed_holds_up_no_other(
    conversation: Conversation, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = conversation.threads
    await conversation.open(tenant_id="rival")
    ended = []
    for tenant_id in (TENANT, "rival"):
        said = (await threads.accept(tenant_id, THREAD, "hello")).message
        taken = await threads.store.take_lease(tenant_id, THREAD, threads.claim("one"))
        assert taken is not None
        _, thread, waiting = await threads.finish(tenant_id, THREAD, taken[0], finishing(said))
        ended.append((tenant_id, thread, waiting))
    monkeypatch.setattr(filing, "SOON_SECONDS", 0.01)
    for each in ended:
        threads.filing.soon(*each)
    plain = Collection.insert_many

    async def breaks(rows: Collection, documents: Any) -> int:
        if rows._tenant_id == TENANT:
            raise StorageFull("disk_full", "Free some space.")
        return await plain(rows, documents)

    with monkeypatch.context() as patched:
        patched.setattr(Collection, "insert_many", breaks)
        await threads.filing.close()
    assert (await unfiled(database), await filed(database)) == (1, [2, 2])


async def test_what_a_dead_process_has_left_is_swept(
    conversation: Conversation, database: Database, elsewhere: Repository, clock: ManualClock
) -> None:
    await turn(conversation)
    await Filing(elsewhere, clock, Failpoints()).sweep()
    assert (await unfiled(database), await filed(database)) == (0, [2, 2])


async def test_a_filing_cut_in_the_middle_is_done_again(
    conversation: Conversation, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, reply = await turn(conversation)

    async def away(*_: object) -> int:
        raise Unavailable("database_unavailable", "Away.", retry_after=1)

    collection = type(conversation.services.repository.scoped("threads", TENANT))
    with monkeypatch.context() as patched:
        patched.setattr(collection, "bulk_change", away)
        with pytest.raises(Unavailable):
            await conversation.messages()
    assert (await unfiled(database), await filed(database)) == (1, [2, 2])
    assert await conversation.messages() == [said, reply]
    assert (await unfiled(database), await filed(database)) == (0, [2, 2])


@pytest.mark.parametrize("joined", [False, True])
async def test_a_filing_that_ends_between_any_two_writes_loses_and_doubles_nothing(
    conversation: Conversation,
    database: Database,
    elsewhere: Repository,
    between: Between,
    joined: bool,
) -> None:
    async def ends() -> None:
        raise Unavailable("database_unavailable", "Away.", retry_after=1)

    async def read() -> None:
        rows = elsewhere.scoped("messages", TENANT)
        await (elsewhere.transact(lambda: rows.count({})) if joined else rows.count({}))

    said: list[Message] = []
    nth, came = 0, True
    while came:
        said += await turn(conversation, f"text {nth}")
        came = await between(nth, read, ends)
        assert await conversation.messages() == said
        assert [event.seq for event in await conversation.events()] == list(range(len(said)))
        assert await unfiled(database) == 0
        nth += 1
    assert nth > 2 * 3


async def test_events_of_a_turn_are_not_seen_before_those_that_another_process_has_yet_to_file(
    conversation: Conversation, database: Database, elsewhere: Repository, clock: ManualClock
) -> None:
    await turn(conversation)
    later = Filing(elsewhere, clock, Failpoints())
    await filing_soon(conversation, later)
    await filing_soon(conversation, later)
    await later.close()
    assert (await unfiled(database), await filed(database)) == (0, [6, 6])


async def test_a_reader_that_is_gone_has_filed_what_it_took(
    conversation: Conversation,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    between: Between,
) -> None:
    monkeypatch.setattr(filing, "SOON_SECONDS", 60)
    await filing_soon(conversation, conversation.threads.filing)
    reader = asyncio.create_task(conversation.messages())

    async def leaves() -> None:
        reader.cancel()

    async def read() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await reader

    await between(1, read, leaves)
    assert (await unfiled(database), await filed(database)) == (0, [2, 2])
    later = conversation.threads.filing._filing
    assert later is not None
    later.cancel()


@pytest.mark.parametrize("joined", [False, True])
async def test_what_is_no_turn_is_set_aside_and_holds_up_nobody(
    conversation: Conversation,
    database: Database,
    elsewhere: Repository,
    caplog: pytest.LogCaptureFixture,
    joined: bool,
) -> None:
    said = [*await turn(conversation)]
    strange = {"through": 7, "messages": [], "secret": "kim@example.com"}
    await database.handle["threads"].update_one({}, {"$push": {"unfiled": strange}})
    rows = elsewhere.scoped("messages", TENANT)
    count = await (elsewhere.transact(lambda: rows.count({})) if joined else rows.count({}))
    assert (count, await conversation.messages()) == (2, said)
    assert await unfiled(database) == 0
    row = await database.handle["threads"].find_one({})
    assert row is not None
    assert row["unreadable"] == [strange]
    assert THREAD in caplog.text
    assert "kim" not in caplog.text
    said += await turn(conversation, "and now?")
    assert await conversation.messages() == said


async def test_in_a_transaction_it_is_filed_with_it_or_not_at_all(
    conversation: Conversation, database: Database
) -> None:
    await turn(conversation)
    repository = conversation.services.repository

    async def write(fails: bool) -> int:
        count = await repository.scoped("messages", TENANT).count({"thread_id": THREAD})
        if fails:
            raise NotFound("lead_not_found", "Gone.")
        return count

    with pytest.raises(NotFound):
        await repository.transact(lambda: write(True))
    assert (await unfiled(database), await filed(database)) == (1, [0, 0])
    assert await repository.transact(lambda: write(False)) == 2
    assert (await unfiled(database), await filed(database)) == (0, [2, 2])


async def test_a_transaction_reads_what_somebody_is_filing(
    conversation: Conversation, database: Database, elsewhere: Repository
) -> None:
    here = conversation.services.repository
    for n in range(8):
        await turn(conversation, f"text {n}")
        await asyncio.gather(
            here.transact(lambda: here.scoped("messages", TENANT).count({})),
            elsewhere.transact(lambda: elsewhere.scoped("events", TENANT).count({})),
            elsewhere.scoped("messages", TENANT).count({}),
        )
    assert (await unfiled(database), await filed(database)) == (0, [16, 16])


async def test_later_events_are_not_seen_before_those_of_a_turn(
    conversation: Conversation, database: Database
) -> None:
    await turn(conversation)
    await conversation.threads.add(TENANT, THREAD, [], [Event(type="tour.booked")])
    rows = await database.handle["events"].find({}, sort=[("seq", 1)]).to_list()
    assert [row["seq"] for row in rows] == [0, 1, 2]


async def test_of_an_erased_thread_nothing_is_filed(
    conversation: Conversation, database: Database, services: Services
) -> None:
    await filing_soon(conversation, services.threads.filing)
    await database.handle["threads"].delete_many({})
    await services.threads.filing.close()
    assert await filed(database) == [0, 0]


async def test_whoever_erases_waits_for_what_is_being_filed(
    conversation: Conversation,
    database: Database,
    elsewhere: Repository,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = conversation.threads.filing
    half, go_on = asyncio.Event(), asyncio.Event()
    add = own._add

    async def stops_half_way(tenant_id: str, name: str, *rest: Any) -> None:
        if name == "events":
            half.set()
            await go_on.wait()
        await add(tenant_id, name, *rest)

    monkeypatch.setattr(own, "_add", stops_half_way)
    await filing_soon(conversation, own)
    await half.wait()
    gone = Traces(lead_id="lead_1", thread_ids=[THREAD])
    await elsewhere.transact(lambda: Erasures(elsewhere).erase(TENANT, gone))
    erased = asyncio.create_task(own.erased(TENANT, [THREAD]))
    await asyncio.sleep(0.01)
    assert not erased.done()
    go_on.set()
    await erased
    assert await filed(database) == [0, 0]
    await own.close()


async def test_what_is_to_be_filed_soon_of_an_erased_thread_is_dropped(
    conversation: Conversation, database: Database, elsewhere: Repository
) -> None:
    own = conversation.threads.filing
    await filing_soon(conversation, own)
    gone = Traces(lead_id="lead_1", thread_ids=[THREAD])
    await elsewhere.transact(lambda: Erasures(elsewhere).erase(TENANT, gone))
    await own.erased(TENANT, [THREAD])
    assert not own._soon
    await own.close()
    assert await filed(database) == [0, 0]


async def test_an_erasure_files_nothing_of_others_and_so_waits_for_nobody(
    conversation: Conversation, database: Database, elsewhere: Repository
) -> None:
    await turn(conversation)
    gone = Traces(lead_id="lead_2", thread_ids=["thr_2"])
    await elsewhere.transact(lambda: Erasures(elsewhere).erase(TENANT, gone))
    assert (await unfiled(database), await filed(database)) == (1, [0, 0])


async def test_of_a_thread_that_is_erased_between_any_two_writes_nothing_is_left(
    conversation: Conversation, database: Database, elsewhere: Repository, between: Between
) -> None:
    erasures = Erasures(elsewhere)
    gone = Traces(lead_id="lead_1", thread_ids=[THREAD])

    async def erase() -> None:
        await elsewhere.transact(lambda: erasures.erase(TENANT, gone))

    nth, came = 0, True
    while came:
        await turn(conversation)
        came = await between(nth, conversation.messages, erase)
        if not came:
            await erase()
        assert (await unfiled(database), await filed(database)) == (0, [0, 0])
        await conversation.open()
        nth += 1
    assert nth > 2 * 3


async def test_what_is_filed_between_any_two_writes_by_somebody_else_stands_once(
    conversation: Conversation, database: Database, elsewhere: Repository, between: Between
) -> None:
    said: list[Message] = []
    nth, came = 0, True
    while came:
        said += await turn(conversation, f"text {nth}")
        came = await between(
            nth, conversation.messages, lambda: elsewhere.scoped("events", TENANT).count({})
        )
        assert await conversation.messages() == said
        assert [event.seq for event in await conversation.events()] == list(range(len(said)))
        assert await unfiled(database) == 0
        nth += 1
    assert nth > 2 * 3


def finishing(said: Message) -> TurnResult:
    return TurnResult(
        reply="Sure.",
        stage=Stage.QUALIFYING,
        why=Why(rules=["greet"]),
        answered=[said],
        favorites=[],
        events=TOLD,
    )
