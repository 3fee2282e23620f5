"""Which of the free times to propose: near to what a lead wished, spread out otherwise."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from agent.tenants.models import Community
from agent.tours.models import Missed, Tour
from agent.tours.slots import day_starts, end_of, horizon, open_starts


def free_starts(community: Community, now: datetime, holding: Sequence[Tour]) -> list[datetime]:
    """Every start up to the horizon at which fewer tours than the capacity take place."""
    standing = [tour for tour in holding if not tour.lapsed(now)]
    begins = sorted(tour.starts_at for tour in standing)
    ends = sorted(tour.ends_at for tour in standing)
    buffer = timedelta(minutes=community.tour.buffer_minutes)

    def taken(start: datetime) -> int:
        begun = bisect_left(begins, end_of(community, start) + buffer)
        return begun - bisect_right(ends, start - buffer)

    return [s for s in open_starts(community, now) if taken(s) < community.tour.capacity]


def propose(
    free: Sequence[datetime],
    community: Community,
    now: datetime,
    *,
    on: date | None,
    around: time | None,
    limit: int,
) -> tuple[list[datetime], Missed | None]:
    """At most `limit` free starts in order, and why none is on the wished local date `on`.

    A date with too few is filled up from the days after it; a date with none is answered with the
    next days that have some, else with the days before it.
    """
    if on is None:
        return _over_days(free, community, around, limit), None
    days = [start.astimezone(community.tz).date() for start in free]
    before, after = bisect_left(days, on), bisect_right(days, on)
    wished = _within_day(free[before:after], community, around, limit)
    later = _over_days(free[after:], community, around, limit - len(wished))
    if wished:
        return wished + later, None
    return later or _over_days(free, community, around, limit), _missed(community, now, on)


def _missed(community: Community, now: datetime, on: date) -> Missed:
    if on < now.astimezone(community.tz).date():
        return "past"
    if on > horizon(community, now):
        return "too_far"
    starts = day_starts(community, on)
    if not starts:
        return "closed"
    earliest = now + timedelta(minutes=community.tour.notice_minutes)
    return "full" if starts[-1] >= earliest else "too_soon"


def _within_day(
    free: Sequence[datetime], community: Community, around: time | None, limit: int
) -> list[datetime]:
    if len(free) <= limit:
        return list(free)
    if around is None:
        return [free[len(free) * (2 * index + 1) // (2 * limit)] for index in range(limit)]
    wished = _minutes(around)

    def distance(start: datetime) -> int:
        return abs(_minutes(start.astimezone(community.tz).time()) - wished)

    return sorted(sorted(free, key=distance)[:limit])


def _over_days(
    free: Sequence[datetime], community: Community, around: time | None, limit: int
) -> list[datetime]:
    """On as many days as possible: early, midday and late in turn, or nearest to `around`."""
    days: dict[date, list[datetime]] = {}
    for start in free:
        days.setdefault(start.astimezone(community.tz).date(), []).append(start)
    chosen: list[datetime] = []
    for index, starts in enumerate(list(days.values())[:limit]):
        best = _within_day(starts, community, around, limit if around is None else 1)
        chosen.append(best[index % len(best)])
    rest = [start for start in free if start not in chosen]
    return sorted([*chosen, *rest[: limit - len(chosen)]])


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute
