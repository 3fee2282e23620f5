"""Where a tenant wants it, two people approve what has a high risk."""

import asyncio

import pytest

from agent.approvals.models import Approval, ApprovalStatus, Decision
from agent.errors import Conflict, Forbidden, LatchkeyError
from agent.kit.digests import args_hash
from tests.agent.approvals.conftest import APPROVE, ARGS, REJECT, TENANT, Desk

EDIT = Decision(decision="edit", args={"starts_at": "2026-03-06T18:00:00Z"})
CHANGED = {**ARGS, **(EDIT.args or {})}


@pytest.fixture
async def risky(desk: Desk) -> Approval:
    await desk.rule(four_eyes=True)
    return await desk.propose(risk="high")


async def test_the_first_approval_has_no_effect(desk: Desk, risky: Approval) -> None:
    first = await desk.decide(risky, actor="user:ann")
    assert (first.status, first.version) == (ApprovalStatus.PENDING, 2)
    assert (first.first_approved_by, first.first_approved_at) == ("user:ann", desk.clock.now())
    assert first.decision is None
    assert await desk.approvals.people(TENANT, risky) == 2
    assert await desk.approvals.people(TENANT, first) == 1
    assert (desk.settled, desk.told, await desk.deliveries()) == ([], [], [])


async def test_the_second_persons_closes_it(desk: Desk, risky: Approval) -> None:
    await desk.decide(risky, actor="user:ann")
    second = await desk.decide(risky, actor="user:bob")
    assert (second.status, second.decided_by) == (ApprovalStatus.APPROVED, "user:bob")
    assert second.first_approved_by == "user:ann"
    assert await desk.approvals.people(TENANT, second) == 0
    assert len(await desk.deliveries()) == 1
    records = await desk.services.audit.store.about(TENANT, risky.action_id)
    assert {(record.kind, record.actor) for record in records} >= {
        ("approval.first_approved", "user:ann"),
        ("approval.approved", "user:bob"),
    }


@pytest.mark.parametrize("version", [None, 2])
async def test_nobody_is_both(desk: Desk, risky: Approval, version: int | None) -> None:
    first = await desk.decide(risky, actor="user:ann")
    with pytest.raises(Forbidden) as refused:
        await desk.decide(risky, actor="user:ann", version=version)
    assert refused.value.code == "approval_needs_another"
    assert await desk.read(risky) == first
    assert await desk.deliveries() == []


async def test_the_first_sent_again_is_the_first(desk: Desk, risky: Approval) -> None:
    first = await desk.decide(risky, actor="user:ann", version=1)
    assert await desk.decide(risky, actor="user:ann", version=1) == first


@pytest.mark.parametrize("decision", [APPROVE, EDIT])
async def test_nobody_approves_what_they_proposed(desk: Desk, decision: Decision) -> None:
    await desk.rule(four_eyes=True)
    own = await desk.propose(risk="high", proposed_by="user:ann")
    with pytest.raises(Forbidden) as refused:
        await desk.decide(own, decision, actor="user:ann")
    assert refused.value.code == "approval_own_proposal"
    assert await desk.read(own) == own
    await desk.decide(own, actor="user:bob")
    with pytest.raises(Forbidden):
        await desk.decide(own, actor="user:ann")
    assert (await desk.decide(own, actor="user:eve")).status is ApprovalStatus.APPROVED


async def test_who_edits_is_the_first_and_another_approves_what_is_changed(
    desk: Desk, risky: Approval
) -> None:
    await desk.decide(risky, actor="user:ann")
    edited = await desk.decide(risky, EDIT, actor="user:bob")
    assert (edited.status, edited.first_approved_by) == (ApprovalStatus.PENDING, "user:bob")
    assert (edited.args, edited.args_hash) == (CHANGED, args_hash(CHANGED))
    with pytest.raises(Forbidden):
        await desk.decide(risky, actor="user:bob")
    closed = await desk.decide(risky, actor="user:ann")
    assert (closed.status, closed.proposed_args) == (ApprovalStatus.EDITED, ARGS)
    [delivery] = await desk.deliveries()
    assert (delivery.args, delivery.args_hash) == (CHANGED, args_hash(CHANGED))


async def test_one_person_can_refuse(desk: Desk, risky: Approval) -> None:
    await desk.decide(risky, actor="user:ann")
    assert (await desk.decide(risky, REJECT, actor="user:ann")).status is ApprovalStatus.REJECTED
    assert await desk.deliveries() == []


@pytest.mark.parametrize("risk", ["low", "medium"])
async def test_lower_risks_need_one(desk: Desk, risk: str) -> None:
    await desk.rule(four_eyes=True)
    approval = await desk.propose(risk=risk, proposed_by="user:ann")
    assert await desk.approvals.people(TENANT, approval) == 1
    assert (await desk.decide(approval, actor="user:ann")).status is ApprovalStatus.APPROVED


async def test_a_stale_version_is_no_second_approval(desk: Desk, risky: Approval) -> None:
    await desk.decide(risky, actor="user:ann")
    with pytest.raises(Conflict) as refused:
        await desk.decide(risky, actor="user:bob", version=1)
    assert refused.value.code == "approval_version_stale"


async def test_of_a_hundred_at_once_by_two_people_one_closes_it(
    desk: Desk, risky: Approval
) -> None:
    answers = await asyncio.gather(
        *(desk.decide(risky, actor=f"user:{n % 2}") for n in range(100)), return_exceptions=True
    )
    assert all(isinstance(answer, Approval | LatchkeyError) for answer in answers)
    closed = await desk.read(risky)
    assert closed.status is ApprovalStatus.APPROVED
    assert {closed.first_approved_by, closed.decided_by} == {"user:0", "user:1"}
    assert len(await desk.deliveries()) == 1
    assert len(desk.settled) >= 1
    assert await desk.audited(risky) == [
        "approval.approved",
        "approval.first_approved",
        "approval.proposed",
    ]


@pytest.mark.untraced
async def test_of_a_hundred_at_once_by_one_person_none_does(desk: Desk, risky: Approval) -> None:
    await asyncio.gather(
        *(desk.decide(risky, actor="user:ann") for _ in range(100)), return_exceptions=True
    )
    assert (await desk.read(risky)).status is ApprovalStatus.PENDING
    assert await desk.deliveries() == []
