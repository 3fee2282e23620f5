"""An approval can be taken back until it leaves; until then nobody hears of it."""

import asyncio
from datetime import timedelta

import pytest

from agent.approvals.models import Approval, ApprovalStatus, Decision
from agent.errors import Conflict, LatchkeyError, NotFound
from agent.outbox.models import DeliveryState
from tests.agent.approvals.conftest import APPROVE, ARGS, REJECT, TENANT, Desk

WINDOW = timedelta(seconds=60)
EDIT = Decision(decision="edit", args={"starts_at": "2026-03-06T18:00:00Z"})


@pytest.fixture
async def decided(desk: Desk) -> Approval:
    await desk.rule(undo_seconds=60)
    return await desk.decide(await desk.propose())


async def test_nothing_leaves_and_nobody_is_told_until_the_window_ends(
    desk: Desk, decided: Approval
) -> None:
    assert decided.undo_until == desk.clock.now() + WINDOW
    [delivery] = await desk.deliveries()
    assert delivery.due_at == decided.undo_until
    assert (desk.settled, desk.told) == ([(decided.action_id, "approved")], [])
    assert await desk.tell_final() == 0
    desk.clock.advance(WINDOW)
    await asyncio.gather(*(desk.tell_final() for _ in range(5)))
    assert set(desk.told) == {(decided.action_id, "approved")}
    assert await desk.tell_final() == 0


async def test_undone_it_waits_as_before(desk: Desk, decided: Approval) -> None:
    reopened = await desk.undo(decided, actor="user:ann")
    assert (reopened.status, reopened.version) == (ApprovalStatus.PENDING, 3)
    assert (reopened.decision, reopened.decided_by, reopened.delivery_id) == (None, None, None)
    assert desk.undone == [("approved", ARGS)]
    assert [delivery.state for delivery in await desk.deliveries()] == [DeliveryState.CANCELED]
    assert (await desk.audited(decided))[-1] == "approval.undone"
    desk.clock.advance(WINDOW)
    assert await desk.tell_final() == 0
    assert desk.told == []


async def test_it_can_be_decided_again_with_one_more_delivery(
    desk: Desk, decided: Approval
) -> None:
    for _ in range(3):
        await desk.undo(decided)
        decided = await desk.decide(decided)
    states = [delivery.state for delivery in await desk.deliveries()]
    assert sorted(states) == ["canceled"] * 3 + ["pending"]
    assert len({delivery.key for delivery in await desk.deliveries()}) == 4
    desk.clock.advance(WINDOW)
    await desk.tell_final()
    assert desk.told == [(decided.action_id, "approved")]


async def test_an_edit_is_undone_with_its_arguments(desk: Desk) -> None:
    await desk.rule(undo_seconds=60)
    proposed = await desk.propose()
    edited = await desk.decide(proposed, EDIT)
    reopened = await desk.undo(edited)
    assert (reopened.args, reopened.args_hash) == (ARGS, proposed.args_hash)
    assert reopened.proposed_args is None


async def test_two_people_have_to_approve_it_anew(desk: Desk) -> None:
    await desk.rule(undo_seconds=60, four_eyes=True)
    risky = await desk.propose(risk="high")
    for actor in ("user:ann", "user:bob"):
        await desk.decide(risky, actor=actor)
    reopened = await desk.undo(risky)
    assert reopened.first_approved_by is None
    assert await desk.approvals.people(TENANT, reopened) == 2


async def test_when_the_window_is_over_it_is_too_late(desk: Desk, decided: Approval) -> None:
    desk.clock.advance(WINDOW)
    with pytest.raises(Conflict) as refused:
        await desk.undo(decided)
    assert refused.value.code == "approval_undo_late"
    assert await desk.read(decided) == decided


async def test_without_a_window_it_is_too_late_at_once(desk: Desk) -> None:
    decided = await desk.decide(await desk.propose())
    assert decided.told
    assert desk.told == [(decided.action_id, "approved")]
    with pytest.raises(Conflict) as refused:
        await desk.undo(decided)
    assert refused.value.code == "approval_undo_late"


@pytest.mark.parametrize("decision", [None, REJECT, Decision(decision="dismiss")])
async def test_only_what_was_approved_is_undone(desk: Desk, decision: Decision | None) -> None:
    await desk.rule(undo_seconds=60)
    approval = await desk.propose()
    if decision:
        await desk.decide(approval, decision)
        assert desk.told == [(approval.action_id, decision.status)]
    with pytest.raises(Conflict) as refused:
        await desk.undo(approval)
    assert refused.value.code == "approval_not_approved"


async def test_what_does_not_exist_is_not_undone(desk: Desk, decided: Approval) -> None:
    with pytest.raises(NotFound):
        await desk.undo(decided.model_copy(update={"action_id": "act_unknown"}))


async def test_what_the_nouns_refuse_stays_approved(desk: Desk, decided: Approval) -> None:
    desk.refuses = Conflict("tour_slot_taken", "Somebody was faster.")
    with pytest.raises(Conflict):
        await desk.undo(decided)
    assert await desk.read(decided) == decided
    assert [delivery.state for delivery in await desk.deliveries()] == [DeliveryState.PENDING]


async def test_undone_many_times_at_once_it_is_undone_once(desk: Desk, decided: Approval) -> None:
    answers = await asyncio.gather(*(desk.undo(decided) for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(answer, Approval) for answer in answers) == 1
    assert (await desk.read(decided)).version == 3


async def test_between_the_undo_and_the_dispatcher_one_wins(desk: Desk) -> None:
    """Another process may find the row due a moment before this one finds the window over."""
    await desk.rule(undo_seconds=60)
    outbox = desk.services.outbox.store
    wins = {"undone": 0, "sent": 0}
    for turn in range(20):
        decided = await desk.decide(await desk.propose(turn=turn, args={**ARGS, "n": turn}))
        now = desk.clock.now() + WINDOW
        undone, claimed = await asyncio.gather(
            desk.undo(decided), outbox.claim(now, lease=WINDOW, limit=1), return_exceptions=True
        )
        took = bool(claimed) and not isinstance(claimed, BaseException)
        if isinstance(undone, Approval):
            wins["undone"] += 1
            assert (await desk.read(decided)).status is ApprovalStatus.PENDING
            assert not took
        else:
            wins["sent"] += 1
            assert isinstance(undone, LatchkeyError)
            assert (await desk.read(decided)).status is ApprovalStatus.APPROVED
            assert took
    assert sum(wins.values()) == 20


async def test_a_decision_whose_thread_is_gone_is_not_told_for_ever(
    desk: Desk, decided: Approval
) -> None:
    desk.clock.advance(WINDOW)

    async def nobody(approval: Approval) -> None:
        raise NotFound("thread_not_found", "It was erased.")

    await desk.approvals.tell_final(lambda tenant_id: nobody)
    assert await desk.tell_final() == 0


async def test_undone_late_it_waits_for_another_hour(desk: Desk) -> None:
    await desk.rule(undo_seconds=3600)
    approval = await desk.propose()
    desk.clock.advance(timedelta(hours=23, minutes=50))
    decided = await desk.decide(approval, APPROVE)
    desk.clock.advance(timedelta(minutes=30))
    reopened = await desk.undo(decided)
    assert reopened.expires_at == desk.clock.now() + timedelta(hours=1)
    assert await desk.expire() == 0
