from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.tours.offers import free_starts, propose
from agent.tours.slots import day_starts

from .conftest import NOW, community

ROW = community({"notice_minutes": 0, "horizon_days": 14})
FREE = free_starts(ROW, NOW, [])
DAYS = st.none() | st.dates(date(2026, 2, 27), date(2026, 3, 20))
TIMES = st.none() | st.times()


def local_date(start: datetime) -> date:
    return start.astimezone(ROW.tz).date()


@settings(deadline=None)
@given(st.sets(st.sampled_from(FREE)), DAYS, TIMES, st.integers(1, 5))
def test_offers_keep_every_rule(
    some: set[datetime], on: date | None, around: time | None, limit: int
) -> None:
    free = sorted(some)
    starts, missed = propose(free, ROW, NOW, on=on, around=around, limit=limit)
    assert starts == sorted(set(starts))
    assert set(starts) <= set(free)
    assert len(starts) <= limit
    on_day = [start for start in free if local_date(start) == on]
    if on is None or on_day:
        assert missed is None
    else:
        assert missed is not None
    if on_day:
        assert sum(local_date(start) == on for start in starts) == min(limit, len(on_day))
    elif free:
        assert starts


@given(st.integers(1, 5), TIMES)
def test_without_a_wish_as_many_days_as_possible(limit: int, around: time | None) -> None:
    starts, _ = propose(FREE, ROW, NOW, on=None, around=around, limit=limit)
    assert len({local_date(start) for start in starts}) == limit


@given(st.times())
def test_wished_time_is_among_the_offered(around: time) -> None:
    day = date(2026, 3, 3)
    starts, _ = propose(FREE, ROW, NOW, on=day, around=around, limit=3)

    def distance(start: datetime) -> timedelta:
        wished = datetime.combine(day, around.replace(second=0, microsecond=0), ROW.tz)
        return abs(start - wished.astimezone(UTC))

    assert min(day_starts(ROW, day), key=distance) in starts
