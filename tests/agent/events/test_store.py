from datetime import UTC, datetime, timedelta

import pytest

from agent.errors import Duplicate
from agent.events.models import Event
from agent.events.store import EventStore
from agent.mongo.repository import Repository

NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)


@pytest.fixture
def events(repository: Repository) -> EventStore:
    return EventStore(repository)


async def test_events_are_numbered_from_the_reserved_one(events: EventStore) -> None:
    happened = [Event(type="tour.booked", data={"action_id": "act_1"}), Event(type="message")]
    await events.append("acme", "thr_1", 5, happened, NOW)
    stored = await events.after("acme", "thr_1", -1)
    assert [(event.seq, event.type) for event in stored] == [(5, "tour.booked"), (6, "message")]
    assert stored[0].data == {"action_id": "act_1"}
    assert {event.at for event in stored} == {NOW}


async def test_a_listener_goes_on_where_it_left_off(events: EventStore) -> None:
    await events.append("acme", "thr_1", 0, [Event(type="message")] * 10, NOW)
    assert [event.seq for event in await events.after("acme", "thr_1", 6)] == [7, 8, 9]
    assert [event.seq for event in await events.after("acme", "thr_1", -1, limit=3)] == [0, 1, 2]
    assert await events.after("acme", "thr_1", 9) == []
    assert await events.after("acme", "thr_1", 2**62) == []


async def test_threads_and_tenants_hear_their_own(events: EventStore) -> None:
    await events.append("acme", "thr_1", 0, [Event(type="message")], NOW)
    await events.append("acme", "thr_2", 0, [Event(type="message")], NOW)
    assert [event.thread_id for event in await events.after("acme", "thr_2", -1)] == ["thr_2"]
    assert await events.after("rival", "thr_1", -1) == []


async def test_nothing_happened_is_nothing_written(events: EventStore) -> None:
    await events.append("acme", "thr_1", 0, [], NOW)
    assert await events.after("acme", "thr_1", -1) == []


async def test_a_number_is_given_once(events: EventStore, repository: Repository) -> None:
    await events.append("acme", "thr_1", 0, [Event(type="message")], NOW)
    with pytest.raises(Duplicate):
        await repository.transact(
            lambda: events.append("acme", "thr_1", 0, [Event(type="other")], NOW)
        )
    assert [event.type for event in await events.after("acme", "thr_1", -1)] == ["message"]


async def test_what_others_may_hear_waits_to_be_told_in_order(events: EventStore) -> None:
    told = [Event(type="tour.proposed"), Event(type="message"), Event(type="tour.booked")]
    await events.append("acme", "thr_1", 0, told, NOW)
    await events.append("rival", "thr_1", 0, told[1:2], NOW)
    assert await events.tenants_due(limit=10) == ["acme"]
    taken = await events.take_due("acme", limit=10)
    assert [(event.seq, event.type) for event in taken] == [
        (0, "tour.proposed"),
        (2, "tour.booked"),
    ]
    assert await events.tenants_due(limit=10) == []
    assert len(await events.after("acme", "thr_1", -1)) == 3


async def test_an_event_of_no_thread_is_alone(events: EventStore) -> None:
    for _ in range(2):
        await events.tell("acme", Event(type="lead.created", data={"lead_id": "lead_1"}), NOW)
    taken = await events.take_due("acme", limit=10)
    assert [event.type for event in taken] == ["lead.created"] * 2
    assert len({event.thread_id for event in taken}) == 2


async def test_a_taken_event_that_is_undone_still_waits(
    events: EventStore, repository: Repository
) -> None:
    await events.append("acme", "thr_1", 0, [Event(type="tour.booked")], NOW)

    async def take() -> None:
        assert await events.take_due("acme", limit=10)
        raise Duplicate("outbox_key_taken", "It stands already.")

    with pytest.raises(Duplicate):
        await repository.transact(take)
    assert await events.tenants_due(limit=10) == ["acme"]


async def test_a_thread_is_told_in_its_own_order_whatever_its_clocks_said(
    events: EventStore,
) -> None:
    booked = [Event(type="tour.booked")]
    await events.append("acme", "thr_1", 0, booked, NOW + timedelta(seconds=2))
    await events.append("acme", "thr_2", 0, booked, NOW + timedelta(seconds=1))
    await events.append("acme", "thr_1", 1, booked, NOW)
    taken = await events.take_due("acme", limit=10)
    assert [(each.thread_id, each.seq) for each in taken] == [
        ("thr_1", 0),
        ("thr_2", 0),
        ("thr_1", 1),
    ]
