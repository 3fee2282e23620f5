"""A booked tour is called to mind 24 and 2 hours before: once each, by its approval."""

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from agent.leads.models import Consent
from agent.outbox.models import Delivery, Refused
from agent.privacy.models import Contact
from agent.services import Services
from agent.tours.models import Tour, TourStatus
from graphs import reminders, tour_desk
from tests.tools.conftest import Floor, floor
from tools.sending import may_leave

__all__ = ["floor"]

TENANT = "default"
DAY = timedelta(hours=24)


async def booked(floor: Floor, wall: str = "2026-03-05T14:00:00") -> Tour:
    start = datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo("America/Los_Angeles"))
    return await tour_desk.book(
        floor.services,
        TENANT,
        "thr_1",
        listing_id=floor.home,
        starts_at=start,
        slot_id=None,
        actor="user:ann",
    )


async def at(floor: Floor, moment: datetime) -> None:
    floor.clock.advance(moment - floor.clock.now())
    await reminders.sweep(floor.services)


async def sent(floor: Floor) -> list[Delivery]:
    return [row for row in await floor.deliveries() if ":reminder-" in row.key]


async def test_there_are_two_and_each_is_queued_once(floor: Floor) -> None:
    tour = await booked(floor)
    await at(floor, tour.starts_at - DAY - timedelta(seconds=1))
    assert await sent(floor) == []
    await at(floor, tour.starts_at - DAY)
    await asyncio.gather(*(reminders.sweep(floor.services) for _ in range(5)))
    [first] = await sent(floor)
    assert (first.action, first.args["channel"]) == ("send_message", "sms")
    assert "2:00 PM" in first.args["text"]
    assert first.args["contact"] == floor.lead.contact_ref
    await at(floor, tour.starts_at - timedelta(hours=2))
    await reminders.sweep(floor.services)
    assert len(await sent(floor)) == 2
    await at(floor, tour.starts_at + timedelta(hours=1))
    assert len(await sent(floor)) == 2


async def test_the_approval_of_the_tour_names_and_covers_them(floor: Floor) -> None:
    tour = await booked(floor)
    await at(floor, tour.starts_at - DAY)
    [row] = await sent(floor)
    approval = await floor.services.approvals.get(TENANT, row.action_id or "")
    assert (approval.action, approval.status) == ("schedule_tour", "approved")
    assert "remind the lead 24 and 2 hours before" in approval.description
    records = await floor.services.audit.store.about(TENANT, tour.tour_id)
    assert records[-1].kind == "tour.reminded"
    assert records[-1].data["action_id"] == approval.action_id


async def test_what_is_only_proposed_is_not_called_to_mind(floor: Floor) -> None:
    _, tour = await floor.proposed()
    await at(floor, tour.starts_at - timedelta(hours=2))
    assert await sent(floor) == []


async def test_one_that_was_missed_is_not_sent_late(floor: Floor) -> None:
    tour = await booked(floor)
    await at(floor, tour.starts_at - timedelta(minutes=90))
    [row] = await sent(floor)
    assert row.key.endswith(":reminder-2h")


async def test_booked_late_there_is_one(floor: Floor) -> None:
    tour = await booked(floor, "2026-03-02T16:00:00")
    await at(floor, tour.starts_at - timedelta(hours=2))
    assert [row.key.rsplit("-", 1)[1] for row in await sent(floor)] == ["2h"]


@pytest.mark.parametrize("wall", ["2026-03-09T10:00:00", "2026-03-08T10:00:00"])
async def test_over_the_change_of_clocks_they_are_hours_before(floor: Floor, wall: str) -> None:
    community = await floor.services.tenants.community(TENANT, "alder-row")
    everyday = {day: community.hours["mon"] for day in community.hours | {"sun": []}}
    open_all_week = community.model_copy(update={"hours": everyday})
    await floor.services.tenants.put_community(TENANT, open_all_week)
    tour = await booked(floor, wall)
    assert tour.remind_at == tour.starts_at - DAY


class TestChannel:
    async def test_without_consent_it_is_an_email(self, floor: Floor) -> None:
        lead = await floor.services.leads.create(
            TENANT,
            contact=Contact(email="kim@example.com", phone="+15035550143"),
            consent=Consent(),
            source=None,
        )
        await floor.become(lead)
        tour = await booked(floor)
        await at(floor, tour.starts_at - DAY)
        assert [row.args["channel"] for row in await sent(floor)] == ["email"]

    async def test_a_text_that_would_come_too_late_is_an_email(self, floor: Floor) -> None:
        """Quiet hours end at 8, when the tour begins."""
        community = await floor.services.tenants.community(TENANT, "alder-row")
        early = [community.hours["mon"][0].model_copy(update={"opens": datetime.min.time()})]
        hours = {**community.hours, "thu": early}
        await floor.services.tenants.put_community(
            TENANT, community.model_copy(update={"hours": hours})
        )
        tour = await booked(floor, "2026-03-05T08:00:00")
        await at(floor, tour.starts_at - timedelta(hours=2))
        assert [row.args["channel"] for row in await sent(floor)] == ["email"]

    async def test_a_text_in_the_quiet_hours_waits_for_their_end(self, floor: Floor) -> None:
        tour = await booked(floor, "2026-03-05T09:00:00")
        await at(floor, tour.starts_at - timedelta(hours=2))
        [row] = await sent(floor)
        assert row.args["channel"] == "sms"

    async def test_whoever_wants_none_gets_none(self, floor: Floor) -> None:
        tour = await booked(floor)
        await floor.services.leads.opt_out(TENANT, floor.lead.lead_id)
        await at(floor, tour.starts_at - DAY)
        assert await sent(floor) == []
        await at(floor, tour.starts_at - timedelta(hours=2))
        assert await sent(floor) == []


class TestChanges:
    async def test_canceled_with_the_tour(self, floor: Floor) -> None:
        tour = await booked(floor)
        await at(floor, tour.starts_at - DAY)
        await tour_desk.cancel(floor.services, TENANT, tour.tour_id, actor="user:ann")
        assert [row.state for row in await sent(floor)] == ["canceled"]
        await at(floor, tour.starts_at - timedelta(hours=2))
        assert len(await sent(floor)) == 1

    async def test_moved_with_the_tour(self, floor: Floor) -> None:
        tour = await booked(floor)
        await at(floor, tour.starts_at - DAY)
        later = tour.starts_at + timedelta(days=1)
        moved = await tour_desk.move(floor.services, TENANT, tour.tour_id, later, actor="user:ann")
        assert moved.remind_at == later - DAY
        assert [row.state for row in await sent(floor)] == ["canceled"]
        await at(floor, later - DAY)
        states = sorted((row.state.value, row.action_id) for row in await sent(floor))
        assert [state for state, _ in states] == ["canceled", "pending"]
        assert states[1][1] == moved.actions[-1]

    async def test_what_the_desk_knows_nothing_of_may_not_leave(self, floor: Floor) -> None:
        tour = await booked(floor)
        await at(floor, tour.starts_at - DAY)
        [row] = await sent(floor)
        await may_leave(floor.services)(TENANT, row)
        later = tour.starts_at + timedelta(days=1)
        await floor.services.tours.move(TENANT, tour.tour_id, later)
        with pytest.raises(Refused, match="tour_changed"):
            await may_leave(floor.services)(TENANT, row)
        await at(floor, later - DAY)
        [fresh] = [each for each in await sent(floor) if each.key != row.key]
        elsewhere = fresh.model_copy(update={"key": f"{fresh.key}@sub_1"})
        await may_leave(floor.services)(TENANT, elsewhere)
        await floor.services.tours.cancel(TENANT, tour.tour_id, by="renter")
        with pytest.raises(Refused, match="tour_changed"):
            await may_leave(floor.services)(TENANT, elsewhere)

    async def test_marked_it_is_over(self, floor: Floor) -> None:
        tour = await booked(floor)
        floor.clock.advance(tour.starts_at - floor.clock.now())
        marked = await tour_desk.mark(
            floor.services, TENANT, tour.tour_id, TourStatus.VISITED, actor="user:ann"
        )
        assert marked.remind_at is None


async def test_with_an_address_it_carries_links(floor: Floor, services: Services) -> None:
    tour = await booked(floor)
    object.__setattr__(services.settings, "public_url", "https://homes.example/")
    await at(floor, tour.starts_at - DAY)
    [row] = await sent(floor)
    tokens = [word.rsplit("/", 1)[1] for word in row.args["text"].split() if "/links/" in word]
    assert [services.tour_links.read(token).purpose for token in tokens] == [
        "reschedule",
        "cancel",
    ]
