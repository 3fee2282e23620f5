import asyncio
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from agent.approvals.models import ApprovalStatus, Decision
from agent.approvals.rules import LIFETIME
from agent.errors import Conflict, NotFound
from agent.kit.digests import args_hash
from tests.agent.approvals.conftest import ARGS, REJECT, TENANT, THREAD, Desk

OTHER = {**ARGS, "starts_at": "2026-03-06T18:00:00Z"}


async def test_a_proposal_waits_and_does_nothing(desk: Desk) -> None:
    approval = await desk.propose()
    assert await desk.read(approval) == approval
    assert (approval.status, approval.version) == (ApprovalStatus.PENDING, 1)
    assert approval.args_hash == args_hash(ARGS)
    assert approval.expires_at - approval.created_at == LIFETIME
    assert await desk.deliveries() == []
    assert desk.settled == []
    assert await desk.audited(approval) == ["approval.proposed"]


async def test_the_same_proposal_is_the_same_row(desk: Desk) -> None:
    assert await desk.propose() == await desk.propose()


async def test_the_same_proposal_at_once_is_one_row(desk: Desk) -> None:
    rows = await asyncio.gather(*(desk.propose() for _ in range(10)))
    assert len({row.action_id for row in rows}) == 1
    assert await desk.audited(rows[0]) == ["approval.proposed"]


@pytest.mark.parametrize(
    "change", [{"turn": 4}, {"args": OTHER}, {"action": "send_message"}, {"thread_id": "thr_2"}]
)
async def test_another_turn_wish_action_or_thread_is_another_row(
    desk: Desk, change: dict[str, Any]
) -> None:
    assert (await desk.propose()).action_id != (await desk.propose(**change)).action_id


async def test_another_tenant_has_rows_of_its_own(desk: Desk) -> None:
    approval = await desk.propose()
    assert (await desk.propose("rival")).action_id != approval.action_id
    with pytest.raises(NotFound) as refused:
        await desk.approvals.get("rival", approval.action_id)
    assert refused.value.code == "approval_not_found"


async def test_it_is_the_same_row_after_it_was_decided(desk: Desk) -> None:
    """A turn that runs again after a crash must not ask for what was granted meanwhile."""
    decided = await desk.decide(await desk.propose())
    assert await desk.propose() == decided


class TestRejectedBefore:
    async def test_exactly_the_same_is_refused_in_every_later_turn(self, desk: Desk) -> None:
        await desk.decide(await desk.propose(), REJECT)
        for turn in (4, 9):
            with pytest.raises(Conflict) as refused:
                await desk.propose(turn=turn)
            assert refused.value.code == "action_rejected_before"
        assert await desk.approvals.store.pending(TENANT, THREAD) == []

    async def test_ids_made_for_the_proposal_do_not_make_it_another(self, desk: Desk) -> None:
        first = await desk.propose(args={**ARGS, "tour_id": "tour_1"}, made={"tour_id"})
        await desk.decide(first, REJECT)
        with pytest.raises(Conflict):
            await desk.propose(args={**ARGS, "tour_id": "tour_2"}, made={"tour_id"}, turn=4)

    async def test_something_else_is_not(self, desk: Desk) -> None:
        await desk.decide(await desk.propose(), REJECT)
        await desk.propose(args=OTHER, turn=4)
        await desk.propose(action="send_message", turn=4)
        await desk.propose(thread_id="thr_2")
        await desk.propose("rival")

    @pytest.mark.parametrize(
        "decision", [Decision(decision="dismiss"), Decision(decision="respond", message="Later.")]
    )
    async def test_what_was_only_put_off_may_be_asked_again(
        self, desk: Desk, decision: Decision
    ) -> None:
        first = await desk.propose()
        await desk.decide(first, decision)
        assert (await desk.propose(turn=4)).action_id != first.action_id

    async def test_what_lapsed_may_be_asked_again(self, desk: Desk) -> None:
        await desk.propose()
        desk.clock.advance(LIFETIME)
        await desk.expire()
        assert (await desk.propose(turn=4)).status is ApprovalStatus.PENDING


class TestSuperseding:
    async def test_a_change_closes_the_older_row(self, desk: Desk) -> None:
        old = await desk.propose(supersedes={})
        desk.clock.advance(timedelta(seconds=1))
        new = await desk.propose(args=OTHER, turn=4, supersedes={})
        assert (await desk.read(old)).status is ApprovalStatus.SUPERSEDED
        assert await desk.approvals.store.pending(TENANT, THREAD) == [new]
        assert desk.settled == [(old.action_id, "superseded")]
        assert await desk.audited(old) == ["approval.proposed", "approval.superseded"]

    async def test_a_side_proposal_leaves_the_others(self, desk: Desk) -> None:
        first = await desk.propose()
        desk.clock.advance(timedelta(seconds=1))
        second = await desk.propose(args=OTHER, turn=4)
        assert await desk.approvals.store.pending(TENANT, THREAD) == [first, second]

    async def test_other_actions_threads_and_decided_rows_stay(self, desk: Desk) -> None:
        message = await desk.propose(action="send_message")
        elsewhere = await desk.propose(thread_id="thr_2")
        decided = await desk.decide(await desk.propose(turn=1))
        await desk.propose(args=OTHER, turn=4, supersedes={})
        assert (await desk.read(message)).status is ApprovalStatus.PENDING
        assert (await desk.read(elsewhere)).status is ApprovalStatus.PENDING
        assert (await desk.read(decided)).status is ApprovalStatus.APPROVED

    async def test_only_rows_about_the_same_thing_give_way(self, desk: Desk) -> None:
        one = await desk.propose(action="cancel_tour", args={"tour_id": "a"})
        two = await desk.propose(
            action="cancel_tour", args={"tour_id": "b"}, supersedes={"tour_id": "b"}
        )
        three = await desk.propose(
            action="cancel_tour",
            args={"tour_id": "a", "reason": "moved"},
            supersedes={"tour_id": "a"},
        )
        pending = await desk.approvals.store.pending(TENANT, THREAD)
        assert {row.action_id for row in pending} == {two.action_id, three.action_id}
        assert (await desk.read(one)).status is ApprovalStatus.SUPERSEDED

    async def test_what_has_given_way_is_never_said_to_wait(self, desk: Desk) -> None:
        await desk.propose(supersedes={})
        await desk.propose(args=OTHER, supersedes={})
        with pytest.raises(Conflict) as refused:
            await desk.propose(supersedes={})
        assert refused.value.code == "approval_superseded"
        assert await desk.approvals.store.superseded_in(TENANT, THREAD, 3) == 1
        assert await desk.approvals.store.superseded_in(TENANT, THREAD, 4) == 0

    async def test_what_cannot_be_settled_stays_as_it_was(self, desk: Desk) -> None:
        old = await desk.propose()
        desk.refuses = Conflict("tour_step_illegal", "It is over.")
        with pytest.raises(Conflict):
            await desk.propose(args=OTHER, turn=4, supersedes={})
        assert await desk.approvals.store.pending(TENANT, THREAD) == [old]
        assert await desk.audited(old) == ["approval.proposed"]

    async def test_a_row_that_is_closed_is_not_withdrawn(self, desk: Desk) -> None:
        decided = await desk.decide(await desk.propose())
        desk.settled.clear()
        await desk.services.repository.transact(
            lambda: desk.approvals.withdraw(TENANT, decided, settle=desk.settle)
        )
        assert await desk.read(decided) == decided
        assert desk.settled == []

    async def test_approved_and_superseded_at_once_is_one_of_both(self, desk: Desk) -> None:
        for turn in range(5):
            old = await desk.propose(turn=turn * 2, args={**ARGS, "n": turn})
            results = await asyncio.gather(
                desk.decide(old),
                desk.propose(args={**OTHER, "n": turn}, turn=turn * 2 + 1, supersedes={}),
                return_exceptions=True,
            )
            status = (await desk.read(old)).status
            effects = [row for row in await desk.deliveries() if row.action_id == old.action_id]
            if status is ApprovalStatus.APPROVED:
                assert len(effects) == 1
            else:
                assert status is ApprovalStatus.SUPERSEDED
                assert effects == []
                assert isinstance(results[0], Conflict)


async def test_rows_come_by_pages_newest_first_and_filtered(desk: Desk) -> None:
    for n in range(5):
        await desk.propose(turn=n, args={**ARGS, "n": n}, risk="high" if n == 2 else "low")
        desk.clock.advance(timedelta(seconds=1))
    store = desk.approvals.store
    first = await store.page(TENANT, limit=3)
    rest = await store.page(TENANT, limit=3, cursor=first.next_cursor)
    assert [row.turn for row in [*first.items, *rest.items]] == [4, 3, 2, 1, 0]
    assert rest.next_cursor is None
    assert [row.turn for row in (await store.page(TENANT, risk="high")).items] == [2]
    assert (await store.page(TENANT, status=ApprovalStatus.APPROVED)).items == []
    assert (await store.page(TENANT, thread_id="thr_2")).items == []
    assert (await store.page(TENANT, action="send_message")).items == []
    assert (await store.page("rival")).items == []


class TestLifetime:
    async def test_it_is_the_tenants_by_risk(self, desk: Desk) -> None:
        await desk.rule(approval_hours={"high": 4, "low": 72})
        for turn, (risk, hours) in enumerate((("high", 4), ("medium", 24), ("low", 72))):
            row = await desk.propose(turn=turn, risk=risk)
            assert row.expires_at - row.created_at == timedelta(hours=hours)

    @pytest.mark.parametrize("hours", [0, -1, 721, "soon"])
    async def test_it_has_bounds(self, desk: Desk, hours: Any) -> None:
        with pytest.raises(ValidationError):
            await desk.rule(approval_hours={"high": hours})
