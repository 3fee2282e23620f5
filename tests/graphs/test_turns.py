"""What holds when many things happen to one thread at once, or in the wrong order."""

import asyncio
from datetime import timedelta
from typing import Any

import bson
import pytest

from agent.approvals.models import ApprovalStatus, Decision
from agent.errors import Conflict, Gone, Unavailable
from agent.kit.clock import ManualClock
from agent.outbox.dispatcher import Dispatcher
from agent.outbox.models import DeliveryState
from agent.privacy.models import Contact
from agent.services import Services
from agent.threads.models import Role
from agent.tours.models import TourStatus
from graphs.runtime import Runtime, open_runtime
from tests.graphs.test_conversation import TENANT, TO_THE_YES, Lead
from tools.connectors.record import RecordConnector

APPROVE = Decision(decision="approve")


@pytest.fixture
async def pending(runtime: Runtime) -> Lead:
    """A lead whose tour waits for a person."""
    started = await runtime.start(TENANT, contact=Contact(name="Kim Doe", phone="+15035550142"))
    lead = Lead(runtime, started.thread_id)
    await lead.says(*TO_THE_YES, "yes")
    return lead


def dispatcher(services: Services) -> Dispatcher:
    import random

    return Dispatcher(
        services.repository,
        services.outbox.store,
        services.audit,
        services.clock,
        services.failpoints,
        {"record": RecordConnector(services.repository, services.clock)},
        random.Random(0),
    )


async def action_id(lead: Lead) -> str:
    [row] = await lead.runtime.services.approvals.store.pending(TENANT, lead.thread_id)
    return row.action_id


async def _accepted(runtime: Runtime, thread_id: str, message_id: str) -> bool:
    store = runtime.services.threads.store
    return await store.message(TENANT, thread_id, message_id) is not None


class TestConcurrentReplies:
    async def test_twenty_at_once_are_kept_in_order_and_each_is_answered(
        self, runtime: Runtime
    ) -> None:
        started = await runtime.start(TENANT)
        texts = [f"message number {n}" for n in range(20)]
        answers = await asyncio.gather(
            *(
                runtime.reply(TENANT, started.thread_id, text, message_id=f"m{n}")
                for n, text in enumerate(texts)
            )
        )
        stored = await runtime.services.threads.store.messages(TENANT, started.thread_id)
        from_lead = [message for message in stored if message.role is Role.LEAD]
        assert sorted(message.text for message in from_lead) == sorted(texts)
        assert [m.turn_index for m in stored] == list(range(len(stored)))
        for n, answer in enumerate(answers):
            assert answer.message_id == f"m{n}"
            assert f"m{n}" in answer.coalesced
        answered = [i for m in stored if m.role is Role.AGENT for i in m.answers]
        assert sorted(answered) == sorted(message.message_id for message in from_lead)

    async def test_two_processes_share_a_thread(self, runtime: Runtime) -> None:
        started = await runtime.start(TENANT)
        async with open_runtime(runtime.services) as other:
            await asyncio.gather(
                *(
                    side.reply(TENANT, started.thread_id, f"hello {n}", message_id=f"m{n}")
                    for n in range(5)
                    for side in (runtime, other)
                    if (n % 2 == 0) == (side is runtime)
                )
            )
        stored = await runtime.services.threads.store.messages(TENANT, started.thread_id)
        answered = [i for m in stored if m.role is Role.AGENT for i in m.answers]
        assert sorted(answered) == [f"m{n}" for n in range(5)]

    async def test_the_same_message_id_has_one_answer(self, runtime: Runtime) -> None:
        started = await runtime.start(TENANT)
        first, again = await asyncio.gather(
            *(
                runtime.reply(TENANT, started.thread_id, "hi there", message_id="m1")
                for _ in range(2)
            )
        )
        assert first == again
        stored = await runtime.services.threads.store.messages(TENANT, started.thread_id)
        assert len(stored) == 3  # disclosure, message, reply

    async def test_a_cancelled_caller_leaves_the_turn_running(self, runtime: Runtime) -> None:
        started = await runtime.start(TENANT)
        call = asyncio.create_task(
            runtime.reply(TENANT, started.thread_id, "hello", message_id="m1")
        )
        async with asyncio.timeout(60):
            while not await _accepted(runtime, started.thread_id, "m1"):
                pass
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        await runtime.caught_up(TENANT, started.thread_id)
        last = await runtime.services.threads.store.latest(TENANT, started.thread_id, Role.AGENT)
        assert last is not None
        assert last.answers == ["m1"]


class TestButtons:
    async def test_a_favorite_saved_during_a_turn_stays(
        self, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        started = await runtime.start(TENANT, message="2 bedrooms in Denver")
        assert started.answer is not None
        first, second = (home.listing_id for home in started.answer.listings[:2])
        threads = type(runtime.services.threads)
        finish = threads.finish

        async def after_the_button(*args: Any, **more: Any) -> Any:
            await runtime.services.threads.store.note_action(
                TENANT, started.thread_id, favorites=[second], handoff=None
            )
            return await finish(*args, **more)

        monkeypatch.setattr(threads, "finish", after_the_button)
        await runtime.reply(TENANT, started.thread_id, "save the first one to my favorites")
        thread = await runtime.services.threads.get(TENANT, started.thread_id)
        assert sorted(thread.favorites) == sorted([first, second])


class TestApprovals:
    @pytest.mark.untraced
    async def test_a_hundred_approvals_have_one_effect(self, pending: Lead) -> None:
        services = pending.runtime.services
        wanted = await action_id(pending)
        rows = await asyncio.gather(
            *(
                pending.runtime.decide(TENANT, wanted, APPROVE, actor=f"agent-{n}")
                for n in range(100)
            ),
            return_exceptions=True,
        )
        assert all(
            isinstance(row, Conflict) or getattr(row, "status", None) == "approved" for row in rows
        )
        deliver = dispatcher(services)
        while await deliver.run_once():
            pass
        deliveries = (await services.outbox.store.page(TENANT)).items
        assert [d.state for d in deliveries] == [DeliveryState.DONE]
        assert await services.repository.scoped("recorded", TENANT).count({}) == 1
        await pending.runtime.caught_up(TENANT, pending.thread_id)
        assert await pending.tours() == [TourStatus.BOOKED]

    async def test_the_lead_chats_on_while_it_waits_and_it_is_done_once(
        self, pending: Lead
    ) -> None:
        wanted = await action_id(pending)
        for text in ("is there parking?", "what are the fees?", "thanks!", "hm", "any specials?"):
            answer = await pending.says(text)
            assert [a.action_id for a in answer.pending_actions] == [wanted]
        await pending.office("approve")
        assert await pending.tours() == [TourStatus.BOOKED]
        assert "booked" in await pending.last_line()
        stored = await pending.runtime.services.threads.store.messages(TENANT, pending.thread_id)
        assert sum("booked" in m.text for m in stored if m.role is Role.AGENT) == 1

    async def test_approved_and_asked_at_the_same_moment(self, pending: Lead) -> None:
        wanted = await action_id(pending)
        await asyncio.gather(
            pending.says("is there parking?"),
            pending.runtime.decide(TENANT, wanted, APPROVE, actor="office"),
        )
        await pending.runtime.caught_up(TENANT, pending.thread_id)
        stored = await pending.runtime.services.threads.store.messages(TENANT, pending.thread_id)
        assert sum("booked" in m.text for m in stored if m.role is Role.AGENT) == 1
        assert await pending.tours() == [TourStatus.BOOKED]

    async def test_the_interrupt_stays_open_for_other_inboxes(self, pending: Lead) -> None:
        await pending.says("is there parking?")
        runner = pending.runtime._runner
        snapshot = await runner._graph.aget_state(
            {"configurable": {"thread_id": f"{TENANT}/{pending.thread_id}"}}
        )
        [interrupt] = snapshot.interrupts
        value = interrupt.value
        assert value["action_id"] == await action_id(pending)
        [request] = value["action_requests"]
        assert request["args"] == request["arguments"] == value["action_request"]["args"]
        assert "@" not in str(value)
        assert "555" not in str(value)

    async def test_expired_is_gone_and_told(self, pending: Lead, clock: ManualClock) -> None:
        wanted = await action_id(pending)
        clock.advance(timedelta(hours=25))
        with pytest.raises(Gone):
            await pending.runtime.decide(TENANT, wanted, APPROVE, actor="late")
        await pending.runtime.sweep()
        row = await pending.runtime.services.approvals.get(TENANT, wanted)
        assert row.status is ApprovalStatus.EXPIRED
        assert "lapsed" in await pending.last_line()
        assert TourStatus.BOOKED not in await pending.tours()


class TestGrowth:
    @pytest.mark.untraced
    async def test_a_long_thread_grows_in_a_straight_line(self, runtime: Runtime) -> None:
        started = await runtime.start(TENANT, contact=Contact(email="kim@example.com"))
        texts = (
            "2 bedrooms in Denver under 2300",
            "does the second one have parking?",
            "show me other options",
            "what are the fees?",
            "actually 1 bedroom in Portland",
        )
        sizes = {0: await _size(runtime.services)}
        for turn in range(1, 101):
            await runtime.reply(TENANT, started.thread_id, texts[turn % len(texts)])
            if turn in (10, 20, 90, 100):
                sizes[turn] = await _size(runtime.services)
        early, late = sizes[20] - sizes[10], sizes[100] - sizes[90]
        assert late <= 1.2 * early
        assert late / 10 <= 6_000
        handle = runtime.services.database.handle
        assert await handle["checkpoints"].count_documents({}) == 0
        assert await handle["threads"].count_documents({"graph": {"$type": "object"}}) == 1


async def _size(services: Services) -> int:
    """Bytes of all documents."""
    await services.threads.filing.settle(TENANT)
    handle = services.database.handle
    names = await handle.list_collection_names(filter={"name": {"$nin": ["meta", "listings"]}})
    return sum([len(bson.encode(row)) for name in names async for row in handle[name].find({})])


class TestRecovery:
    async def test_a_turn_that_could_not_be_written_is_not_run_twice(
        self, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        started = await runtime.start(TENANT, contact=Contact(email="kim@example.com"))
        lead = Lead(runtime, started.thread_id)
        await lead.says(*TO_THE_YES)
        threads = type(runtime.services.threads)
        finish = threads.finish

        async def away(*_: object, **__: object) -> None:
            raise Unavailable("database_unavailable", "The database is away.", retry_after=2)

        monkeypatch.setattr(threads, "finish", away)
        with pytest.raises(Unavailable):
            await runtime.reply(TENANT, started.thread_id, "yes", message_id="m1")
        monkeypatch.setattr(threads, "finish", finish)
        answer = await runtime.reply(TENANT, started.thread_id, "yes", message_id="m1")
        assert "say:proposed" in answer.why.rules
        assert len(answer.pending_actions) == 1

    async def test_one_broken_thread_does_not_hold_up_the_others(
        self, runtime: Runtime, clock: ManualClock
    ) -> None:
        services = runtime.services
        broken = await runtime.start(TENANT)
        await services.threads.accept(TENANT, broken.thread_id, "hello")
        await services.repository.scoped("leads", TENANT).delete_many({"lead_id": broken.lead_id})
        fine = await runtime.start(TENANT)
        await services.threads.accept(TENANT, fine.thread_id, "hello")
        await runtime.sweep()
        assert (await services.threads.get(TENANT, fine.thread_id)).unanswered == 0
