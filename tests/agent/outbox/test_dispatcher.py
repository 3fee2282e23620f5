import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from agent.audit.chain import Chain
from agent.audit.service import AuditService
from agent.audit.store import AuditStore
from agent.errors import Conflict, Duplicate, TooBusy, Unavailable
from agent.kit.retry import SOON
from agent.mongo.client import Database
from agent.mongo.repository import Repository
from agent.outbox import dispatcher as module
from agent.outbox.dispatcher import LEASE
from agent.outbox.models import Delivery, DeliveryState, Refused
from tests.agent.outbox.conftest import TENANT, Outbox

LATER = LEASE + timedelta(milliseconds=1)


async def test_what_is_queued_is_delivered_once(outbox: Outbox) -> None:
    await outbox.queue("a")
    assert await outbox.run() == 1
    row = await outbox.row("a")
    assert (row.state, row.attempts, row.error) == (DeliveryState.DONE, 1, None)
    assert row.done_at == outbox.clock.now()
    assert outbox.provider.arrived == [f"{TENANT}:act_a"]
    assert await outbox.audited("a") == ["delivery.done"]
    outbox.clock.advance(timedelta(days=400))
    assert await outbox.run() == 0
    assert outbox.provider.arrived == [f"{TENANT}:act_a"]


async def test_nothing_queued_is_nothing_done(outbox: Outbox) -> None:
    assert not await outbox.dispatcher().run_once()


async def test_the_row_that_is_due_longest_comes_first(outbox: Outbox) -> None:
    for name in "abc":
        await outbox.queue(name)
        outbox.clock.advance(timedelta(seconds=1))
    await outbox.run()
    assert outbox.provider.arrived == [f"{TENANT}:act_{name}" for name in "abc"]


async def test_an_action_is_queued_once_for_ever(outbox: Outbox) -> None:
    await outbox.queue("a")
    await outbox.run()
    with pytest.raises(Duplicate):
        await outbox.queue("a")


async def tamper(outbox: Outbox, name: str) -> None:
    await outbox.services.repository.scoped("outbox", TENANT).update(
        {"delivery_id": f"dlv_{name}"}, {"$set": {"args": {"text": "something else"}}}
    )


async def test_arguments_changed_after_the_approval_are_not_delivered(outbox: Outbox) -> None:
    await outbox.queue("a", "b")
    await tamper(outbox, "a")
    await outbox.run()
    row = await outbox.row("a")
    assert (row.state, row.error) == (DeliveryState.DEAD, "arguments were changed after approval")
    assert await outbox.audited("a") == ["delivery.dead"]
    assert outbox.provider.arrived == [f"{TENANT}:act_b"]


async def test_arguments_changed_between_two_attempts_are_not_delivered(outbox: Outbox) -> None:
    await outbox.queue("a")
    outbox.provider.fails(Unavailable("provider_down", "Try again."))
    await outbox.run()
    await tamper(outbox, "a")
    outbox.provider.answer = None
    outbox.clock.advance(LATER)
    await outbox.run()
    assert (await outbox.row("a")).state is DeliveryState.DEAD
    assert outbox.provider.arrived == []


async def test_many_dispatchers_deliver_every_row_once(outbox: Outbox) -> None:
    names = [str(n) for n in range(20)]
    await outbox.queue(*names)
    attempts = await asyncio.gather(*(outbox.run() for _ in range(4)))
    assert sum(attempts) == 20
    assert Counter(outbox.provider.arrived) == Counter(f"{TENANT}:act_{name}" for name in names)
    for name in names:
        assert (await outbox.row(name)).state is DeliveryState.DONE


class TestRetry:
    async def test_a_failure_is_tried_again_after_a_pause(self, outbox: Outbox) -> None:
        await outbox.queue("a")
        outbox.provider.fails(ConnectionResetError("secret of sam@lee.example"))
        assert await outbox.run() == 1
        row = await outbox.row("a")
        assert (row.state, row.error) == (DeliveryState.FAILED, "ConnectionResetError")
        assert timedelta(0) < await outbox.due_in("a") <= timedelta(seconds=1)
        outbox.provider.answer = None
        outbox.clock.advance(timedelta(seconds=1))
        assert await outbox.run() == 1
        row = await outbox.row("a")
        assert (row.state, row.attempts, row.error) == (DeliveryState.DONE, 2, None)
        assert await outbox.audited("a") == ["delivery.done", "delivery.failed"]

    async def test_pauses_grow_to_a_limit_and_attempts_end(self, outbox: Outbox) -> None:
        await outbox.queue("a")
        outbox.provider.fails(TimeoutError())
        for attempt in range(1, SOON.attempts):
            assert await outbox.run() == 1
            longest = min(SOON.longest, timedelta(seconds=2 ** (attempt - 1)))
            assert timedelta(0) <= await outbox.due_in("a") <= longest
            outbox.clock.advance(longest)
        assert await outbox.run() == 1
        row = await outbox.row("a")
        assert (row.state, row.attempts) == (DeliveryState.DEAD, SOON.attempts)
        outbox.clock.advance(timedelta(days=400))
        assert await outbox.run() == 0
        assert await outbox.audited("a") == ["delivery.dead"] + ["delivery.failed"] * 9

    async def test_pauses_differ_so_that_rows_do_not_come_back_together(
        self, outbox: Outbox
    ) -> None:
        await outbox.queue(*"abcdef")
        outbox.provider.fails(TimeoutError())
        await outbox.run()
        assert len({await outbox.due_in(name) for name in "abcdef"}) > 3

    @pytest.mark.parametrize("error", [TooBusy, Unavailable])
    async def test_a_provider_may_say_when(
        self, outbox: Outbox, error: type[TooBusy | Unavailable]
    ) -> None:
        await outbox.queue("a")
        outbox.provider.fails(error("provider_busy", "Come back.", retry_after=90))
        await outbox.run()
        assert await outbox.due_in("a") == timedelta(seconds=90)
        assert (await outbox.row("a")).error == "provider_busy"

    async def test_but_not_never(self, outbox: Outbox) -> None:
        await outbox.queue("a")
        outbox.provider.fails(TooBusy("provider_busy", "Come back.", retry_after=10**9))
        await outbox.run()
        assert await outbox.due_in("a") == SOON.longest

    async def test_what_is_refused_is_dead_at_once(self, outbox: Outbox) -> None:
        await outbox.queue("a")
        outbox.provider.fails(Refused("no such template"))
        await outbox.run()
        row = await outbox.row("a")
        assert (row.state, row.error, row.attempts) == (DeliveryState.DEAD, "no such template", 1)
        assert await outbox.audited("a") == ["delivery.dead"]

    async def test_one_that_fails_does_not_hold_up_the_others(self, outbox: Outbox) -> None:
        await outbox.queue("bad", "good")

        async def answer(delivery: Delivery) -> None:
            if delivery.action_id == "act_bad":
                raise TimeoutError

        outbox.provider.answer = answer
        assert await outbox.run() == 2
        assert (await outbox.row("good")).state is DeliveryState.DONE

    async def test_a_provider_that_hangs_is_given_up(
        self, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "CALL_SECONDS", 0.01)
        await outbox.queue("a")

        async def answer(delivery: Delivery) -> None:
            await asyncio.Event().wait()

        outbox.provider.answer = answer
        assert await outbox.run() == 1
        assert (await outbox.row("a")).error == "TimeoutError"

    async def test_a_connector_nobody_has_is_dead(self, outbox: Outbox) -> None:
        await outbox.queue("a")
        await outbox.services.repository.scoped("outbox", TENANT).update(
            {"delivery_id": "dlv_a"}, {"$set": {"connector": "pigeon"}}
        )
        await outbox.run()
        row = await outbox.row("a")
        assert (row.state, row.error) == (DeliveryState.DEAD, "no connector 'pigeon'")


class TestNotIdempotent:
    async def test_an_unclear_failure_is_left_to_a_person(self, outbox: Outbox) -> None:
        outbox.provider.idempotent = False
        outbox.provider.fails(ConnectionResetError(), after=True)
        await outbox.queue("a")
        await outbox.run()
        row = await outbox.row("a")
        assert (row.state, row.error) == (DeliveryState.UNKNOWN, "ConnectionResetError")
        outbox.clock.advance(timedelta(days=1))
        assert await outbox.run() == 0
        assert len(outbox.provider.arrived) == 1
        assert await outbox.audited("a") == ["delivery.unknown"]

    async def test_what_surely_did_not_arrive_is_tried_again(self, outbox: Outbox) -> None:
        outbox.provider.idempotent = False
        outbox.provider.fails(Unavailable("provider_away", "Not reached."))
        await outbox.queue("a")
        await outbox.run()
        outbox.provider.answer = None
        outbox.clock.advance(timedelta(seconds=1))
        await outbox.run()
        assert (await outbox.row("a")).state is DeliveryState.DONE

    async def test_a_death_during_the_call_is_left_to_a_person(self, outbox: Outbox) -> None:
        outbox.provider.idempotent = False
        await outbox.queue("a")
        await outbox.dies("a")
        outbox.clock.advance(LATER)
        assert await outbox.run() == 1
        row = await outbox.row("a")
        assert (row.state, row.error) == (DeliveryState.UNKNOWN, "the sender died during the call")
        assert len(outbox.provider.arrived) == 1
        assert await outbox.audited("a") == ["delivery.unknown"]

    async def test_a_row_that_waits_after_a_failure_was_not_in_a_call(self, outbox: Outbox) -> None:
        outbox.provider.idempotent = False
        outbox.provider.fails(TooBusy("provider_busy", "Later."))
        await outbox.queue("a")
        await outbox.run()
        outbox.provider.answer = None
        outbox.clock.advance(LATER)
        await outbox.run()
        assert (await outbox.row("a")).state is DeliveryState.DONE


class TestDeath:
    async def test_a_leased_row_is_left_alone(self, outbox: Outbox) -> None:
        await outbox.queue("a")
        await outbox.dies("a", arrived=False)
        outbox.clock.advance(LEASE - timedelta(milliseconds=1))
        assert await outbox.run() == 0

    @pytest.mark.parametrize("arrived", [False, True])
    async def test_after_the_lease_it_is_sent_again_under_its_key(
        self, outbox: Outbox, arrived: bool
    ) -> None:
        await outbox.queue("a")
        await outbox.dies("a", arrived=arrived)
        outbox.clock.advance(LATER)
        assert await outbox.run() == 1
        assert (await outbox.row("a")).state is DeliveryState.DONE
        assert set(outbox.provider.arrived) == {f"{TENANT}:act_a"}

    async def test_a_row_on_which_everybody_dies_is_left_to_a_person(self, outbox: Outbox) -> None:
        await outbox.queue("a")
        for _ in range(SOON.attempts):
            await outbox.dies("a")
            outbox.clock.advance(LATER)
        await outbox.run()
        assert (await outbox.row("a")).state is DeliveryState.UNKNOWN
        outbox.clock.advance(LATER)
        assert await outbox.run() == 0

    async def test_who_comes_back_from_the_dead_writes_nothing(self, outbox: Outbox) -> None:
        await outbox.queue("a")
        stale = await outbox.dies("a")
        outbox.clock.advance(LATER)
        await outbox.run()
        before = await outbox.row("a")
        await outbox.outcomes().write(TENANT, stale, {"state": DeliveryState.DEAD, "error": "late"})
        assert await outbox.row("a") == before
        assert await outbox.audited("a") == ["delivery.done"]

    async def test_nor_while_another_one_is_at_it(self, outbox: Outbox) -> None:
        await outbox.queue("a")
        stale = await outbox.dies("a")
        outbox.clock.advance(LATER)
        held = await outbox.dies("a")
        outcomes = outbox.outcomes()
        await asyncio.gather(
            outcomes.write(TENANT, stale, {"state": DeliveryState.DEAD, "error": "late"}),
            outcomes.write(TENANT, held, {"state": DeliveryState.DONE, "error": None}),
        )
        assert (await outbox.row("a")).state is DeliveryState.DONE
        assert await outbox.audited("a") == ["delivery.done"]

    async def test_a_slow_call_is_not_reported_over_a_newer_one(self, outbox: Outbox) -> None:
        """The lease lapses during the call; another dispatcher delivers meanwhile."""
        await outbox.queue("a")
        slow, done = asyncio.Event(), asyncio.Event()

        async def answer(delivery: Delivery) -> None:
            if delivery.attempts == 1:
                slow.set()
                await done.wait()
                raise Refused("too late to matter")

        outbox.provider.answer = answer
        first = asyncio.create_task(outbox.run())
        await slow.wait()
        outbox.clock.advance(LATER)
        assert await outbox.run() == 1
        done.set()
        await first
        row = await outbox.row("a")
        assert (row.state, row.attempts) == (DeliveryState.DONE, 2)
        assert await outbox.audited("a") == ["delivery.done"]

    async def test_an_outcome_that_cannot_be_audited_is_not_written(self, outbox: Outbox) -> None:
        await outbox.queue("a")
        async with Database("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50", "away") as away:
            audit = AuditService(AuditStore(Repository(away)), outbox.clock, Chain(b"k" * 32))
            with pytest.raises(Unavailable):
                await outbox.dispatcher(audit).run_once()
        assert (await outbox.row("a")).state is DeliveryState.LEASED
        outbox.clock.advance(LATER)
        await outbox.run()
        assert (await outbox.row("a")).state is DeliveryState.DONE
        assert await outbox.audited("a") == ["delivery.done"]


async def test_a_queued_row_that_is_undone_is_never_sent(outbox: Outbox) -> None:
    async def write() -> None:
        await outbox.queue("a")
        raise Conflict("tour_slot_taken", "Somebody was faster.")

    with pytest.raises(Conflict):
        await outbox.services.repository.transact(write)
    assert await outbox.run() == 0


async def test_rows_come_by_pages_newest_first(outbox: Outbox) -> None:
    for name in "abcde":
        await outbox.queue(name)
        outbox.clock.advance(timedelta(seconds=1))
    first = await outbox.store.page(TENANT, limit=2)
    second = await outbox.store.page(TENANT, limit=3, cursor=first.next_cursor)
    ids = [row.action_id for row in [*first.items, *second.items]]
    assert ids == ["act_e", "act_d", "act_c", "act_b", "act_a"]
    assert second.next_cursor is None
    assert (await outbox.store.page("rival")).items == []


async def test_a_row_that_is_no_delivery_is_given_up_alone(outbox: Outbox) -> None:
    await outbox.queue("a", "b")
    rows = outbox.services.repository.scoped("outbox", TENANT)
    await rows.update({"delivery_id": "dlv_a"}, {"$unset": {"args": 1}})
    assert await outbox.run() == 1
    assert outbox.provider.arrived == [f"{TENANT}:act_b"]
    row = await rows.find_one({"delivery_id": "dlv_a"})
    assert row is not None
    assert (row["state"], row["open"]) == (DeliveryState.DEAD, False)


async def test_deliveries_go_on_after_whatever_broke_a_look(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    await outbox.queue("a")
    claim, calls = outbox.store.claim, 0

    async def breaks(*args: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ValueError("nobody thought of it")
        return await claim(*args, **named)

    monkeypatch.setattr(outbox.store, "claim", breaks)
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    stopping = asyncio.Event()
    running = asyncio.create_task(outbox.dispatcher().run(stopping, pause=0.01))
    arrived = asyncio.Event()

    async def answer(delivery: Delivery) -> None:
        arrived.set()

    outbox.provider.answer = answer
    await asyncio.wait_for(arrived.wait(), 60)
    stopping.set()
    await running
