"""Tours over HTTP, for staff and for the lead who holds a link."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import icalendar
import pytest

from agent.kit.clock import ManualClock
from agent.services import Services
from tests.server.parties import Json, Staff, Visitor
from tests.server.small import demo, pending_tour, visitor

__all__ = ["demo", "visitor"]

PARTY = "default"
BAD_BOOKINGS: list[tuple[Json, str]] = [
    ({"slot_id": None, "starts_at": "2026-03-05T18:07:00Z"}, "tour_slot_invalid"),
    ({"slot_id": None, "starts_at": "2026-03-01T18:00:00Z"}, "tour_slot_invalid"),
    ({"slot_id": None, "starts_at": "2026-03-05T18:00:00"}, "request_invalid"),
    ({"slot_id": None}, "request_invalid"),
    ({"starts_at": "2026-03-05T18:00:00Z"}, "request_invalid"),
    ({"slot_id": "slot_none"}, "id_not_offered"),
    ({"thread_id": "thr_none"}, "thread_not_found"),
    ({"listing_id": "lst_none"}, "listing_not_found"),
    ({"approve": True}, "request_invalid"),
]
BAD_CHANGES: list[Json] = [
    {},
    {"status": "booked"},
    {"status": "canceled_by_renter"},
    {"status": "visited", "starts_at": "2026-03-05T18:00:00Z"},
    {"starts_at": "soon"},
    {"starts_at": None},
    {"status": "visited", "version": "1"},
    {"seat": 1},
]
BAD_FILTERS: list[Json] = [
    {"from": "soon"},
    {"from": "2026-03-05T18:00:00"},
    {"status": "lost"},
    {"limit": "0"},
]


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.status_code < 500, answer.text
    return answer.status_code, answer.json()["error"]["code"]


async def patch(staff: Staff, tour_id: str, **body: Any) -> httpx.Response:
    return await staff.web.patch(f"/api/tours/{tour_id}", json=body, headers=staff.headers)


@pytest.fixture
async def slots(staff: Staff) -> list[Json]:
    found = await staff.read("/api/tours/slots", listing_id="lst_118", days=10)
    assert found["zone"] == "America/Los_Angeles"
    return [{**slot, "listing_id": "lst_118"} for slot in found["items"]]


@pytest.fixture
async def tour(staff: Staff, visitor: Visitor, slots: list[Json]) -> Json:
    answer = await book(staff, visitor, slots[40])
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def book(staff: Staff, visitor: Visitor, slot: Json) -> httpx.Response:
    body = {
        "thread_id": visitor.thread_id,
        "listing_id": slot["listing_id"],
        "slot_id": slot["slot_id"],
    }
    return await staff.post("/api/tours", body)


class TestBooking:
    async def test_goes_through_an_approval_of_whoever_books(
        self, staff: Staff, visitor: Visitor, tour: Json, slots: list[Json], state: Any
    ) -> None:
        assert (tour["status"], tour["starts_at"]) == ("booked", slots[40]["starts_at"])
        assert tour["label"] == slots[40]["label"]
        [row] = (await staff.read("/api/approvals"))["items"]
        detail = await staff.until_delivered(row["action_id"])
        assert (detail["status"], detail["args"]["tour_id"]) == ("approved", tour["tour_id"])
        assert detail["decided_by"] == detail["proposed_by"]
        await state.runtime.caught_up(PARTY, visitor.thread_id)
        assert "booked" in (await visitor.thread())["messages"][-1]["text"]

    @pytest.mark.untraced
    async def test_at_once_nobody_is_booked_beyond_the_capacity(
        self, staff: Staff, web: httpx.AsyncClient, slots: list[Json], demo: Services
    ) -> None:
        community = await demo.tenants.community(PARTY, "alder-row")
        visitors = [
            await Visitor.arrive(web, lead={"email": f"kim{n}@example.com"}) for n in range(6)
        ]
        answers = await asyncio.gather(*(book(staff, each, slots[40]) for each in visitors))
        booked = [answer for answer in answers if answer.status_code == 201]
        assert len(booked) == community.tour.capacity
        refused = [code(answer) for answer in answers if answer.status_code != 201]
        assert set(refused) <= {(409, "tour_slot_taken")}
        waiting = await staff.read("/api/approvals", status="pending")
        assert waiting["items"] == []

    async def test_a_bad_one_books_nothing(
        self, staff: Staff, visitor: Visitor, slots: list[Json]
    ) -> None:
        slot = slots[40]
        good = {
            "thread_id": visitor.thread_id,
            "listing_id": slot["listing_id"],
            "slot_id": slot["slot_id"],
        }
        for change, refusal in BAD_BOOKINGS:
            body = {name: value for name, value in (good | change).items() if value is not None}
            assert code(await staff.post("/api/tours", body))[1] == refusal, change
        assert (await staff.read("/api/tours"))["items"] == []
        assert (await staff.read("/api/approvals"))["items"] == []

    async def test_whoever_cannot_be_reached_is_not_booked(
        self, staff: Staff, web: httpx.AsyncClient, slots: list[Json]
    ) -> None:
        nobody = await Visitor.arrive(web)
        assert code(await book(staff, nobody, slots[40])) == (409, "contact_missing")


class TestList:
    async def test_is_filtered_and_paged(self, staff: Staff, tour: Json) -> None:
        for params, found in (
            ({}, 1),
            ({"status": "booked"}, 1),
            ({"status": "visited"}, 0),
            ({"community": "alder-row"}, 1),
            ({"community": "cedar-mesa"}, 0),
            ({"from": tour["starts_at"]}, 1),
            ({"to": tour["starts_at"]}, 0),
            ({"thread_id": tour["thread_id"], "limit": "1"}, 1),
        ):
            assert len((await staff.read("/api/tours", **params))["items"]) == found, params

    async def test_a_bad_filter_is_refused(self, staff: Staff) -> None:
        for params in BAD_FILTERS:
            answer = await staff.get("/api/tours", **params)
            assert code(answer) == (422, "request_invalid"), params


class TestCalendarFile:
    async def test_by_suffix_and_by_accept(self, staff: Staff, tour: Json) -> None:
        path = f"/api/tours/{tour['tour_id']}"
        by_suffix = await staff.get(f"{path}.ics")
        by_accept = await staff.web.get(path, headers=staff.headers | {"Accept": "text/calendar"})
        assert by_suffix.content == by_accept.content
        assert by_suffix.headers["Content-Type"].startswith("text/calendar")
        event = icalendar.Calendar.from_ical(by_suffix.content).events[0]
        assert datetime.fromisoformat(tour["starts_at"]) == event.DTSTART
        assert (await staff.read(path))["tour_id"] == tour["tour_id"]

    async def test_of_no_tour_is_not_found(self, staff: Staff) -> None:
        for path in ("/api/tours/tour_none.ics", "/api/tours/tour_none"):
            assert code(await staff.get(path)) == (404, "tour_not_found")


class TestChange:
    async def test_moved_the_lead_is_told_and_the_calendar_follows(
        self, staff: Staff, visitor: Visitor, tour: Json, slots: list[Json], state: Any
    ) -> None:
        later = slots[60]["starts_at"]
        answer = await patch(staff, tour["tour_id"], starts_at=later, version=tour["version"])
        assert answer.status_code == 200, answer.text
        assert answer.json()["starts_at"] == later
        [row] = (await staff.read("/api/approvals", action="reschedule_tour"))["items"]
        assert row["status"] == "approved"
        await state.runtime.caught_up(PARTY, visitor.thread_id)
        assert "moved" in (await visitor.thread())["messages"][-1]["text"]
        stale = await patch(staff, tour["tour_id"], starts_at=later, version=tour["version"])
        assert code(stale) == (409, "tour_version_stale")

    async def test_canceled_by_the_house(
        self, staff: Staff, tour: Json, clock: ManualClock
    ) -> None:
        answer = await patch(staff, tour["tour_id"], status="canceled_by_manager")
        assert answer.json()["status"] == "canceled_by_manager"
        [row] = (await staff.read("/api/approvals", action="cancel_tour"))["items"]
        await staff.until_delivered(row["action_id"])
        file = await staff.get(f"/api/tours/{tour['tour_id']}.ics")
        assert b"METHOD:CANCEL" in file.content
        again = await patch(staff, tour["tour_id"], status="canceled_by_manager")
        assert code(again) == (409, "tour_step_illegal")

    @pytest.mark.parametrize("status", ["visited", "no_show"])
    async def test_marked_after_it_began(
        self, staff: Staff, tour: Json, clock: ManualClock, status: str
    ) -> None:
        early = await patch(staff, tour["tour_id"], status=status)
        assert code(early) == (409, "tour_not_started")
        clock.advance(datetime.fromisoformat(tour["starts_at"]) - clock.now())
        assert (await patch(staff, tour["tour_id"], status=status)).json()["status"] == status

    async def test_a_bad_change_is_refused(self, staff: Staff, tour: Json) -> None:
        for body in BAD_CHANGES:
            answer = await patch(staff, tour["tour_id"], **body)
            assert code(answer) == (422, "request_invalid"), body

    async def test_what_waits_is_decided_not_changed(self, staff: Staff, visitor: Visitor) -> None:
        pending = await pending_tour(visitor, staff)
        tour_id = pending["args"]["tour_id"]
        for body in ({"status": "canceled_by_manager"}, {"starts_at": "2026-03-05T18:00:00Z"}):
            assert code(await patch(staff, tour_id, **body)) == (409, "tour_waits")


class TestLinks:
    async def link(self, demo: Services, tour: Json, purpose: Any) -> str:
        found = await demo.tours.get(PARTY, tour["tour_id"])
        return f"/api/tours/links/{demo.tour_links.issue(PARTY, found, purpose)}"

    async def test_a_lead_cancels_once_and_without_approval(
        self, web: httpx.AsyncClient, staff: Staff, demo: Services, tour: Json
    ) -> None:
        path = await self.link(demo, tour, "cancel")
        shown = (await web.get(path)).json()
        assert (shown["purpose"], shown["used"], shown["status"]) == ("cancel", False, "booked")
        assert shown["label"] == tour["label"]
        answers = await asyncio.gather(*(web.post(path, json={}) for _ in range(10)))
        assert sorted(answer.status_code for answer in answers) == [200] + [410] * 9
        [done] = [answer for answer in answers if answer.status_code == 200]
        assert done.json()["status"] == "canceled_by_renter"
        [row] = (await staff.read("/api/approvals", action="cancel_tour"))["items"]
        detail = await staff.until_delivered(row["action_id"])
        assert detail["decided_by"].startswith("lead:")
        assert (await web.get(path)).json()["used"]

    async def test_another_time_waits_for_a_person(
        self, web: httpx.AsyncClient, staff: Staff, demo: Services, tour: Json
    ) -> None:
        path = await self.link(demo, tour, "reschedule")
        offered = (await web.get(path)).json()["slots"]
        assert offered
        missing = await web.post(path, json={})
        assert code(missing) == (422, "tour_slot_missing")
        unknown = await web.post(path, json={"slot_id": "slot_none"})
        assert code(unknown) == (403, "id_not_offered")
        done = await web.post(path, json={"slot_id": offered[0]["slot_id"]})
        assert done.json()["status"] == "booked"
        again = await web.post(path, json={"slot_id": offered[0]["slot_id"]})
        assert code(again) == (410, "tour_link_used")
        await staff.decide(done.json()["action_id"], "approve")
        moved = await staff.read(f"/api/tours/{tour['tour_id']}")
        assert moved["starts_at"] == offered[0]["starts_at"]

    async def test_it_ends_with_the_tour(
        self, web: httpx.AsyncClient, demo: Services, tour: Json, clock: ManualClock
    ) -> None:
        path = await self.link(demo, tour, "cancel")
        clock.advance(datetime.fromisoformat(tour["starts_at"]) - clock.now())
        for answer in (await web.get(path), await web.post(path, json={})):
            assert code(answer) == (410, "tour_link_expired")

    async def test_a_forged_one_is_unknown(
        self, web: httpx.AsyncClient, demo: Services, tour: Json, visitor: Visitor
    ) -> None:
        path = await self.link(demo, tour, "cancel")
        for forged in (
            path[:-3] + "AAA",
            "/api/tours/links/x",
            f"/api/tours/links/{visitor.token}",
        ):
            for answer in (await web.get(forged), await web.post(forged, json={})):
                assert code(answer) == (404, "tour_link_unknown")

    async def test_a_canceled_tour_is_not_canceled_by_a_link(
        self, web: httpx.AsyncClient, staff: Staff, demo: Services, tour: Json
    ) -> None:
        path = await self.link(demo, tour, "cancel")
        await patch(staff, tour["tour_id"], status="canceled_by_manager")
        answer = await web.post(path, json={})
        assert answer.status_code in (403, 409)


async def test_its_reminders_are_swept_by_the_server(
    staff: Staff, tour: Json, clock: ManualClock, state: Any
) -> None:
    start = datetime.fromisoformat(tour["starts_at"])
    clock.advance(start - timedelta(hours=24) - clock.now())
    await state.runtime.sweep()
    [row] = (await staff.read("/api/approvals"))["items"]
    detail = await staff.read(f"/api/approvals/{row['action_id']}")
    assert [each["action"] for each in detail["deliveries"]].count("send_message") == 1
