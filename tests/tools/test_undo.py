"""An approval taken back leaves the nouns as they were while it waited."""

import pytest

from agent.approvals.models import Approval, ApprovalStatus
from agent.errors import Conflict
from agent.services import Services
from agent.tours.models import Slot, TourStatus
from tests.tools.conftest import TENANT, THREAD, Floor, edit
from tools.effects import effects


@pytest.fixture(autouse=True)
async def window(services: Services) -> None:
    tenant = await services.tenants.tenant(TENANT)
    await services.tenants.put(tenant.model_copy(update={"undo_seconds": 600}))


async def undo(floor: Floor, approval: Approval) -> Approval:
    return await floor.services.approvals.undo(
        TENANT, approval.action_id, actor="office", effects=effects(floor.services, TENANT)
    )


async def times(floor: Floor, on: str = "2026-03-05") -> list[Slot]:
    offer = await (await floor.toolbox()).use("tour_slots", listing_id=floor.home, on=on)
    return list(offer.slots)


async def proposed(floor: Floor, slot: Slot) -> Approval:
    tools = await floor.toolbox(slots={slot.slot_id: (floor.home, slot.starts_at)})
    approval: Approval = await tools.use(
        "propose_tour", listing_id=floor.home, slot_id=slot.slot_id
    )
    return approval


class TestBooking:
    async def test_it_is_proposed_again_with_its_hold(self, floor: Floor) -> None:
        one, *_ = await times(floor)
        approval = await proposed(floor, one)
        before = await floor.tour(approval.args["tour_id"])
        decided = await floor.decide(approval)
        reopened = await undo(floor, decided)
        tour = await floor.tour(before.tour_id)
        assert (tour.status, tour.seat, tour.starts_at) == (
            TourStatus.PROPOSED,
            before.seat,
            before.starts_at,
        )
        assert tour.hold_until == reopened.expires_at
        assert (tour.remind_at, tour.actions) == (None, [])
        assert await floor.free(one) == 1
        assert (await floor.decide(reopened)).status is ApprovalStatus.APPROVED
        assert (await floor.tour(tour.tour_id)).status is TourStatus.BOOKED

    async def test_the_lead_hears_of_it_once(self, floor: Floor) -> None:
        one, *_ = await times(floor)
        approval = await proposed(floor, one)
        threads = floor.services.threads
        for _ in range(2):
            approval = await undo(floor, await floor.decide(approval))
        await floor.decide(approval)
        assert (await threads.get(TENANT, THREAD)).unanswered == 0
        await floor.finish()
        assert (await threads.get(TENANT, THREAD)).unanswered == 1

    async def test_an_edited_one_is_at_the_time_that_was_proposed(self, floor: Floor) -> None:
        one, two, _ = await times(floor)
        approval = await proposed(floor, one)
        decided = await floor.decide(approval, edit(starts_at=two.starts_at.isoformat()))
        await undo(floor, decided)
        tour = await floor.tour(approval.args["tour_id"])
        assert (tour.status, tour.starts_at) == (TourStatus.PROPOSED, one.starts_at)
        assert [await floor.free(slot) for slot in (one, two)] == [1, 2]

    async def test_what_has_gone_on_since_stays(self, floor: Floor) -> None:
        one, two, _ = await times(floor)
        decided = await floor.decide(await proposed(floor, one))
        tools = await floor.toolbox(slots={two.slot_id: (floor.home, two.starts_at)})
        tour_id = decided.args["tour_id"]
        await tools.use("reschedule_tour", tour_id=tour_id, slot_id=two.slot_id)
        with pytest.raises(Conflict) as refused:
            await undo(floor, decided)
        assert refused.value.code == "tour_changed"
        assert (await floor.tour(tour_id)).status is TourStatus.BOOKED


class TestMove:
    async def moved(self, floor: Floor) -> tuple[Approval, Slot, Slot]:
        one, two, _ = await times(floor)
        booked = await floor.decide(await proposed(floor, one))
        tools = await floor.toolbox(slots={two.slot_id: (floor.home, two.starts_at)})
        move = await tools.use(
            "reschedule_tour", tour_id=booked.args["tour_id"], slot_id=two.slot_id
        )
        return move, one, two

    async def test_both_times_are_held_again(self, floor: Floor) -> None:
        move, one, two = await self.moved(floor)
        await undo(floor, await floor.decide(move))
        tour = await floor.tour(move.args["tour_id"])
        hold = await floor.tour(move.args["hold_id"])
        assert (tour.status, tour.starts_at) == (TourStatus.BOOKED, one.starts_at)
        assert (hold.status, hold.starts_at) == (TourStatus.PROPOSED, two.starts_at)
        assert (await floor.free(one), await floor.free(two)) == (1, 1)
        assert len(tour.actions) == 1
        await floor.decide(move)
        assert (await floor.tour(tour.tour_id)).starts_at == two.starts_at
        assert (await floor.free(one), await floor.free(two)) == (2, 1)

    async def test_a_time_taken_meanwhile_keeps_it_moved(self, floor: Floor) -> None:
        move, one, two = await self.moved(floor)
        decided = await floor.decide(move)
        for n in range(await floor.free(one)):
            await floor.take(one.starts_at, f"other_{n}")
        with pytest.raises(Conflict) as refused:
            await undo(floor, decided)
        assert refused.value.code == "tour_slot_taken"
        assert (await floor.tour(move.args["tour_id"])).starts_at == two.starts_at
        standing = await floor.services.approvals.get(TENANT, move.action_id)
        assert standing.status is ApprovalStatus.APPROVED


class TestCancel:
    async def test_it_is_booked_again(self, floor: Floor) -> None:
        tour = await floor.booked()
        approval = await (await floor.toolbox()).use("cancel_tour", tour_id=tour.tour_id)
        await undo(floor, await floor.decide(approval))
        again = await floor.tour(tour.tour_id)
        assert (again.status, again.starts_at) == (TourStatus.BOOKED, tour.starts_at)
        assert again.seat is not None
        assert again.remind_at == tour.remind_at

    async def test_not_where_its_time_is_taken(self, floor: Floor) -> None:
        tour = await floor.booked()
        approval = await (await floor.toolbox()).use("cancel_tour", tour_id=tour.tour_id)
        decided = await floor.decide(approval)
        for n in range(2):
            await floor.take(tour.starts_at, f"other_{n}")
        with pytest.raises(Conflict) as refused:
            await undo(floor, decided)
        assert refused.value.code == "tour_slot_taken"


async def test_an_application_is_proposed_again(floor: Floor) -> None:
    community = await floor.services.tenants.community(TENANT, "alder-row")
    tools = await floor.toolbox(stage="applying", disclosed=(community.terms_id, floor.clock.now()))
    approval = await tools.use("start_application", listing_id=floor.home)
    store = floor.services.applications.store
    await floor.decide(approval)
    [started] = await store.of_thread(TENANT, THREAD)
    await undo(floor, approval)
    [again] = await store.of_thread(TENANT, THREAD)
    assert (started.status, again.status) == ("started", "proposed")


async def test_a_message_is_taken_back_unsent(floor: Floor) -> None:
    approval = await (await floor.toolbox()).use("send_message", channel="email", text="Hello.")
    await undo(floor, await floor.decide(approval))
    assert [row.state for row in await floor.deliveries()] == ["canceled"]
