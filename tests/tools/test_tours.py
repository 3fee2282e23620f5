import asyncio
from datetime import timedelta
from typing import Any

import pytest

from agent.approvals.models import ApprovalStatus, Decision
from agent.approvals.rules import LIFETIME
from agent.errors import Conflict, Forbidden, Gone, InvalidInput
from agent.services import Services
from agent.tours.models import Slot, TourQuery, TourStatus
from tests.tools.conftest import (
    APPROVE,
    DISMISS,
    REJECT,
    RESPOND,
    TENANT,
    THREAD,
    Floor,
    edit,
)
from tools.executor import Toolbox

REFUSALS = [REJECT, DISMISS, RESPOND]


async def propose(tools: Toolbox, home: str, slot: Slot) -> Any:
    return await tools.use("propose_tour", listing_id=home, slot_id=slot.slot_id)


async def slots(floor: Floor, tools: Toolbox, on: str = "2026-03-05") -> list[Slot]:
    found: list[Slot] = (await tools.use("tour_slots", listing_id=floor.home, on=on)).slots
    return found


async def moving(floor: Floor) -> tuple[Any, Slot, Slot]:
    """A booked tour that waits to be moved: its approval, the old and the new time."""
    tools = await floor.toolbox()
    one, two, _ = await slots(floor, tools)
    booking = await propose(tools, floor.home, one)
    await floor.decide(booking)
    tools = await floor.toolbox()
    two = next(s for s in await slots(floor, tools) if s.slot_id == two.slot_id)
    tour_id = booking.args["tour_id"]
    approval = await tools.use("reschedule_tour", tour_id=tour_id, slot_id=two.slot_id)
    return approval, one, two


class TestPropose:
    async def test_the_time_is_held_until_somebody_decides(self, floor: Floor) -> None:
        tools, slot = await floor.offered()
        approval = await propose(tools, floor.home, slot)
        tour = await floor.tour(approval.args["tour_id"])
        assert (tour.status, tour.starts_at) == (TourStatus.PROPOSED, slot.starts_at)
        assert tour.hold_until == approval.expires_at
        assert await floor.free(slot) == 1
        assert "Book a tour of Alder Row" in approval.description
        assert slot.label in approval.description
        assert approval.risk == "medium"
        assert await floor.told() == ["tour.proposed"]
        assert tools.call.proposals == [approval]
        assert await floor.deliveries() == []

    async def test_the_same_turn_again_is_the_same_proposal(self, floor: Floor) -> None:
        tools, slot = await floor.offered()
        first = await propose(tools, floor.home, slot)
        again = await asyncio.gather(*(propose(tools, floor.home, slot) for _ in range(5)))
        assert {row.action_id for row in again} == {first.action_id}
        assert await floor.free(slot) == 1
        assert len(await floor.pending()) == 1
        assert await floor.told() == ["tour.proposed"]

    async def test_another_time_takes_the_place_of_the_first(self, floor: Floor) -> None:
        tools = await floor.toolbox()
        one, two, _ = await slots(floor, tools)
        old = await propose(tools, floor.home, one)
        new = await propose(tools, floor.home, two)
        assert await floor.pending() == [new.action_id]
        assert (await floor.tour(old.args["tour_id"])).status is TourStatus.CANCELED_BY_MANAGER
        assert (await floor.free(one), await floor.free(two)) == (2, 1)

    async def test_a_lead_may_come_back_to_the_first_in_the_same_turn(self, floor: Floor) -> None:
        tools = await floor.toolbox()
        one, two, _ = await slots(floor, tools)
        for slot in (one, two, one):
            approval = await propose(tools, floor.home, slot)
        assert await floor.pending() == [approval.action_id]
        assert (await floor.free(one), await floor.free(two)) == (1, 2)
        await floor.decide(approval)
        assert (await floor.tour(approval.args["tour_id"])).status is TourStatus.BOOKED

    async def test_a_taken_time_is_refused_and_nothing_waits(
        self, floor: Floor, services: Services
    ) -> None:
        tools, slot = await floor.offered()
        community = await services.tenants.community(TENANT, "alder-row")
        for n in range(community.tour.capacity):
            await services.tours.hold(
                TENANT,
                tour_id=f"tour_{n}",
                thread_id=f"thr_other_{n}",
                lead_id="lead",
                listing_id=floor.home,
                community=community,
                starts_at=slot.starts_at,
                until=floor.clock.now() + LIFETIME,
            )
        with pytest.raises(Conflict) as refused:
            await propose(tools, floor.home, slot)
        assert refused.value.code == "tour_slot_taken"
        assert await floor.pending() == []

    async def test_of_many_threads_as_many_get_the_time_as_there_are_seats(
        self, floor: Floor
    ) -> None:
        boxes = []
        for n in range(6):
            await floor.open(f"thr_of_{n}")
            tools, slot = await floor.offered(thread_id=f"thr_of_{n}")
            boxes.append(tools)
        results = await asyncio.gather(
            *(propose(tools, floor.home, slot) for tools in boxes), return_exceptions=True
        )
        refused = [result for result in results if isinstance(result, Conflict)]
        assert [refusal.code for refusal in refused] == ["tour_slot_taken"] * 4
        assert await floor.free(slot) == 0

    @pytest.mark.parametrize(
        ("starts_at", "error"),
        [
            ("2026-03-01T18:00:00Z", Conflict),
            ("2026-03-05T18:07:00Z", InvalidInput),
            ("2026-03-08T18:00:00Z", InvalidInput),
            ("2027-03-05T18:00:00Z", InvalidInput),
            ("0001-01-01T00:00:00Z", Conflict),
            ("9999-12-31T23:59:59Z", InvalidInput),
        ],
    )
    async def test_not_even_a_trusted_caller_books_where_no_tour_can_start(
        self, floor: Floor, starts_at: str, error: type[Exception]
    ) -> None:
        tools = await floor.toolbox(trusted=True, scopes=frozenset({"actions:write"}))
        with pytest.raises(error) as refused:
            await tools.use("propose_tour", listing_id=floor.home, starts_at=starts_at)
        assert getattr(refused.value, "code", None) == "tour_slot_invalid"
        assert await floor.pending() == []


class TestDecided:
    async def test_approved_it_is_booked_and_queued_once(self, floor: Floor) -> None:
        approval, tour = await floor.proposed()
        await asyncio.gather(*(floor.decide(approval) for _ in range(20)))
        tour = await floor.tour(tour.tour_id)
        assert (tour.status, tour.hold_until) == (TourStatus.BOOKED, None)
        [delivery] = await floor.deliveries()
        assert (delivery.action, delivery.args) == ("schedule_tour", approval.args)

    @pytest.mark.parametrize("decision", REFUSALS)
    async def test_refused_the_time_is_free_again(self, floor: Floor, decision: Decision) -> None:
        tools, slot = await floor.offered()
        approval = await propose(tools, floor.home, slot)
        await floor.decide(approval, decision)
        tour = await floor.tour(approval.args["tour_id"])
        assert tour.status is TourStatus.CANCELED_BY_MANAGER
        assert await floor.free(slot) == 2
        assert await floor.deliveries() == []

    async def test_expired_the_time_is_free_again(self, floor: Floor) -> None:
        tools, slot = await floor.offered()
        approval = await propose(tools, floor.home, slot)
        floor.clock.advance(LIFETIME)
        await floor.expire()
        assert await floor.free(slot) == 2
        with pytest.raises(Gone):
            await floor.decide(approval)

    async def test_a_refused_time_is_not_proposed_again(self, floor: Floor) -> None:
        tools, slot = await floor.offered()
        await floor.decide(await propose(tools, floor.home, slot), REJECT)
        tools, _ = await floor.offered()
        with pytest.raises(Conflict) as refused:
            await propose(tools, floor.home, slot)
        assert refused.value.code == "action_rejected_before"
        assert await floor.free(slot) == 2

    async def test_edited_it_is_booked_at_the_other_time(self, floor: Floor) -> None:
        tools = await floor.toolbox()
        one, two, _ = await slots(floor, tools)
        approval = await propose(tools, floor.home, one)
        decided = await floor.decide(approval, edit(starts_at=two.starts_at.isoformat()))
        tour = await floor.tour(approval.args["tour_id"])
        assert (tour.status, tour.starts_at) == (TourStatus.BOOKED, two.starts_at)
        assert (await floor.free(one), await floor.free(two)) == (2, 1)
        assert decided.args["starts_at"] == two.starts_at.isoformat().replace("+00:00", "Z")
        [delivery] = await floor.deliveries()
        assert delivery.args == decided.args

    @pytest.mark.parametrize(
        ("starts_at", "code"),
        [
            ("2026-03-05T18:07:00Z", "tour_slot_invalid"),
            ("2026-03-01T18:00:00Z", "tour_slot_invalid"),
            ("2026-03-05T18:00:00", "approval_edit_invalid"),
            ("tomorrow", "approval_edit_invalid"),
            ("", "approval_edit_invalid"),
            ("true", "approval_edit_invalid"),
            ("{}", "approval_edit_invalid"),
            (None, "approval_edit_invalid"),
        ],
    )
    async def test_an_edit_to_no_slot_changes_nothing(
        self, floor: Floor, starts_at: str | None, code: str
    ) -> None:
        approval, tour = await floor.proposed()
        with pytest.raises((InvalidInput, Conflict)) as refused:
            await floor.decide(approval, edit(starts_at=starts_at))
        assert refused.value.code == code
        assert await floor.tour(tour.tour_id) == tour
        assert await floor.pending() == [approval.action_id]
        assert await floor.deliveries() == []

    async def test_the_week_of_the_change_of_clocks_is_edited_by_wall_time(
        self, floor: Floor
    ) -> None:
        """On March 8, 2026 Los Angeles goes from -08:00 to -07:00."""
        floor.clock.advance(timedelta(days=4))
        approval, tour = await floor.proposed()
        with pytest.raises(InvalidInput):
            await floor.decide(approval, edit(starts_at="2026-03-09T10:15:00-07:00"))
        decided = await floor.decide(approval, edit(starts_at="2026-03-09T10:00:00-07:00"))
        assert decided.status is ApprovalStatus.EDITED
        booked = await floor.tour(tour.tour_id)
        assert booked.starts_at.isoformat() == "2026-03-09T17:00:00+00:00"

    async def test_a_time_that_has_passed_meanwhile_is_not_booked(self, floor: Floor) -> None:
        approval, tour = await floor.proposed()
        floor.clock.advance(tour.starts_at - floor.clock.now())
        with pytest.raises(Conflict) as refused:
            await floor.decide(approval)
        assert refused.value.code == "tour_slot_invalid"
        assert await floor.pending() == [approval.action_id]
        assert await floor.deliveries() == []


class TestReschedule:
    async def test_both_times_are_held_meanwhile(self, floor: Floor) -> None:
        approval, one, two = await moving(floor)
        assert (await floor.free(one), await floor.free(two)) == (1, 1)
        assert one.label in approval.description
        assert two.label in approval.description

    async def test_approved_the_tour_moves(self, floor: Floor) -> None:
        approval, one, two = await moving(floor)
        await floor.decide(approval)
        tour = await floor.tour(approval.args["tour_id"])
        assert (tour.status, tour.starts_at) == (TourStatus.BOOKED, two.starts_at)
        assert (await floor.free(one), await floor.free(two)) == (2, 1)

    @pytest.mark.parametrize("decision", REFUSALS)
    async def test_refused_it_stays(self, floor: Floor, decision: Decision) -> None:
        approval, one, two = await moving(floor)
        await floor.decide(approval, decision)
        tour = await floor.tour(approval.args["tour_id"])
        assert (tour.status, tour.starts_at) == (TourStatus.BOOKED, one.starts_at)
        assert (await floor.free(one), await floor.free(two)) == (1, 2)

    async def test_edited_it_moves_there_and_nothing_else_is_held(self, floor: Floor) -> None:
        approval, one, two = await moving(floor)
        tools = await floor.toolbox()
        third = (await slots(floor, tools, on="2026-03-06"))[0]
        await floor.decide(approval, edit(starts_at=third.starts_at.isoformat()))
        tour = await floor.tour(approval.args["tour_id"])
        assert tour.starts_at == third.starts_at
        assert [await floor.free(slot) for slot in (one, two, third)] == [2, 2, 1]

    async def test_expired_only_the_new_time_is_free_again(self, floor: Floor) -> None:
        _, one, two = await moving(floor)
        floor.clock.advance(LIFETIME)
        await floor.expire()
        assert (await floor.free(one), await floor.free(two)) == (1, 2)

    async def test_two_tours_move_side_by_side(self, floor: Floor) -> None:
        first = await floor.booked(floor.homes[0].listing_id)
        second = await floor.booked(floor.homes[1].listing_id)
        for tour in (first, second):
            tools = await floor.toolbox()
            offer = await tools.use("tour_slots", listing_id=tour.listing_id, on="2026-03-07")
            slot_id = offer.slots[0].slot_id
            await tools.use("reschedule_tour", tour_id=tour.tour_id, slot_id=slot_id)
        assert len(await floor.pending()) == 2

    async def test_a_tour_of_another_thread_does_not_move(self, floor: Floor) -> None:
        tour = await floor.booked()
        tools, slot = await floor.offered(thread_id="thr_2")
        for name, args in {
            "reschedule_tour": {"slot_id": slot.slot_id},
            "cancel_tour": {},
        }.items():
            with pytest.raises(Forbidden) as refused:
                await tools.use(name, tour_id=tour.tour_id, **args)
            assert refused.value.code == "id_not_offered"

    async def test_a_time_of_another_home_is_refused(self, floor: Floor) -> None:
        tour = await floor.booked(floor.homes[0].listing_id)
        tools, slot = await floor.offered(floor.homes[1].listing_id)
        with pytest.raises(Forbidden):
            await tools.use("reschedule_tour", tour_id=tour.tour_id, slot_id=slot.slot_id)


class TestCancel:
    async def test_approved_the_lead_has_canceled(self, floor: Floor) -> None:
        tour = await floor.booked()
        tools = await floor.toolbox()
        approval = await tools.use("cancel_tour", tour_id=tour.tour_id, reason="sick")
        assert (await floor.tour(tour.tour_id)).status is TourStatus.BOOKED
        assert approval.risk == "low"
        await floor.decide(approval)
        assert (await floor.tour(tour.tour_id)).status is TourStatus.CANCELED_BY_RENTER
        assert {row.action for row in await floor.deliveries()} == {"cancel_tour", "schedule_tour"}

    @pytest.mark.parametrize("decision", REFUSALS)
    async def test_refused_it_stays(self, floor: Floor, decision: Decision) -> None:
        tour = await floor.booked()
        approval = await (await floor.toolbox()).use("cancel_tour", tour_id=tour.tour_id)
        await floor.decide(approval, decision)
        assert (await floor.tour(tour.tour_id)).status is TourStatus.BOOKED

    async def test_what_is_only_proposed_is_withdrawn_at_once(self, floor: Floor) -> None:
        approval, tour = await floor.proposed()
        result = await (await floor.toolbox()).use("cancel_tour", tour_id=tour.tour_id)
        assert result is None
        assert await floor.pending() == []
        assert (await floor.tour(tour.tour_id)).status is TourStatus.CANCELED_BY_MANAGER
        with pytest.raises(Conflict) as refused:
            await floor.decide(approval)
        assert refused.value.code == "approval_superseded"
        assert await floor.deliveries() == []

    async def test_a_move_that_waits_is_withdrawn_with_it(self, floor: Floor) -> None:
        approval, one, two = await moving(floor)
        tour_id = approval.args["tour_id"]
        cancel = await (await floor.toolbox()).use("cancel_tour", tour_id=tour_id)
        assert await floor.pending() == [cancel.action_id]
        await floor.decide(cancel)
        assert (await floor.free(one), await floor.free(two)) == (2, 2)

    async def test_proposals_about_other_tours_stay(self, floor: Floor) -> None:
        move, *_ = await moving(floor)
        _, tour = await floor.proposed(floor.homes[1].listing_id)
        assert len(await floor.pending()) == 2
        await (await floor.toolbox()).use("cancel_tour", tour_id=tour.tour_id)
        assert await floor.pending() == [move.action_id]

    async def test_two_tours_are_canceled_side_by_side(self, floor: Floor) -> None:
        first = await floor.booked(floor.homes[0].listing_id)
        second = await floor.booked(floor.homes[1].listing_id)
        approvals = []
        for tour in (first, second):
            tools = await floor.toolbox()
            approvals.append(await tools.use("cancel_tour", tour_id=tour.tour_id))
        assert set(await floor.pending()) == {row.action_id for row in approvals}
        for approval in approvals:
            await floor.decide(approval)
        tours = await floor.services.tours.find(TENANT, TourQuery(thread_id=THREAD))
        assert {tour.status for tour in tours} == {TourStatus.CANCELED_BY_RENTER}

    async def test_a_newer_reason_takes_the_place_of_the_older(self, floor: Floor) -> None:
        tour = await floor.booked()
        for reason in ("sick", "found another"):
            approval = await (await floor.toolbox()).use(
                "cancel_tour", tour_id=tour.tour_id, reason=reason
            )
        assert await floor.pending() == [approval.action_id]

    async def test_what_is_over_is_not_canceled_again(self, floor: Floor) -> None:
        tour = await floor.booked()
        await floor.decide(await (await floor.toolbox()).use("cancel_tour", tour_id=tour.tour_id))
        with pytest.raises(Forbidden):
            await (await floor.toolbox()).use("cancel_tour", tour_id=tour.tour_id)

    async def test_only_the_reason_can_be_edited(self, floor: Floor) -> None:
        tour = await floor.booked()
        approval = await (await floor.toolbox()).use("cancel_tour", tour_id=tour.tour_id)
        for args in ({"tour_id": "tour_2"}, {"contact": None}, {"contact": "con_2"}, {"by": "me"}):
            with pytest.raises(InvalidInput) as refused:
                await floor.decide(approval, edit(**args))
            assert refused.value.code == "approval_edit_invalid"
        decided = await floor.decide(approval, edit(reason="moved away"))
        assert decided.args["reason"] == "moved away"


class TestEditable:
    @pytest.mark.parametrize(
        "args",
        [
            {"listing_id": "another"},
            {"tour_id": "tour_x"},
            {"contact": "con_x"},
            {"price": 1},
            {"$set": {"status": "booked"}},
            {"starts_at": "2026-03-05T18:00:00Z", "contact": "con_x"},
        ],
    )
    async def test_who_what_and_foreign_fields_are_not(
        self, floor: Floor, args: dict[str, Any]
    ) -> None:
        approval, tour = await floor.proposed()
        with pytest.raises(InvalidInput) as refused:
            await floor.decide(approval, edit(**args))
        assert refused.value.code == "approval_edit_invalid"
        assert await floor.tour(tour.tour_id) == tour
        assert (await floor.decide(approval, APPROVE)).status is ApprovalStatus.APPROVED

    async def test_the_whole_with_one_change_is_an_edit(self, floor: Floor) -> None:
        """Other inboxes send every argument back, as text."""
        tools = await floor.toolbox()
        one, two, _ = await slots(floor, tools)
        approval = await propose(tools, floor.home, one)
        echoed = {**approval.args, "starts_at": two.starts_at.isoformat()}
        assert (await floor.decide(approval, edit(**echoed))).status is ApprovalStatus.EDITED
