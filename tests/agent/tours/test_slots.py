from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import Conflict, InvalidInput
from agent.tenants.models import WEEKDAYS, Community, Opening, TourRules
from agent.tours.slots import day_starts, label, open_starts, require_start, slot

ZONES = ("America/Los_Angeles", "America/Denver")
SPRING = date(2026, 3, 8)
AUTUMN = date(2026, 11, 1)


def office(
    *openings: tuple[time, time],
    zone: str = ZONES[0],
    holidays: tuple[date, ...] = (),
    **rules: int,
) -> Community:
    """Open every day."""
    day = [Opening(opens=opens, closes=closes) for opens, closes in openings]
    return Community(
        community_id="c",
        name="C",
        zone=zone,
        hours=dict.fromkeys(WEEKDAYS, day),
        holidays=list(holidays),
        tour=TourRules.model_validate({"notice_minutes": 0, **rules}),
    )


def walls(starts: list[datetime], community: Community) -> list[str]:
    return [f"{start.astimezone(community.tz):%H:%M}" for start in starts]


class TestDayStarts:
    def test_grid_ends_with_the_last_tour_that_fits(self) -> None:
        community = office((time(9), time(11, 15)))
        starts = day_starts(community, date(2026, 3, 2))
        assert walls(starts, community) == ["09:00", "09:30", "10:00", "10:30"]

    def test_buffer_widens_the_grid_but_not_the_last_tour(self) -> None:
        community = office((time(9), time(11)), buffer_minutes=15)
        starts = day_starts(community, date(2026, 3, 2))
        assert walls(starts, community) == ["09:00", "09:45", "10:30"]

    def test_each_opening_has_its_own_grid(self) -> None:
        community = office((time(13, 10), time(14, 10)), (time(9), time(10)))
        starts = day_starts(community, date(2026, 3, 2))
        assert walls(starts, community) == ["09:00", "09:30", "13:10", "13:40"]

    def test_overlapping_openings_never_overlap_tours(self) -> None:
        community = office((time(9), time(10)), (time(9, 45), time(11)))
        starts = day_starts(community, date(2026, 3, 2))
        assert walls(starts, community) == ["09:00", "09:30", "10:15"]

    def test_holiday_and_closed_day_have_none(self) -> None:
        community = office((time(9), time(18)), holidays=(date(2026, 12, 25),))
        assert day_starts(community, date(2026, 12, 25)) == []
        weekdays = community.model_copy(update={"hours": {"mon": community.hours["mon"]}})
        assert day_starts(weekdays, date(2026, 3, 3)) == []

    @pytest.mark.parametrize("zone", ZONES)
    def test_day_hours_keep_their_wall_time_when_clocks_change(self, zone: str) -> None:
        community = office((time(9), time(18)), zone=zone)
        for day in (SPRING - timedelta(days=1), SPRING, AUTUMN, AUTUMN + timedelta(days=1)):
            starts = day_starts(community, day)
            assert walls(starts, community)[0] == "09:00"
            assert walls(starts, community)[-1] == "17:30"
        before = day_starts(community, SPRING - timedelta(days=1))[0]
        assert day_starts(community, SPRING)[0] - before == timedelta(hours=23)
        eve = day_starts(community, AUTUMN - timedelta(days=1))[0]
        assert day_starts(community, AUTUMN)[0] - eve == timedelta(hours=25)

    @pytest.mark.parametrize("zone", ZONES)
    def test_skipped_hour_has_no_tours(self, zone: str) -> None:
        community = office((time(1), time(4)), zone=zone)
        starts = day_starts(community, SPRING)
        assert walls(starts, community) == ["01:00", "01:30", "03:00", "03:30"]
        assert starts[2] - starts[1] == timedelta(minutes=30)

    @pytest.mark.parametrize("zone", ZONES)
    def test_tour_across_the_skipped_hour_keeps_its_length(self, zone: str) -> None:
        community = office((time(1, 30), time(5)), zone=zone, minutes=45)
        starts = day_starts(community, SPRING)
        assert walls(starts, community) == ["01:30", "03:45"]

    @pytest.mark.parametrize("zone", ZONES)
    def test_repeated_hour_is_used_once(self, zone: str) -> None:
        community = office((time(0, 30), time(3)), zone=zone)
        starts = day_starts(community, AUTUMN)
        assert walls(starts, community) == ["00:30", "01:00", "01:30", "02:00", "02:30"]
        assert len(set(starts)) == 5
        assert starts[3] - starts[2] == timedelta(minutes=90)

    def test_closing_within_a_change_of_clocks_is_the_earlier_moment(self) -> None:
        autumn = office((time(0), time(1, 30)))
        assert walls(day_starts(autumn, AUTUMN), autumn) == ["00:00", "00:30", "01:00"]
        spring = office((time(0), time(2, 30)))
        assert walls(day_starts(spring, SPRING), spring) == ["00:00", "00:30", "01:00"]


class TestOpenStarts:
    now = datetime(2026, 3, 2, 18, 10, tzinfo=UTC)  # 10:10 in Los Angeles

    def test_notice_and_horizon(self) -> None:
        community = office((time(9), time(12)), notice_minutes=60, horizon_days=2)
        starts = list(open_starts(community, self.now))
        assert walls(starts[:1], community) == ["11:30"]
        assert starts[-1].astimezone(community.tz).date() == date(2026, 3, 4)

    def test_a_tour_never_starts_now(self) -> None:
        community = office((time(9), time(12)))
        at = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
        assert next(open_starts(community, at)) == at + timedelta(minutes=30)

    def test_today_is_the_local_date(self) -> None:
        community = office((time(18), time(19)))
        at = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)  # still March 2 there, 17:00
        first = next(open_starts(community, at)).astimezone(community.tz)
        assert (first.date(), first.time()) == (date(2026, 3, 2), time(18))


class TestRequireStart:
    community = office((time(9), time(12)), notice_minutes=60, horizon_days=7)
    now = datetime(2026, 3, 2, 18, 10, tzinfo=UTC)

    def test_start_in_any_zone_is_accepted(self) -> None:
        require_start(self.community, datetime(2026, 3, 3, 17, 0, tzinfo=UTC), self.now)
        eastern = datetime(2026, 3, 3, 12, 0, tzinfo=ZoneInfo("America/New_York"))
        require_start(self.community, eastern, self.now)

    @pytest.mark.parametrize(
        "starts_at",
        [
            datetime(2026, 3, 2, 18, 0, tzinfo=UTC),  # past
            datetime(2026, 3, 2, 19, 0, tzinfo=UTC),  # within the notice
        ],
    )
    def test_conflict_when_too_late(self, starts_at: datetime) -> None:
        with pytest.raises(Conflict) as raised:
            require_start(self.community, starts_at, self.now)
        assert raised.value.code == "tour_slot_invalid"

    @pytest.mark.parametrize(
        "starts_at",
        [
            datetime(2026, 3, 3, 17, 0),  # noqa: DTZ001 - no zone is the case
            datetime(2026, 3, 3, 17, 10, tzinfo=UTC),  # off the grid
            datetime(2026, 3, 3, 20, 0, tzinfo=UTC),  # closing time
            datetime(2026, 3, 3, 8, 0, tzinfo=UTC),  # midnight
            datetime(2026, 3, 10, 16, 0, tzinfo=UTC),  # beyond the horizon
            datetime.max.replace(tzinfo=UTC),
        ],
    )
    def test_invalid_when_never_a_start(self, starts_at: datetime) -> None:
        with pytest.raises(InvalidInput) as raised:
            require_start(self.community, starts_at, self.now)
        assert raised.value.code == "tour_slot_invalid"


class TestSlot:
    community = office((time(9), time(18)))
    start = datetime(2026, 3, 5, 22, 30, tzinfo=UTC)

    def test_label_as_a_person_says_it(self) -> None:
        assert label(self.community, self.start) == "Thursday, March 5 at 2:30 PM"
        noon = datetime(2026, 7, 4, 19, 0, tzinfo=UTC)
        assert label(self.community, noon) == "Saturday, July 4 at 12:00 PM"

    def test_id_depends_on_listing_and_moment_alone(self) -> None:
        here = slot("l1", self.community, self.start)
        local = slot("l1", self.community, self.start.astimezone(self.community.tz))
        assert here.slot_id == local.slot_id
        assert here.slot_id != slot("l2", self.community, self.start).slot_id
        later = slot("l1", self.community, self.start + timedelta(minutes=30))
        assert here.slot_id != later.slot_id

    def test_length(self) -> None:
        found = slot("l1", self.community, self.start)
        assert found.ends_at - found.starts_at == timedelta(minutes=30)


@st.composite
def offices(draw: st.DrawFn) -> Community:
    minutes = st.integers(0, 24 * 12 - 1).map(lambda n: time(n // 12, n % 12 * 5))
    pairs = draw(st.lists(st.tuples(minutes, minutes), max_size=3))
    return office(
        *[(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]],
        zone=draw(st.sampled_from([*ZONES, "Europe/Berlin", "Australia/Lord_Howe", "UTC"])),
        minutes=draw(st.integers(5, 120)),
        buffer_minutes=draw(st.integers(0, 60)),
        notice_minutes=draw(st.integers(0, 600)),
        horizon_days=draw(st.integers(1, 5)),
    )


@settings(deadline=None)
@given(offices(), st.integers(0, 2 * 365 * 24 * 60))
def test_slots_keep_every_rule(community: Community, minute: int) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    starts = list(open_starts(community, now))
    length = timedelta(minutes=community.tour.minutes)
    for start in starts:
        assert start.tzinfo is UTC
        assert start > now
        assert start - now >= timedelta(minutes=community.tour.notice_minutes)
        local, ends = start.astimezone(community.tz), (start + length).astimezone(community.tz)
        assert any(
            opening.opens <= local.time() and ends.replace(tzinfo=None) <= closing
            for opening in community.hours["mon"]
            if (closing := datetime.combine(local.date(), opening.closes))
        )
    for start in starts[:1] + starts[-1:]:
        require_start(community, start, now)
    for one, other in pairwise(starts):
        if one.astimezone(community.tz).date() == other.astimezone(community.tz).date():
            assert other - one >= length + timedelta(minutes=community.tour.buffer_minutes)
