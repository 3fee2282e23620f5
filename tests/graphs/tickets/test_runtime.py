"""Tickets through the graph: to their question, decided, on to the end; what is kept meanwhile."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from agent.errors import Conflict
from agent.jobs.models import JobError
from agent.kit.clock import ManualClock
from agent.services import Services
from agent.tenants.models import Tenant
from agent.tickets.models import Case, Status, Ticket
from agent.tickets.reviewers import Reviewer
from graphs.tickets.graph import build
from graphs.tickets.runtime import TicketDesk, open_desk
from graphs.tickets.state import TicketState
from tests.graphs.tickets.conftest import TENANT
from tests.graphs.tickets.examples import CASE, draft

ANN = Reviewer(name="user:ann", user_id="usr_ann", tier=3)


async def add(services: Services, *numbers: int, **changes: str) -> list[str]:
    drafts = [(number, draft(number, **changes)) for number in numbers]
    return (await services.tickets.add(TENANT, drafts, created_by="usr_1")).ticket_ids


async def opened(desk: TicketDesk, ticket_id: str) -> None:
    await desk.services.reviewing.set_status(TENANT, ticket_id, ANN, Status.IN_PROGRESS)


async def checkpoints(services: Services) -> tuple[int, int]:
    rows = [
        services.repository.scoped(name, TENANT) for name in ("checkpoints", "checkpoint_writes")
    ]
    return await rows[0].count({}), await rows[1].count({})


class TestResolving:
    async def test_each_ticket_gets_a_resolution_and_a_question(self, desk: TicketDesk) -> None:
        ids = await add(desk.services, 1, 2, 3)
        told: list[int] = []

        async def step(done: int) -> None:
            told.append(done)

        await desk.resolve(TENANT, ids, step)
        assert told == [1, 2, 3]
        for ticket in (await desk.services.tickets.store.by_ids(TENANT, ids)).values():
            assert ticket.status is Status.PENDING
            assert ticket.resolution_content
            assert ticket.resolution_content.startswith("KB: KB-0001")
            assert ticket.kb_id == "KB-0001"
            assert ticket.relevancy_score
            assert ticket.reasoning
            assert ticket.resolved_by == "rules"
        assert (await checkpoints(desk.services))[0] == 3

    async def test_a_checkpoint_holds_no_word_of_the_transcript(self, desk: TicketDesk) -> None:
        [ticket_id] = await add(desk.services, 1)
        await desk.resolve(TENANT, [ticket_id])
        rows = [
            row
            for name in ("checkpoints", "checkpoint_writes")
            for row in await desk.services.repository.scoped(name, TENANT).find({})
        ]
        kept = b"".join(value for row in rows for value in row.values() if isinstance(value, bytes))
        assert ticket_id.encode() in kept
        assert b"restart the reader" not in kept.lower()
        assert sum(len(str(row)) for row in rows) < 12_000

    async def test_doing_it_again_changes_nothing(self, desk: TicketDesk) -> None:
        [ticket_id] = await add(desk.services, 1)
        await desk.resolve(TENANT, [ticket_id])
        before = await desk.services.tickets.get(TENANT, ticket_id)
        kept = await checkpoints(desk.services)
        await desk.resolve(TENANT, [ticket_id])
        assert await desk.services.tickets.get(TENANT, ticket_id) == before
        assert await checkpoints(desk.services) == kept

    async def test_what_was_cut_off_before_its_question_is_asked_without_new_words(
        self, desk: TicketDesk
    ) -> None:
        [ticket_id] = await add(desk.services, 1)
        await desk.resolve(TENANT, [ticket_id])
        before = await desk.services.tickets.get(TENANT, ticket_id)
        for name in ("checkpoints", "checkpoint_writes"):
            await desk.services.repository.scoped(name, TENANT).delete_many({})
        await desk.resolve(TENANT, [ticket_id])
        assert await desk.services.tickets.get(TENANT, ticket_id) == before
        assert (await checkpoints(desk.services))[0] == 1

    async def test_one_that_is_not_there_holds_up_no_other(self, desk: TicketDesk) -> None:
        ids = await add(desk.services, 1)
        await desk.resolve(TENANT, ["CS-NONE", *ids])
        assert (await desk.services.tickets.get(TENANT, ids[0])).resolution_content

    async def test_without_an_article_a_draft_is_kept(self, desk: TicketDesk) -> None:
        said = {
            "subject": "Payroll import loses columns",
            "description": "The payroll import drops two columns.",
            "transcript": "Agent: Please export the sheet again.\nCaller: Now they are there.",
            "category": "Payroll",
            "product": "Paymaster",
        }
        [ticket_id] = await add(desk.services, 1, **said)
        await desk.resolve(TENANT, [ticket_id])
        ticket = await desk.services.tickets.get(TENANT, ticket_id)
        assert ticket.kb_id is None
        assert ticket.generated_kb_id
        assert "1. Export the sheet again." in (ticket.resolution_content or "")
        assert (ticket.relevancy_score or 0) < 50


class TestDeciding:
    async def test_an_approval_ends_the_graph_and_its_checkpoints(self, desk: TicketDesk) -> None:
        ids = await add(desk.services, 1, 2)
        await desk.resolve(TENANT, ids)
        for ticket_id in ids:
            await opened(desk, ticket_id)
        approved = await desk.approve(TENANT, ids[0], ANN)
        await desk.reject(TENANT, ids[1], ANN, reason="Another gate.")
        await desk.close()
        assert approved.ticket.status is Status.APPROVED
        assert await checkpoints(desk.services) == (0, 0)
        grounds = (await desk.generate(TENANT, CASE))[1]
        assert [vote.tickets for vote in grounds.votes] == [[ids[0]]]

    async def test_what_the_review_refuses_leaves_everything_waiting(
        self, desk: TicketDesk
    ) -> None:
        [ticket_id] = await add(desk.services, 1)
        await desk.resolve(TENANT, [ticket_id])
        with pytest.raises(Conflict, match="in_progress"):
            await desk.approve(TENANT, ticket_id, ANN)
        await desk.close()
        assert (await checkpoints(desk.services))[0] == 1

    async def test_approvals_at_one_moment_publish_once(self, desk: TicketDesk) -> None:
        [ticket_id] = await add(desk.services, 1)
        await desk.resolve(TENANT, [ticket_id])
        await opened(desk, ticket_id)
        done = await asyncio.gather(*(desk.approve(TENANT, ticket_id, ANN) for _ in range(4)))
        await desk.close()
        assert len({each.knowledge.knowledge_id for each in done}) == 1
        assert await checkpoints(desk.services) == (0, 0)

    async def test_a_decision_whose_process_died_is_followed_by_a_sweep(
        self, desk: TicketDesk
    ) -> None:
        ids = await add(desk.services, 1, 2)
        await desk.resolve(TENANT, ids)
        await opened(desk, ids[0])
        await desk.services.reviewing.approve(TENANT, ids[0], ANN)
        async with open_desk(desk.services) as another:
            await another.sweep()
        assert (await checkpoints(desk.services))[0] == 1
        assert (await desk.services.tickets.get(TENANT, ids[1])).status is Status.PENDING

    async def test_what_was_forgotten_waits_in_no_checkpoint(self, desk: TicketDesk) -> None:
        ids = await add(desk.services, 1, 2)
        await desk.resolve(TENANT, ids)
        await desk.services.tickets.forget(TENANT, ids[0], actor="user:ann")
        await desk.sweep()
        assert (await checkpoints(desk.services))[0] == 1

    async def test_what_a_failed_job_left_gets_its_resolution_from_a_sweep(
        self, desk: TicketDesk, clock: ManualClock
    ) -> None:
        jobs, tickets = desk.services.jobs, desk.services.tickets
        job = await jobs.enqueue(TENANT, "ingest_tickets", {}, actor="usr_1")
        drafts = [(2, draft(1)), (3, draft(2))]
        made = await tickets.add(TENANT, drafts, created_by="usr_1", job_id=job.job_id)
        await tickets.forget(TENANT, made.ticket_ids[1], actor="usr_1")

        async def found() -> bool:
            await desk.sweep()
            return (await tickets.get(TENANT, made.ticket_ids[0])).resolution_content is not None

        clock.advance(timedelta(hours=1))
        assert not await found(), "its job is not over"
        claimed = await jobs.claim("me", ["ingest_tickets"])
        assert claimed
        await jobs.fail(claimed, {}, JobError(code="embedding_unavailable", message="Away."))
        assert await found()
        assert (await tickets.get(TENANT, made.ticket_ids[1])).resolution_content is None

    async def test_a_tenant_that_cannot_be_swept_holds_up_no_other(
        self, desk: TicketDesk, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await desk.services.tenants.put(Tenant(tenant_id="a-first", name="First"))
        [ticket_id] = await add(desk.services, 1)
        clock.advance(timedelta(hours=1))
        read = desk.services.tickets.store.unresolved

        async def breaks(tenant_id: str, *rest: Any) -> list[Ticket]:
            if tenant_id == "a-first":
                raise ValueError("unreadable")
            return await read(tenant_id, *rest)

        monkeypatch.setattr(desk.services.tickets.store, "unresolved", breaks)
        await desk.sweep()
        assert (await desk.services.tickets.get(TENANT, ticket_id)).resolution_content

    async def test_bulk_approval_ends_their_graphs(self, desk: TicketDesk) -> None:
        ids = await add(desk.services, 1, 2)
        await desk.resolve(TENANT, ids)
        approved = await desk.approve_above(TENANT, ANN, 1)
        await desk.close()
        assert {each.ticket.ticket_id for each in approved} == {*ids}
        assert await checkpoints(desk.services) == (0, 0)


async def test_generating_stores_nothing(desk: TicketDesk) -> None:
    said = "Caller: A new fob does not open the gate. Write to kim@example.com."
    found, grounds = await desk.generate(TENANT, Case(transcript=said, product="Gatehouse"))
    assert found.kb_id in {source.id for source in grounds.articles} | {None}
    assert "kim@example.com" not in found.content
    assert (await desk.services.tickets.store.page(TENANT)).items == []
    assert await checkpoints(desk.services) == (0, 0)


class Stepper:
    """The graph with a saver of its own, as Studio runs it."""

    def __init__(self, services: Services) -> None:
        self._graph = build(services).compile(checkpointer=InMemorySaver())
        self._config: RunnableConfig = {"configurable": {"thread_id": "t"}}

    async def start(self, ticket_id: str) -> Any:
        """What it asks."""
        given: TicketState = {"tenant_id": TENANT, "ticket_id": ticket_id}
        return self._asked(await self._graph.ainvoke(given, self._config))

    async def answer(self, answer: object) -> Any:
        """What it asks then, if anything."""
        resume: Command[Any] = Command(resume=answer)
        return self._asked(await self._graph.ainvoke(resume, self._config))

    @staticmethod
    def _asked(state: dict[str, Any]) -> Any:
        return state["__interrupt__"][0].value if "__interrupt__" in state else None


class TestByHand:
    """The graph as Studio runs it, with a saver of its own."""

    @staticmethod
    async def answered(services: Services, ticket_id: str, answer: object) -> Any:
        stepper = Stepper(services)
        await stepper.start(ticket_id)
        return await stepper.answer(answer)

    async def test_the_question_opens_in_every_inbox(self, library: Services) -> None:
        [ticket_id] = await add(library, 1)
        value = await Stepper(library).start(ticket_id)
        ticket = await library.tickets.get(TENANT, ticket_id)
        assert value["action_request"] == {
            "action": "approve_ticket",
            "args": {
                "ticket_id": ticket_id,
                "resolution": ticket.resolution_content,
                "kb_id": "KB-0001",
                "script_id": None,
            },
        }
        assert value["action_id"] == ticket_id
        assert value["version"] == ticket.version

    async def test_accept_approves_what_is_stored(self, library: Services) -> None:
        [ticket_id] = await add(library, 1)
        await self.answered(library, ticket_id, [{"type": "accept", "args": None}])
        ticket = await library.tickets.get(TENANT, ticket_id)
        assert (ticket.status, ticket.edited_resolution) == (Status.APPROVED, None)
        assert ticket.knowledge_id

    async def test_arguments_that_come_back_with_accept_are_not_used(
        self, library: Services
    ) -> None:
        [ticket_id] = await add(library, 1)
        forged = {"action": "approve_ticket", "args": {"resolution": "Forged", "kb_id": "KB-0002"}}
        again = await self.answered(library, ticket_id, [{"type": "accept", "args": forged}])
        assert "not those that wait" in again["description"]
        assert (await library.tickets.get(TENANT, ticket_id)).status is Status.PENDING

    async def test_an_edit_approves_the_persons_words(self, library: Services) -> None:
        [ticket_id] = await add(library, 1)
        args = {"ticket_id": ticket_id, "resolution": "Call the vendor.", "kb_id": "KB-0002",
                "script_id": ""}  # fmt: skip
        edit = {"type": "edit", "args": {"action": "approve_ticket", "args": args}}
        await self.answered(library, ticket_id, edit)
        ticket = await library.tickets.get(TENANT, ticket_id)
        assert ticket.status is Status.APPROVED
        assert ticket.final_resolution == "Call the vendor."
        assert ticket.kb_id == "KB-0002"

    async def test_a_reject_needs_a_reason(self, library: Services) -> None:
        [ticket_id] = await add(library, 1)
        await self.answered(
            library, ticket_id, {"decisions": [{"type": "reject", "message": "Wrong gate."}]}
        )
        ticket = await library.tickets.get(TENANT, ticket_id)
        assert (ticket.status, ticket.reject_reason) == (Status.REJECTED, "Wrong gate.")

    async def test_a_response_is_kept_as_the_resolution_and_asked_about(
        self, library: Services
    ) -> None:
        [ticket_id] = await add(library, 1)
        asked = await self.answered(
            library, ticket_id, [{"type": "response", "args": "Call the vendor."}]
        )
        assert asked["action_request"]["args"]["resolution"] == "Call the vendor."
        ticket = await library.tickets.get(TENANT, ticket_id)
        assert (ticket.status, ticket.edited_resolution) == (
            Status.IN_PROGRESS, "Call the vendor.")  # fmt: skip

    async def test_an_answer_that_decides_nothing_leaves_it_waiting(
        self, library: Services
    ) -> None:
        [ticket_id] = await add(library, 1)
        answers: list[object] = [
            {"type": "ignore"},
            {"type": "reject"},
            {"type": "edit", "args": {"ticket_id": "CS-2"}},
            {"type": "edit", "args": {"resolution": 5}},
            {"type": "edit", "args": {"status": "approved"}},
            {"type": "launch"},
            [],
        ]
        stepper = Stepper(library)
        await stepper.start(ticket_id)
        for answer in answers:
            again = await stepper.answer(answer)
            assert again["action_id"] == ticket_id
            assert not again["description"].startswith("Approve the resolution")
            assert (await library.tickets.get(TENANT, ticket_id)).status is Status.PENDING
        assert await stepper.answer({"type": "accept"}) is None

    async def test_a_ticket_that_was_decided_elsewhere_is_not_decided_again(
        self, library: Services
    ) -> None:
        [ticket_id] = await add(library, 1)
        stepper = Stepper(library)
        await stepper.start(ticket_id)
        await library.reviewing.set_status(TENANT, ticket_id, ANN, Status.IN_PROGRESS)
        await library.reviewing.reject(TENANT, ticket_id, ANN, reason="Twice.")
        assert await stepper.answer({"type": "accept"}) is None
        assert (await library.tickets.get(TENANT, ticket_id)).status is Status.REJECTED
