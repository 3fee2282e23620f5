import asyncio
from datetime import datetime, timedelta

import pytest

from agent.errors import InvalidInput
from agent.events import following
from agent.events.following import Following, start_of
from agent.events.models import Event
from agent.events.store import EventStore
from agent.kit.clock import ManualClock
from agent.mongo.repository import Repository

T = "default"


@pytest.fixture
def store(repository: Repository) -> EventStore:
    return EventStore(repository)


async def heard(listener: Following) -> list[tuple[str, int]]:
    return [(event.thread_id, event.seq) async for event in listener.news()]


async def write(store: EventStore, thread: str, seq: int, at: datetime, *, tenant: str = T) -> None:
    await store.append(tenant, thread, seq, [Event(type="message")], at)


async def test_each_is_told_once_by_time(store: EventStore, clock: ManualClock) -> None:
    listener = Following(store, T, clock.now())
    await write(store, "b", 0, clock.now())
    await write(store, "a", 0, clock.now() + timedelta(seconds=1))
    await write(store, "a", 0, clock.now(), tenant="other")
    assert await heard(listener) == [("b", 0), ("a", 0)]
    assert await heard(listener) == []
    await write(store, "a", 1, clock.now() + timedelta(seconds=2))
    assert await heard(listener) == [("a", 1)]


async def test_one_that_was_written_earlier_and_seen_later_is_not_lost(
    store: EventStore, repository: Repository, clock: ManualClock
) -> None:
    """Two processes write at once; the one that began first ends last."""
    early, late = clock.now(), clock.now() + timedelta(seconds=9)
    written, may_end = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        await write(store, "slow", 0, early)
        written.set()
        await may_end.wait()

    listener = Following(store, T, clock.now())
    running = asyncio.create_task(repository.transact(slow))
    await written.wait()
    await write(store, "fast", 0, late)
    assert await heard(listener) == [("fast", 0)]
    left_at = listener.cursor
    may_end.set()
    await running
    assert await heard(listener) == [("slow", 0)]
    # who had gone away after the later one hears of the earlier one all the same
    assert ("slow", 0) in await heard(Following(store, T, start_of(left_at)))


async def test_of_writers_who_come_and_go_nothing_is_lost(
    store: EventStore, clock: ManualClock
) -> None:
    start = clock.now()

    async def writer(name: str, skew: int) -> None:
        for seq in range(30):
            await write(store, name, seq, start + timedelta(milliseconds=10 * seq + skew))
            await asyncio.sleep(0)

    async def listening(done: asyncio.Event) -> list[tuple[str, int]]:
        found: dict[tuple[str, int], None] = {}
        listener = Following(store, T, start)
        while True:
            last = done.is_set()
            found |= dict.fromkeys(await heard(listener))
            if last:
                return list(found)
            # comes back as after a lost connection
            listener = Following(store, T, start_of(listener.cursor))

    done = asyncio.Event()
    listener = asyncio.create_task(listening(done))
    await asyncio.gather(*(writer(name, skew) for name, skew in (("a", 0), ("b", 4000), ("c", -3))))
    done.set()
    found = await listener
    assert len(found) == 90
    for name in "abc":
        assert [seq for thread, seq in found if thread == name] == list(range(30))


async def test_a_thread_keeps_its_order_although_clocks_differ(
    store: EventStore, clock: ManualClock
) -> None:
    listener = Following(store, T, clock.now())
    await write(store, "a", 0, clock.now() + timedelta(seconds=3))
    await write(store, "a", 1, clock.now() + timedelta(seconds=1))
    await write(store, "b", 0, clock.now() + timedelta(seconds=2))
    assert await heard(listener) == [("a", 0), ("b", 0), ("a", 1)]


async def test_more_than_a_page_at_one_time_are_all_told(
    store: EventStore, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "PAGE", 7)
    for number in range(30):
        await write(store, f"t{number:02}", 0, clock.now())
    listener = Following(store, T, clock.now())
    assert len(await heard(listener)) == 30
    assert await heard(listener) == []


@pytest.mark.parametrize(
    "cursor", ["x", "5", "LTE", "bnVsbA", "!", "OTk5OTk5OTk5OTk5OTk5OTk5", " "]
)
def test_a_cursor_of_others_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput):
        start_of(cursor)
