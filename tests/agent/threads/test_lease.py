import asyncio
from datetime import timedelta

import pytest

from agent.errors import Conflict
from agent.threads.models import ThreadStatus
from agent.threads.service import LEASE
from tests.agent.threads.conftest import SECONDS, TENANT, THREAD, Conversation

LATER = timedelta(seconds=SECONDS, milliseconds=1)


async def test_only_one_of_many_gets_the_lease(conversation: Conversation) -> None:
    await conversation.say("hello")
    leases = await asyncio.gather(*(conversation.lease(f"owner {n}") for n in range(10)))
    assert [lease is not None for lease in leases].count(True) == 1


async def test_there_is_no_lease_where_nothing_waits(conversation: Conversation) -> None:
    assert await conversation.lease() is None
    assert await conversation.lease(thread_id="thr_unknown") is None


async def test_not_even_its_owner_takes_it_twice(conversation: Conversation) -> None:
    await conversation.say("hello")
    await conversation.leased()
    assert await conversation.lease() is None


async def test_a_lapsed_lease_passes_on(conversation: Conversation) -> None:
    await conversation.say("hello")
    first = await conversation.leased("one")
    conversation.clock.advance(timedelta(seconds=SECONDS))
    assert await conversation.lease("two") is None
    conversation.clock.advance(timedelta(milliseconds=1))
    second = await conversation.leased("two")
    assert second.fence == first.fence + 1


async def test_an_abandoned_lease_is_free_at_once(conversation: Conversation) -> None:
    await conversation.say("hello")
    first = await conversation.leased("one")
    await conversation.store.abandon_lease(TENANT, THREAD, first)
    second = await conversation.leased("two")
    assert second.fence > first.fence


async def test_a_renewed_lease_lasts_longer(conversation: Conversation) -> None:
    await conversation.say("hello")
    lease = await conversation.leased("one")
    for _ in range(3):
        conversation.clock.advance(timedelta(seconds=SECONDS - 1))
        until = conversation.clock.now() + LEASE
        assert await conversation.store.renew_lease(TENANT, THREAD, lease, until)
        assert await conversation.lease("two") is None


async def test_a_lost_lease_is_not_renewed_or_released(conversation: Conversation) -> None:
    await conversation.say("hello")
    lost = await conversation.leased("one")
    conversation.clock.advance(LATER)
    held = await conversation.leased("two")
    until = conversation.clock.now() + LEASE
    store = conversation.store
    assert not await store.renew_lease(TENANT, THREAD, lost, until)
    await store.abandon_lease(TENANT, THREAD, lost)
    assert await conversation.lease("three") is None
    assert await store.renew_lease(TENANT, THREAD, held, until)


async def test_the_same_owner_does_not_use_its_older_lease(conversation: Conversation) -> None:
    message = await conversation.say("hello")
    old = await conversation.leased("one")
    conversation.clock.advance(LATER)
    await conversation.leased("one")
    with pytest.raises(Conflict):
        await conversation.finish(old, [message])


async def test_a_stale_lease_finishes_nothing(conversation: Conversation) -> None:
    message = await conversation.say("hello")
    stale = await conversation.leased("one")
    conversation.clock.advance(LATER)
    await conversation.leased("two")
    before = await conversation.thread()
    with pytest.raises(Conflict) as refused:
        await conversation.finish(stale, [message])
    assert refused.value.code == "turn_lease_lost"
    assert await conversation.thread() == before
    assert await conversation.messages() == [message]
    assert await conversation.events() == []


async def test_of_two_who_finish_one_turn_one_does(conversation: Conversation) -> None:
    message = await conversation.say("hello")
    stale = await conversation.leased("one")
    conversation.clock.advance(LATER)
    held = await conversation.leased("two")
    results = await asyncio.gather(
        conversation.finish(stale, [message]),
        conversation.finish(held, [message]),
        return_exceptions=True,
    )
    assert [isinstance(result, Conflict) for result in results] == [True, False]
    assert len(await conversation.messages()) == 2


async def test_threads_left_alone_are_found(conversation: Conversation) -> None:
    await conversation.open("thr_quiet")
    await conversation.say("hello")
    store, clock = conversation.store, conversation.clock
    assert await store.abandoned(clock.now()) == [(TENANT, THREAD)]
    lease = await conversation.leased()
    assert await store.abandoned(clock.now()) == []
    clock.advance(LATER)
    assert await store.abandoned(clock.now()) == [(TENANT, THREAD)]
    message = (await conversation.messages())[0]
    await conversation.finish(lease, [message])
    assert await store.abandoned(clock.now() + LATER) == []


async def test_the_lease_is_no_part_of_what_is_seen(conversation: Conversation) -> None:
    await conversation.say("hello")
    await conversation.leased()
    thread = await conversation.thread()
    assert thread.status is ThreadStatus.OPEN
    assert "lease" not in thread.model_dump()
