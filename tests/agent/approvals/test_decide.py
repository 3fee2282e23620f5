import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from agent.approvals.models import Approval, ApprovalStatus, Decision
from agent.approvals.rules import LIFETIME
from agent.errors import Conflict, Gone, InvalidInput, NotFound, Unavailable
from agent.kit.digests import args_hash
from agent.mongo.repository import Repository
from tests.agent.approvals.conftest import APPROVE, ARGS, REJECT, TENANT, Desk

EDIT = Decision(decision="edit", args={"starts_at": "2026-03-06T18:00:00Z"})
RESPOND = Decision(decision="respond", message="Please bring an ID.")
DISMISS = Decision(decision="dismiss")


async def test_an_approved_action_is_queued_settled_and_audited(desk: Desk) -> None:
    approval = await desk.propose()
    desk.clock.advance(timedelta(minutes=5))
    decided = await desk.decide(approval, version=1)
    assert await desk.read(approval) == decided
    assert (decided.status, decided.version) == (ApprovalStatus.APPROVED, 2)
    assert (decided.decided_by, decided.decided_at) == ("office", desk.clock.now())
    [delivery] = await desk.deliveries()
    assert delivery.delivery_id == decided.delivery_id
    assert (delivery.key, delivery.action_id) == (
        f"{TENANT}:{approval.action_id}",
        approval.action_id,
    )
    assert (delivery.args, delivery.args_hash) == (ARGS, approval.args_hash)
    assert desk.settled == [(approval.action_id, "approved")]
    [_, record] = await desk.services.audit.store.about(TENANT, approval.action_id)
    assert (record.kind, record.actor) == ("approval.approved", "office")
    assert record.data["args_hash"] == approval.args_hash


@pytest.mark.parametrize(
    ("decision", "status"),
    [
        (REJECT, ApprovalStatus.REJECTED),
        (RESPOND, ApprovalStatus.RESPONDED),
        (DISMISS, ApprovalStatus.DISMISSED),
    ],
)
async def test_what_is_not_approved_has_no_effect(
    desk: Desk, decision: Decision, status: ApprovalStatus
) -> None:
    approval = await desk.propose()
    decided = await desk.decide(approval, decision)
    assert (decided.status, decided.decision, decided.delivery_id) == (status, decision, None)
    assert await desk.deliveries() == []
    assert desk.settled == [(approval.action_id, status)]
    assert await desk.audited(approval) == sorted(["approval.proposed", f"approval.{status}"])


async def test_a_hundred_approvals_at_once_have_one_effect(
    desk: Desk, repository: Repository
) -> None:
    approval = await desk.propose()
    answers = await asyncio.gather(
        *(desk.decide(approval, version=1) for _ in range(100)), return_exceptions=True
    )
    assert all(isinstance(answer, Approval) for answer in answers)
    assert len({answer.delivery_id for answer in answers if isinstance(answer, Approval)}) == 1
    assert len(await desk.deliveries()) == 1
    assert await repository.scoped("outbox", TENANT).count({}) == 1
    assert await desk.audited(approval) == ["approval.approved", "approval.proposed"]


async def test_of_opposite_decisions_at_once_one_stands(desk: Desk) -> None:
    approval = await desk.propose()
    decisions = [APPROVE, REJECT, EDIT, RESPOND, DISMISS] * 4
    answers = await asyncio.gather(
        *(desk.decide(approval, decision) for decision in decisions), return_exceptions=True
    )
    kinds = Counter(type(answer) for answer in answers)
    assert kinds == {Approval: 4, Conflict: 16}
    standing = await desk.read(approval)
    effective = standing.status in (ApprovalStatus.APPROVED, ApprovalStatus.EDITED)
    assert len(await desk.deliveries()) == int(effective)
    assert len(await desk.audited(approval)) == 2


@pytest.mark.parametrize("first", [APPROVE, REJECT, EDIT, RESPOND, DISMISS])
@pytest.mark.parametrize("later", [APPROVE, REJECT, EDIT, RESPOND, DISMISS])
async def test_the_first_decision_stands(desk: Desk, first: Decision, later: Decision) -> None:
    approval = await desk.propose()
    decided = await desk.decide(approval, first)
    effects = (await desk.deliveries(), list(desk.settled), await desk.audited(approval))
    if first is later:
        assert await desk.decide(approval, later) == decided
    else:
        with pytest.raises(Conflict) as refused:
            await desk.decide(approval, later, actor="somebody else")
        assert refused.value.code == "approval_decided"
        [recorded] = refused.value.details
        assert recorded["decision"] == first.decision
        assert (recorded["status"], recorded["decided_by"]) == (decided.status, "office")
    assert await desk.read(approval) == decided
    assert (await desk.deliveries(), desk.settled, await desk.audited(approval)) == effects


async def test_the_same_word_with_another_message_is_another_decision(desk: Desk) -> None:
    approval = await desk.propose()
    await desk.decide(approval, REJECT)
    with pytest.raises(Conflict):
        await desk.decide(approval, Decision(decision="reject", message="Never."))


async def test_arguments_that_come_with_an_approval_are_not_used(desk: Desk) -> None:
    approval = await desk.propose()
    echoed = Decision(decision="approve", args={"listing_id": "castle", "$where": "1"})
    decided = await desk.decide(approval, echoed)
    assert decided.args == ARGS
    assert decided.decision == APPROVE
    assert [delivery.args for delivery in await desk.deliveries()] == [ARGS]
    assert await desk.decide(approval, APPROVE) == decided


class TestVersion:
    @pytest.mark.parametrize("version", [0, 2, -1, 2**31])
    async def test_a_stale_one_decides_nothing(self, desk: Desk, version: int) -> None:
        approval = await desk.propose()
        with pytest.raises(Conflict) as refused:
            await desk.decide(approval, version=version)
        assert refused.value.code == "approval_version_stale"
        assert "version 1" in refused.value.message
        assert await desk.read(approval) == approval
        assert await desk.deliveries() == []

    async def test_a_repeated_decision_may_name_the_one_it_was_made_on(self, desk: Desk) -> None:
        approval = await desk.propose()
        decided = await desk.decide(approval, version=1)
        assert await desk.decide(approval, version=1) == decided


class TestUnknown:
    @pytest.mark.parametrize("action_id", ["act_unknown", "", "$ne", "x" * 100_000])
    async def test_is_not_found(self, desk: Desk, action_id: str) -> None:
        approval = (await desk.propose()).model_copy(update={"action_id": action_id})
        with pytest.raises(NotFound) as refused:
            await desk.decide(approval)
        assert refused.value.code == "approval_not_found"
        assert len(refused.value.message) < 200

    async def test_so_is_that_of_another_tenant(self, desk: Desk) -> None:
        approval = await desk.propose()
        with pytest.raises(NotFound):
            await desk.decide(approval, tenant_id="rival")
        assert (await desk.read(approval)).status is ApprovalStatus.PENDING


class TestExpired:
    @pytest.mark.parametrize("decision", [APPROVE, REJECT, EDIT])
    @pytest.mark.parametrize("swept", [False, True])
    async def test_nothing_is_decided_any_more(
        self, desk: Desk, decision: Decision, swept: bool
    ) -> None:
        approval = await desk.propose()
        desk.clock.advance(LIFETIME)
        if swept:
            assert await desk.expire() == 1
        with pytest.raises(Gone) as refused:
            await desk.decide(approval, decision)
        assert refused.value.code == "approval_expired"
        assert await desk.deliveries() == []

    async def test_the_last_moment_still_counts(self, desk: Desk) -> None:
        approval = await desk.propose()
        desk.clock.advance(LIFETIME - timedelta(milliseconds=1))
        assert await desk.expire() == 0
        assert (await desk.decide(approval)).status is ApprovalStatus.APPROVED

    async def test_a_row_that_is_no_approval_holds_up_no_other(
        self, desk: Desk, caplog: pytest.LogCaptureFixture
    ) -> None:
        strange, fine = await desk.propose(), await desk.propose(turn=4)
        rows = desk.services.database.handle["approvals"]
        await rows.update_one({"action_id": strange.action_id}, {"$set": {"risk": "odd"}})
        desk.clock.advance(timedelta(hours=25))
        assert await desk.expire() == 1
        assert desk.settled == [(fine.action_id, "expired")]
        assert strange.action_id in caplog.text

    async def test_a_decided_row_does_not_expire(self, desk: Desk) -> None:
        decided = await desk.decide(await desk.propose())
        desk.clock.advance(LIFETIME)
        assert await desk.expire() == 0
        assert await desk.read(decided) == decided
        assert await desk.decide(decided) == decided

    async def test_it_is_closed_and_settled_once(self, desk: Desk) -> None:
        approval = await desk.propose()
        desk.clock.advance(LIFETIME)
        await asyncio.gather(*(desk.expire() for _ in range(5)))
        closed = await desk.read(approval)
        assert (closed.status, closed.decided_at) == (ApprovalStatus.EXPIRED, desk.clock.now())
        assert await desk.audited(approval) == ["approval.expired", "approval.proposed"]

    async def test_one_that_cannot_be_settled_does_not_hold_up_the_others(self, desk: Desk) -> None:
        stuck = await desk.propose(turn=1)
        fine = await desk.propose(turn=2)
        desk.clock.advance(LIFETIME)

        async def settle(approval: Approval) -> None:
            if approval.action_id == stuck.action_id:
                raise NotFound("thread_not_found", "It was erased.")
            await desk.settle(approval)

        await desk.approvals.expire_overdue(lambda tenant_id: settle)
        assert desk.settled == [(fine.action_id, "expired")]
        assert (await desk.read(stuck)).status is ApprovalStatus.EXPIRED
        record = (await desk.services.audit.store.about(TENANT, stuck.action_id))[-1]
        assert record.data["unsettled"] == "thread_not_found"
        assert await desk.expire() == 0

    async def test_a_database_that_is_away_expires_nothing(self, desk: Desk) -> None:
        approval = await desk.propose()
        desk.clock.advance(LIFETIME)
        desk.refuses = Unavailable("database_unavailable", "Try again.")
        with pytest.raises(Unavailable):
            await desk.expire()
        assert (await desk.read(approval)).status is ApprovalStatus.PENDING


async def test_a_superseded_row_is_told_apart(desk: Desk) -> None:
    old = await desk.propose()
    await desk.propose(turn=4, supersedes={})
    for decision in (APPROVE, REJECT):
        with pytest.raises(Conflict) as refused:
            await desk.decide(old, decision)
        assert refused.value.code == "approval_superseded"
    assert await desk.deliveries() == []


class TestEdit:
    async def test_what_is_edited_is_what_is_sent(self, desk: Desk) -> None:
        approval = await desk.propose()
        decided = await desk.decide(approval, EDIT)
        changed = {**ARGS, **(EDIT.args or {})}
        assert (decided.status, decided.args) == (ApprovalStatus.EDITED, changed)
        assert decided.args_hash == args_hash(changed) != approval.args_hash
        assert decided.proposed_args == ARGS
        [delivery] = await desk.deliveries()
        assert (delivery.args, delivery.args_hash) == (changed, args_hash(changed))

    async def test_what_cannot_be_used_stays_pending(self, desk: Desk) -> None:
        approval = await desk.propose()
        with pytest.raises(InvalidInput):
            await desk.decide(approval, Decision(decision="edit", args={"listing_id": "castle"}))
        assert await desk.read(approval) == approval
        assert await desk.deliveries() == []
        assert (await desk.decide(approval)).status is ApprovalStatus.APPROVED

    @pytest.mark.parametrize("args", [None, {}])
    async def test_it_needs_arguments(self, desk: Desk, args: dict[str, str] | None) -> None:
        approval = await desk.propose()
        with pytest.raises(InvalidInput) as refused:
            await desk.decide(approval, Decision(decision="edit", args=args))
        assert refused.value.code == "approval_edit_invalid"
        assert (await desk.read(approval)).status is ApprovalStatus.PENDING


@pytest.mark.parametrize("message", [None, "", "  \n"])
async def test_a_response_needs_words(desk: Desk, message: str | None) -> None:
    approval = await desk.propose()
    with pytest.raises(InvalidInput) as refused:
        await desk.decide(approval, Decision(decision="respond", message=message))
    assert refused.value.code == "decision_message_missing"
    assert (await desk.read(approval)).status is ApprovalStatus.PENDING


@pytest.mark.parametrize(
    "failure",
    [
        Conflict("tour_slot_taken", "Somebody was faster."),
        Unavailable("database_unavailable", "Try again."),
        RuntimeError("a defect"),
    ],
)
async def test_what_cannot_be_settled_is_not_decided(desk: Desk, failure: Exception) -> None:
    approval = await desk.propose()
    desk.refuses = failure
    with pytest.raises(type(failure)):
        await desk.decide(approval)
    assert await desk.read(approval) == approval
    assert await desk.deliveries() == []
    assert await desk.audited(approval) == ["approval.proposed"]
    desk.refuses = None
    assert (await desk.decide(approval)).status is ApprovalStatus.APPROVED


async def test_contact_data_in_a_decision_is_not_kept(desk: Desk) -> None:
    approval = await desk.propose()
    decision = Decision(decision="reject", message="Call 503-555-0199 or x@y.example.")
    decided = await desk.decide(approval, decision)
    assert decided.decision == Decision(decision="reject", message="Call [phone] or [email].")
    assert await desk.read(approval) == await desk.decide(approval, decision)


async def test_nor_in_what_was_edited(desk: Desk) -> None:
    approval = await desk.propose(args={**ARGS, "documents": []})
    said = {"documents": ["photo ID", "a letter of x@y.example"], "starts_at": ARGS["starts_at"]}
    decided = await desk.decide(approval, Decision(decision="edit", args=said))
    assert decided.decision is not None
    assert decided.decision.args == {**said, "documents": ["photo ID", "a letter of [email]"]}


async def test_a_message_that_grows_is_cut_to_what_can_be_read_again(desk: Desk) -> None:
    approval = await desk.propose()
    decision = Decision(decision="respond", message="a@b.co " * 1142)
    decided = await desk.decide(approval, decision)
    assert await desk.read(approval) == decided == await desk.decide(approval, decision)
