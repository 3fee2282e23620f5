"""A process dies at every commit boundary; the next one loses nothing and doubles nothing."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from agent.kit.clock import ManualClock
from agent.kit.failpoints import EXIT_CODE
from agent.outbox.models import DeliveryState
from agent.privacy.models import Contact
from agent.services import Services
from agent.threads.models import Role
from agent.tours.models import TourStatus
from graphs.runtime import Runtime, open_runtime
from graphs.tickets.runtime import open_desk
from tests.agent.tickets.cases import opened

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("children")]

ROOT = Path(__file__).parents[2]
TENANT = "default"
TO_THE_YES = (
    "2 bedrooms in Denver under 2300, moving in May, no pets",
    "I'd like to tour the second one",
    "the first time",
)
Step = Callable[..., Awaitable[int]]


@pytest.fixture
def step(mongod_uri: str, demo: Services, clock: ManualClock, tmp_path: Path) -> Step:
    """Runs one step in a child process and returns its exit code."""

    async def run(name: str, failpoint: str, **more: str) -> int:
        job = {
            "uri": mongod_uri,
            "database": demo.database.name,
            "data_dir": str(tmp_path),
            "now": clock.now().isoformat(),
            "failpoint": failpoint,
            "step": name,
            **more,
        }
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            str(Path(__file__).with_name("process.py")),
            json.dumps(job),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        return await child.wait()

    return run


async def started(services: Services, *texts: str) -> str:
    """A thread that has come as far as `texts`."""
    async with open_runtime(services) as runtime:
        opened = await runtime.start(TENANT, contact=Contact(email="kim@example.com"))
        for text in texts:
            await runtime.reply(TENANT, opened.thread_id, text)
    return opened.thread_id


async def recovered(runtime: Runtime, clock: ManualClock, thread_id: str) -> None:
    """What a restarted server does first, once the dead one's lease has run out."""
    clock.advance(timedelta(seconds=31))
    await runtime.sweep()
    await runtime.caught_up(TENANT, thread_id)


async def assert_answered_once(services: Services, thread_id: str) -> None:
    stored = await services.threads.store.messages(TENANT, thread_id)
    assert [m.turn_index for m in stored] == list(range(len(stored)))
    asked = [m.message_id for m in stored if m.role in (Role.LEAD, Role.SYSTEM)]
    answered = [i for m in stored if m.role is Role.AGENT for i in m.answers]
    assert answered == asked
    assert asked.count("m-crash") <= 1
    events = await services.events.after(TENANT, thread_id, -1)
    assert [event.seq for event in events] == list(range(len(events)))
    replies = [m.message_id for m in stored if m.role is Role.AGENT and m.answers]
    told = [event.data["message_id"] for event in events if event.type == "message"]
    assert [message_id for message_id in told if message_id in replies] == replies


class TestReply:
    @pytest.mark.parametrize(
        "failpoint",
        [
            "accept",
            "lease",
            "checkpoint",
            "finish",
            "filing",
            "filing_messages",
            "filing_events",
            "filed",
        ],
    )
    async def test_the_message_is_answered_once(
        self, demo: Services, clock: ManualClock, step: Step, failpoint: str
    ) -> None:
        thread_id = await started(demo, *TO_THE_YES)
        code = await step("reply", failpoint, thread_id=thread_id, text="yes please")
        assert code == EXIT_CODE
        async with open_runtime(demo) as runtime:
            await recovered(runtime, clock, thread_id)
            await assert_answered_once(demo, thread_id)
            answer = await runtime.reply(
                TENANT, thread_id, "yes please", message_id="m-crash"
            )  # the client tries again with the same key
        assert [a.action for a in answer.pending_actions] == ["schedule_tour"]
        await assert_answered_once(demo, thread_id)
        tours = await demo.tours.of_thread(TENANT, thread_id)
        assert [tour.status for tour in tours] == [TourStatus.PROPOSED]


class TestDecision:
    @pytest.mark.parametrize(
        ("failpoint", "decided"),
        [
            ("before_decision", False),
            ("after_decision", True),
            ("lease", True),
            ("checkpoint", True),
            ("finish", True),
        ],
    )
    async def test_it_is_carried_out_and_told_once(
        self, demo: Services, clock: ManualClock, step: Step, failpoint: str, decided: bool
    ) -> None:
        thread_id = await started(demo, *TO_THE_YES, "yes")
        [row] = await demo.approvals.store.pending(TENANT, thread_id)
        code = await step("decide", failpoint, thread_id=thread_id, action_id=row.action_id)
        assert code == EXIT_CODE
        assert (await demo.approvals.get(TENANT, row.action_id)).status == (
            "approved" if decided else "pending"
        )
        clock.advance(timedelta(seconds=31))
        assert await step("decide", "", thread_id=thread_id, action_id=row.action_id) == 0
        async with open_runtime(demo) as runtime:
            await recovered(runtime, clock, thread_id)
        await assert_answered_once(demo, thread_id)
        stored = await demo.threads.store.messages(TENANT, thread_id)
        assert sum("booked" in m.text for m in stored if m.role is Role.AGENT) == 1
        [tour] = await demo.tours.of_thread(TENANT, thread_id)
        assert tour.status is TourStatus.BOOKED
        assert len((await demo.outbox.store.page(TENANT)).items) == 1


class TestPublishing:
    @pytest.mark.parametrize(
        ("failpoint", "approved"), [("knowledge_publish", False), ("knowledge_published", True)]
    )
    async def test_an_approval_is_whole_or_not_at_all(
        self, demo: Services, step: Step, failpoint: str, approved: bool
    ) -> None:
        [ticket] = await opened(demo, draft_title="Keypads")
        ticket_id = ticket.ticket_id
        assert await step("approve", failpoint, ticket_id=ticket_id) == EXIT_CODE
        left = await demo.tickets.get(TENANT, ticket_id)
        drafted = await demo.knowledge.get(TENANT, "KB-SYN-0001")
        published = await demo.knowledge.store.by_ids(TENANT, ["KB-NEW-0001"])
        if approved:
            assert (left.status, left.knowledge_id) == ("approved", "KB-NEW-0001")
            assert published["KB-NEW-0001"].text == left.final_resolution
            assert drafted.published_as == "KB-NEW-0001"
        else:
            assert (left, published, drafted.status) == (ticket, {}, "draft")
        # the reviewer tries again, then the worker's loops come by
        assert await step("approve", "", ticket_id=ticket_id) == 0
        await demo.knowledge.follow_all()
        await demo.tickets.follow_all()
        found = await demo.knowledge.search(TENANT, "reset the keypad", kinds=("resolution",))
        assert [each.article.knowledge_id for each in found] == ["KB-NEW-0001"]
        hits = await demo.chunks.search(TENANT, "tickets", "gate code refused")
        assert [hit.source_id for hit in hits] == [ticket_id]
        rows = await demo.repository.scoped("audit", TENANT).find({"subject": ticket_id})
        assert [row["kind"] for row in rows].count("ticket.approved") == 1
        assert await demo.repository.scoped("counters", TENANT).find_one({"name": "KB-NEW"}) == {
            "tenant_id": TENANT,
            "name": "KB-NEW",
            "last": 1,
        }


class TestTicketGraph:
    async def test_a_ticket_is_resolved_once_and_asked_about_in_the_end(
        self, demo: Services, step: Step
    ) -> None:
        [ticket] = await opened(demo)
        ticket_id = ticket.ticket_id
        assert await step("resolve", "ticket_question", ticket_id=ticket_id) == EXIT_CODE
        before = await demo.tickets.get(TENANT, ticket_id)
        assert before.resolution_content
        checkpoints = demo.repository.scoped("checkpoints", TENANT)
        assert await checkpoints.count({}) == 0
        assert await step("resolve", "", ticket_id=ticket_id) == 0
        assert await demo.tickets.get(TENANT, ticket_id) == before
        assert await checkpoints.count({}) == 1

        assert await step("desk_approve", "ticket_decided", ticket_id=ticket_id) == EXIT_CODE
        approved = await demo.tickets.get(TENANT, ticket_id)
        assert approved.status == "approved"
        assert await checkpoints.count({}) == 1
        async with open_desk(demo) as desk:
            await desk.sweep()
        assert await checkpoints.count({}) == 0
        assert await demo.tickets.get(TENANT, ticket_id) == approved
        published = await demo.knowledge.search(TENANT, "gate code keypad", kinds=("resolution",))
        assert [each.article.knowledge_id for each in published] == [approved.knowledge_id]


class TestDelivery:
    @pytest.mark.parametrize("failpoint", ["before_delivery", "after_delivery"])
    async def test_it_arrives_once(
        self, demo: Services, clock: ManualClock, step: Step, failpoint: str
    ) -> None:
        thread_id = await started(demo, *TO_THE_YES, "yes")
        [row] = await demo.approvals.store.pending(TENANT, thread_id)
        assert await step("decide", "", thread_id=thread_id, action_id=row.action_id) == 0
        assert await step("deliver", failpoint) == EXIT_CODE
        clock.advance(timedelta(minutes=1))
        assert await step("deliver", "") == 0
        [delivery] = (await demo.outbox.store.page(TENANT)).items
        assert delivery.state is DeliveryState.DONE
        assert delivery.attempts == 2
        assert await demo.repository.scoped("recorded", TENANT).count({}) == 1
