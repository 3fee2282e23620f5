import asyncio
from collections.abc import Awaitable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

import pytest

from agent.errors import Conflict, InvalidInput, LatchkeyError, NotFound
from agent.tours.models import Tour, TourQuery, TourStatus

from .conftest import NOW, TENANT, TUESDAY_10, Office, community

HALF_HOUR = timedelta(minutes=30)
ELEVEN = TUESDAY_10 + timedelta(hours=1)


async def code_of(call: Awaitable[Any]) -> str:
    with pytest.raises(LatchkeyError) as raised:
        await call
    return raised.value.code


class TestHold:
    async def test_takes_the_time(self, office: Office) -> None:
        assert await office.free()
        tour = await office.hold("t1")
        assert (tour.status, tour.seat, tour.version) == (TourStatus.PROPOSED, 0, 1)
        assert tour.ends_at - tour.starts_at == HALF_HOUR
        assert tour.zone == "America/Los_Angeles"
        assert not await office.free()
        assert await office.free(ELEVEN)
        assert await office.tours.get(TENANT, "t1") == tour

    async def test_same_id_is_the_same_tour(self, office: Office) -> None:
        first = await office.hold("t1")
        assert await office.hold("t1") == first
        assert len(await office.tours.find(TENANT)) == 1

    async def test_second_one_is_refused(self, office: Office) -> None:
        await office.hold("t1")
        assert await code_of(office.hold("t2")) == "tour_slot_taken"
        assert [tour.tour_id for tour in await office.tours.find(TENANT)] == ["t1"]

    async def test_capacity_two_gives_two_seats(self, office: Office) -> None:
        await office.open(capacity=2)
        seats = [(await office.hold(f"t{n}")).seat for n in range(2)]
        assert seats == [0, 1]
        assert await code_of(office.hold("t3")) == "tour_slot_taken"
        assert not await office.free()

    async def test_other_community_and_tenant_have_their_own_seats(self, office: Office) -> None:
        await office.hold("t1")
        other = await office.tours.hold(
            "other",
            tour_id="t1",
            thread_id="x",
            lead_id="x",
            listing_id="x",
            community=office.community,
            starts_at=TUESDAY_10,
            until=NOW + timedelta(hours=1),
        )
        assert other.seat == 0
        office.community = community({}, community_id="elsewhere")
        assert (await office.hold("t2")).seat == 0

    @pytest.mark.parametrize(
        ("starts_at", "error"),
        [
            (NOW - timedelta(minutes=40), Conflict),
            (NOW + timedelta(minutes=80), Conflict),  # 11:30, within two hours
            (TUESDAY_10 + timedelta(minutes=10), InvalidInput),
            (datetime(2026, 3, 8, 18, 0, tzinfo=UTC), InvalidInput),  # Sunday
            (datetime(2026, 5, 5, 17, 0, tzinfo=UTC), InvalidInput),  # beyond 30 days
        ],
    )
    async def test_impossible_times(
        self, office: Office, starts_at: datetime, error: type[LatchkeyError]
    ) -> None:
        with pytest.raises(error) as raised:
            await office.hold("t1", starts_at)
        assert raised.value.code == "tour_slot_invalid"
        assert await office.tours.find(TENANT) == []

    async def test_lapsed_hold_gives_way(self, office: Office) -> None:
        await office.hold("t1", hours=1)
        office.clock.advance(timedelta(hours=1))
        assert await office.free()
        assert (await office.hold("t2")).seat == 0
        lapsed = await office.tours.get(TENANT, "t1")
        assert (lapsed.status, lapsed.seat) == (TourStatus.PROPOSED, None)

    async def test_own_earlier_hold_gives_way(self, office: Office) -> None:
        await office.hold("t1", thread_id="one")
        await office.hold("t2", thread_id="one")
        earlier = await office.tours.get(TENANT, "t1")
        assert (earlier.status, earlier.seat) == (TourStatus.CANCELED_BY_MANAGER, None)
        assert await code_of(office.hold("t3", thread_id="two")) == "tour_slot_taken"

    async def test_own_booked_tour_does_not_give_way(self, office: Office) -> None:
        await office.hold("t1", thread_id="one")
        await office.tours.book(TENANT, "t1")
        assert await code_of(office.hold("t2", thread_id="one")) == "tour_slot_taken"

    async def test_overlap_after_a_change_of_rules(self, office: Office) -> None:
        await office.hold("t1", TUESDAY_10 + HALF_HOUR)
        await office.open(minutes=60)
        assert not await office.free(TUESDAY_10)
        assert await code_of(office.hold("t2", TUESDAY_10)) == "tour_slot_taken"
        assert await office.free(ELEVEN)

    async def test_buffer_counts_as_taken(self, office: Office) -> None:
        await office.open(minutes=30, buffer_minutes=30)
        await office.hold("t1", TUESDAY_10)
        await office.open(minutes=30, buffer_minutes=0)
        assert await office.free(TUESDAY_10 + HALF_HOUR)
        await office.open(minutes=30, buffer_minutes=60)
        # the grid is now 9:00, 10:30, …: half past ten is within an hour of the first tour's end
        assert not await office.free(TUESDAY_10 + HALF_HOUR)

    @pytest.mark.parametrize("capacity", [1, 2, 3])
    @pytest.mark.untraced
    async def test_twenty_at_once(self, office: Office, capacity: int) -> None:
        await office.open(capacity=capacity)
        outcomes = await asyncio.gather(
            *(office.hold(f"t{n}") for n in range(20)), return_exceptions=True
        )
        held = [outcome for outcome in outcomes if isinstance(outcome, Tour)]
        refused = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
        assert sorted(tour.seat for tour in held if tour.seat is not None) == [*range(capacity)]
        assert [error.code for error in refused] == ["tour_slot_taken"] * (20 - capacity)

    async def test_one_id_at_once_is_one_tour(self, office: Office) -> None:
        await office.open(capacity=5)
        tours = await asyncio.gather(*(office.hold("t1") for _ in range(10)))
        assert {(tour.tour_id, tour.seat) for tour in tours} == {("t1", 0)}
        assert len(await office.tours.find(TENANT)) == 1

    async def test_index_refuses_what_reading_overlooks(self, office: Office) -> None:
        tour = await office.hold("t1")
        row = {"tour_id": "t0", "active": True, **tour.model_dump(include={"community_id", "seat"})}
        await office.tours.release(TENANT, "t1")
        unseen = {**row, "starts_at": TUESDAY_10, "ends_at": TUESDAY_10}
        await office.repository.scoped("tours", TENANT).insert(unseen)
        assert await code_of(office.hold("t2")) == "tour_slot_taken"

    async def test_joins_the_callers_transaction(self, office: Office) -> None:
        async def write() -> None:
            await office.hold("t1")
            raise InvalidInput("outer_failed", "The caller gives up.")

        assert await code_of(office.repository.transact(write)) == "outer_failed"
        assert await office.free()

    async def test_twins_within_callers_transactions(self, office: Office) -> None:
        async def propose(n: int) -> Tour:
            async def write() -> Tour:
                tour = await office.hold(f"t{n}")
                await office.repository.scoped("recorded", TENANT).insert({"key": f"k{n}"})
                return tour

            return await office.repository.transact(write)

        outcomes = await asyncio.gather(*(propose(n) for n in range(8)), return_exceptions=True)
        assert sum(isinstance(outcome, Tour) for outcome in outcomes) == 1
        assert await office.repository.scoped("recorded", TENANT).count({}) == 1


class TestBook:
    async def test_proposed_becomes_booked(self, office: Office) -> None:
        await office.hold("t1")
        booked = await office.tours.book(TENANT, "t1", version=1)
        assert (booked.status, booked.hold_until, booked.seat) == (TourStatus.BOOKED, None, 0)
        assert booked.version == 2
        office.clock.advance(timedelta(hours=20))
        assert not await office.free()

    async def test_again_is_no_error(self, office: Office) -> None:
        await office.hold("t1")
        first = await office.tours.book(TENANT, "t1")
        assert await office.tours.book(TENANT, "t1") == first

    async def test_many_at_once_book_once(self, office: Office) -> None:
        await office.hold("t1")
        booked = await asyncio.gather(*(office.tours.book(TENANT, "t1") for _ in range(10)))
        assert {tour.version for tour in booked} == {2}

    async def test_lapsed_hold_is_taken_again(self, office: Office) -> None:
        await office.hold("t1", hours=1)
        office.clock.advance(timedelta(hours=2))
        await office.tours.sweep_expired(office.clock.now())
        booked = await office.tours.book(TENANT, "t1")
        assert (booked.status, booked.seat) == (TourStatus.BOOKED, 0)

    async def test_lapsed_hold_whose_time_is_gone(self, office: Office) -> None:
        await office.hold("t1", hours=1)
        office.clock.advance(timedelta(hours=2))
        await office.hold("t2")
        assert await code_of(office.tours.book(TENANT, "t1")) == "tour_slot_taken"
        assert (await office.tours.get(TENANT, "t2")).seat == 0

    async def test_time_that_has_passed(self, office: Office) -> None:
        await office.hold("t1", hours=48)
        office.clock.advance(timedelta(hours=24))
        assert await code_of(office.tours.book(TENANT, "t1")) == "tour_slot_invalid"

    async def test_stale_version(self, office: Office) -> None:
        await office.hold("t1")
        assert await code_of(office.tours.book(TENANT, "t1", version=7)) == "tour_version_stale"
        assert (await office.tours.get(TENANT, "t1")).status is TourStatus.PROPOSED

    async def test_unknown_and_foreign(self, office: Office) -> None:
        await office.hold("t1")
        with pytest.raises(NotFound):
            await office.tours.book(TENANT, "t2")
        assert await code_of(office.tours.book("other", "t1")) == "tour_not_found"

    async def test_book_and_release_at_once_agree(self, office: Office) -> None:
        await office.hold("t1")
        outcomes = await asyncio.gather(
            office.tours.book(TENANT, "t1"),
            office.tours.release(TENANT, "t1"),
            return_exceptions=True,
        )
        tour = await office.tours.get(TENANT, "t1")
        refused = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
        assert [error.code for error in refused] == ["tour_step_illegal"]
        assert (tour.seat is None) == (tour.status is TourStatus.CANCELED_BY_MANAGER)


class TestRelease:
    async def test_frees_the_time(self, office: Office) -> None:
        await office.hold("t1")
        released = await office.tours.release(TENANT, "t1")
        assert (released.status, released.seat) == (TourStatus.CANCELED_BY_MANAGER, None)
        assert await office.tours.release(TENANT, "t1") == released
        assert await office.free()
        assert (await office.hold("t2")).seat == 0

    async def test_booked_tour_is_no_hold(self, office: Office) -> None:
        await office.hold("t1")
        await office.tours.book(TENANT, "t1")
        assert await code_of(office.tours.release(TENANT, "t1")) == "tour_step_illegal"


class TestMove:
    async def test_new_time_is_taken_and_the_old_one_free(self, office: Office) -> None:
        await office.hold("t1")
        await office.tours.book(TENANT, "t1")
        moved = await office.tours.move(TENANT, "t1", ELEVEN, version=2)
        assert (moved.starts_at, moved.ends_at) == (ELEVEN, ELEVEN + HALF_HOUR)
        assert (moved.status, moved.version) == (TourStatus.BOOKED, 3)
        assert await office.free(TUESDAY_10)
        assert not await office.free(ELEVEN)

    async def test_same_time_changes_nothing(self, office: Office) -> None:
        tour = await office.hold("t1")
        assert await office.tours.move(TENANT, "t1", TUESDAY_10) == tour

    async def test_taken_time_leaves_everything_as_it_was(self, office: Office) -> None:
        await office.hold("t1")
        await office.hold("t2", ELEVEN)
        assert await code_of(office.tours.move(TENANT, "t1", ELEVEN)) == "tour_slot_taken"
        standing = await office.tours.get(TENANT, "t1")
        assert (standing.starts_at, standing.seat, standing.version) == (TUESDAY_10, 0, 1)

    async def test_impossible_time(self, office: Office) -> None:
        await office.hold("t1")
        off_grid = TUESDAY_10 + timedelta(minutes=7)
        assert await code_of(office.tours.move(TENANT, "t1", off_grid)) == "tour_slot_invalid"

    async def test_may_overlap_its_own_old_time(self, office: Office) -> None:
        await office.hold("t1", TUESDAY_10 + HALF_HOUR)
        await office.open(minutes=60)
        moved = await office.tours.move(TENANT, "t1", TUESDAY_10)
        assert moved.ends_at - moved.starts_at == timedelta(hours=1)

    async def test_hold_of_the_new_time_is_used_up(self, office: Office) -> None:
        await office.hold("t1")
        await office.tours.book(TENANT, "t1")
        await office.hold("h1", ELEVEN, replaces="t1")
        assert not await office.free(ELEVEN)
        moved = await office.tours.move(TENANT, "t1", ELEVEN)
        assert (moved.starts_at, moved.seat) == (ELEVEN, 0)
        hold = await office.tours.get(TENANT, "h1")
        assert (hold.status, hold.seat) == (TourStatus.CANCELED_BY_MANAGER, None)

    async def test_hold_outlives_the_notice(self, office: Office) -> None:
        await office.hold("t1")
        await office.tours.book(TENANT, "t1")
        await office.hold("h1", ELEVEN, replaces="t1", hours=48)
        office.clock.advance(ELEVEN - HALF_HOUR - NOW)
        assert (await office.tours.move(TENANT, "t1", ELEVEN)).starts_at == ELEVEN

    async def test_hold_of_a_move_is_no_tour_of_its_own(self, office: Office) -> None:
        await office.hold("t1", thread_id="one")
        await office.hold("h1", ELEVEN, thread_id="one", replaces="t1")
        assert [t.tour_id for t in await office.tours.of_thread(TENANT, "one")] == ["t1"]
        assert await code_of(office.tours.book(TENANT, "h1")) == "tour_step_illegal"
        assert await code_of(office.tours.move(TENANT, "h1", ELEVEN)) == "tour_step_illegal"
        released = await office.tours.release(TENANT, "h1")
        assert released.seat is None
        assert (await office.tours.get(TENANT, "t1")).status is TourStatus.PROPOSED

    async def test_asking_for_the_new_time_twice(self, office: Office) -> None:
        await office.hold("t1")
        await office.hold("h1", ELEVEN, replaces="t1")
        again = await office.hold("h2", ELEVEN, replaces="t1")
        assert again.seat == 0
        assert (await office.tours.get(TENANT, "h1")).seat is None

    async def test_two_moves_to_one_time(self, office: Office) -> None:
        await office.hold("t1")
        await office.hold("t2", ELEVEN)
        noon = ELEVEN + timedelta(hours=1)
        outcomes = await asyncio.gather(
            office.tours.move(TENANT, "t1", noon),
            office.tours.move(TENANT, "t2", noon),
            return_exceptions=True,
        )
        codes = [outcome.code for outcome in outcomes if isinstance(outcome, Conflict)]
        assert codes == ["tour_slot_taken"]
        starts = {tour.starts_at for tour in await office.tours.find(TENANT)}
        assert noon in starts
        assert len(starts) == 2

    async def test_swap_is_refused_while_both_stand(self, office: Office) -> None:
        await office.hold("t1")
        await office.hold("t2", ELEVEN)
        swapped = await asyncio.gather(
            office.tours.move(TENANT, "t1", ELEVEN),
            office.tours.move(TENANT, "t2", TUESDAY_10),
            return_exceptions=True,
        )
        assert all(isinstance(outcome, Conflict) for outcome in swapped)


class TestCancel:
    @pytest.mark.parametrize("by", ["renter", "manager"])
    async def test_frees_the_time(self, office: Office, by: Literal["renter", "manager"]) -> None:
        await office.hold("t1")
        await office.tours.book(TENANT, "t1")
        canceled = await office.tours.cancel(TENANT, "t1", by=by)
        assert (canceled.status, canceled.seat) == (f"canceled_by_{by}", None)
        assert await office.free()
        assert await office.tours.cancel(TENANT, "t1", by="manager") == canceled

    async def test_frees_the_time_of_a_pending_move_too(self, office: Office) -> None:
        await office.hold("t1")
        await office.hold("h1", ELEVEN, replaces="t1")
        await office.tours.cancel(TENANT, "t1", by="renter")
        assert await office.free(ELEVEN)
        assert await code_of(office.tours.move(TENANT, "t1", ELEVEN)) == "tour_step_illegal"


class TestMark:
    async def test_after_the_start(self, office: Office) -> None:
        await office.hold("t1")
        await office.tours.book(TENANT, "t1")
        early = office.tours.mark(TENANT, "t1", TourStatus.VISITED)
        assert await code_of(early) == "tour_not_started"
        office.clock.advance(timedelta(hours=24))
        marked = await office.tours.mark(TENANT, "t1", TourStatus.NO_SHOW)
        assert marked.status is TourStatus.NO_SHOW
        assert await office.tours.mark(TENANT, "t1", TourStatus.NO_SHOW) == marked
        late = office.tours.mark(TENANT, "t1", TourStatus.VISITED)
        assert await code_of(late) == "tour_step_illegal"

    async def test_only_booked_tours(self, office: Office) -> None:
        await office.hold("t1")
        call = office.tours.mark(TENANT, "t1", TourStatus.VISITED)
        assert await code_of(call) == "tour_step_illegal"

    async def test_over_is_over(self, office: Office) -> None:
        await office.hold("t1")
        await office.tours.book(TENANT, "t1")
        office.clock.advance(timedelta(hours=24))
        await office.tours.mark(TENANT, "t1", TourStatus.VISITED)
        for call in (
            office.tours.book(TENANT, "t1"),
            office.tours.release(TENANT, "t1"),
            office.tours.move(TENANT, "t1", ELEVEN + timedelta(days=2)),
            office.tours.cancel(TENANT, "t1", by="renter"),
        ):
            assert await code_of(call) == "tour_step_illegal"


class TestSweep:
    async def test_frees_only_what_lapsed(self, office: Office) -> None:
        await office.hold("t1", hours=1)
        await office.hold("t2", ELEVEN, hours=5)
        await office.hold("t3", ELEVEN + HALF_HOUR, hours=1)
        await office.tours.book(TENANT, "t3")
        until = NOW + timedelta(hours=2)
        assert await office.tours.sweep_expired(until) == 1
        assert await office.tours.sweep_expired(until) == 0
        seats = {tour.tour_id: tour.seat for tour in await office.tours.find(TENANT)}
        assert seats == {"t1": None, "t2": 0, "t3": 0}


class TestFind:
    async def test_filters(self, office: Office) -> None:
        await office.hold("t1", thread_id="one")
        await office.hold("t2", ELEVEN)
        await office.tours.book(TENANT, "t2")

        async def ids(**query: Any) -> list[str]:
            found = await office.tours.find(TENANT, TourQuery.model_validate(query))
            return [tour.tour_id for tour in found]

        assert await ids() == ["t1", "t2"]
        assert await ids(thread_id="one") == ["t1"]
        assert await ids(statuses=["booked"]) == ["t2"]
        assert await ids(starts_from=ELEVEN) == ["t2"]
        assert await ids(starts_before=ELEVEN) == ["t1"]
        assert await ids(community_id="elsewhere") == []
        assert await office.tours.find("other") == []
        assert len(await office.tours.find(TENANT, limit=1)) == 1


class TestSlots:
    async def labels(self, office: Office, **wish: Any) -> tuple[list[str], str | None]:
        offer = await office.tours.slots(TENANT, "home", office.community, **wish)
        return [slot.label for slot in offer.slots], offer.missed

    async def test_without_a_wish_three_days(self, office: Office) -> None:
        assert await self.labels(office) == (
            [
                "Monday, March 2 at 1:00 PM",
                "Tuesday, March 3 at 1:30 PM",
                "Wednesday, March 4 at 4:30 PM",
            ],
            None,
        )

    async def test_wished_day_is_spread(self, office: Office) -> None:
        labels, missed = await self.labels(office, on=date(2026, 3, 3))
        assert labels == [
            "Tuesday, March 3 at 10:30 AM",
            "Tuesday, March 3 at 1:30 PM",
            "Tuesday, March 3 at 4:30 PM",
        ]
        assert missed is None

    async def test_wished_time_stands_among_its_neighbours(self, office: Office) -> None:
        labels, _ = await self.labels(office, on=date(2026, 3, 3), around=time(14, 30))
        assert labels == [
            "Tuesday, March 3 at 2:00 PM",
            "Tuesday, March 3 at 2:30 PM",
            "Tuesday, March 3 at 3:00 PM",
        ]

    async def test_wished_time_of_any_day(self, office: Office) -> None:
        labels, _ = await self.labels(office, around=time(8))
        assert labels == [
            "Monday, March 2 at 12:30 PM",
            "Tuesday, March 3 at 9:00 AM",
            "Wednesday, March 4 at 9:00 AM",
        ]

    @pytest.mark.parametrize(
        ("on", "missed", "first"),
        [
            (date(2026, 3, 8), "closed", "Monday, March 9"),
            (date(2026, 3, 1), "past", "Monday, March 2"),
            (date(2026, 6, 1), "too_far", "Monday, March 2"),
        ],
    )
    async def test_impossible_day(self, office: Office, on: date, missed: str, first: str) -> None:
        labels, why = await self.labels(office, on=on)
        assert (why, len(labels)) == (missed, 3)
        assert labels[0].startswith(first)

    async def test_today_after_hours(self, office: Office) -> None:
        office.clock.advance(timedelta(hours=7))
        labels, missed = await self.labels(office, on=date(2026, 3, 2))
        assert missed == "too_soon"
        assert labels[0].startswith("Tuesday, March 3")

    async def test_full_day(self, office: Office) -> None:
        await office.open(minutes=240, notice_minutes=0)
        for n, hour in enumerate((9, 13)):
            at = datetime.combine(date(2026, 3, 3), time(hour), office.community.tz)
            await office.hold(f"t{n}", at.astimezone(UTC))
        labels, missed = await self.labels(office, on=date(2026, 3, 3))
        assert missed == "full"
        assert labels[0].startswith("Wednesday, March 4")

    async def test_nearly_full_day_is_filled_up(self, office: Office) -> None:
        await office.open(minutes=240, notice_minutes=0)
        labels, missed = await self.labels(office, on=date(2026, 3, 3))
        assert missed is None
        assert [label.rpartition(" at ")[0] for label in labels] == [
            "Tuesday, March 3",
            "Tuesday, March 3",
            "Wednesday, March 4",
        ]

    async def test_never_open(self, office: Office) -> None:
        office.community = office.community.model_copy(update={"hours": {}})
        assert await self.labels(office, on=date(2026, 3, 3)) == ([], "closed")

    async def test_free_slots_of_a_week(self, office: Office) -> None:
        slots = await office.tours.free_slots(
            TENANT, "home", office.community, first=date(2026, 3, 3), days=2
        )
        assert len(slots) == 36
        assert {slot.starts_at.astimezone(office.community.tz).day for slot in slots} == {3, 4}
