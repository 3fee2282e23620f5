"""When tours can start: wall-clock times of the office, kept as moments in UTC."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from agent.errors import Conflict, InvalidInput
from agent.kit.ids import stable_id
from agent.tenants.hours import openings
from agent.tenants.models import Community
from agent.tours.models import Slot

_DAY = timedelta(days=1)


def day_starts(community: Community, day: date) -> list[datetime]:
    """Every tour start of one local date, in UTC, in order, whoever has taken it.

    Starts stand on a wall-clock grid from each opening. A wall time that a change to summer time
    skips is no start; one that occurs twice in autumn starts at its first occurrence.
    """
    step = timedelta(minutes=community.tour.minutes + community.tour.buffer_minutes)
    starts: list[datetime] = []
    for opening in sorted(openings(community, day), key=lambda o: o.opens):
        wall = datetime.combine(day, opening.opens)
        closes = datetime.combine(day, opening.closes)
        last = _first(closes, community.tz) - timedelta(minutes=community.tour.minutes)
        while wall < closes:
            start = _moment(wall, community.tz)
            if start and start <= last and (not starts or start >= starts[-1] + step):
                starts.append(start)
            wall += step
    return starts


def open_starts(community: Community, now: datetime) -> Iterator[datetime]:
    """Every start from the minimum notice to the horizon, in UTC, in order."""
    earliest = now + timedelta(minutes=community.tour.notice_minutes)
    today = now.astimezone(community.tz).date()
    for offset in range(community.tour.horizon_days + 1):
        for start in day_starts(community, today + offset * _DAY):
            if start >= earliest and start > now:
                yield start


def require_ahead(starts_at: datetime, now: datetime) -> None:
    """Raises Conflict `tour_slot_invalid` for a time that has passed."""
    if starts_at <= now:
        raise Conflict("tour_slot_invalid", "That time has passed; choose a later slot.")


def require_start(community: Community, starts_at: datetime, now: datetime) -> None:
    """Raises Conflict or InvalidInput `tour_slot_invalid` where no tour can start any more."""
    if starts_at.tzinfo is None:
        raise InvalidInput("tour_slot_invalid", "Give the start of a tour with a time zone.")
    require_ahead(starts_at, now)
    if starts_at < now + timedelta(minutes=community.tour.notice_minutes):
        raise Conflict("tour_slot_invalid", "That time is too soon; choose a later slot.")
    day = starts_at.astimezone(community.tz).date()
    if day > horizon(community, now):
        raise InvalidInput(
            "tour_slot_invalid",
            f"Tours are given up to {community.tour.horizon_days} days ahead; choose a slot.",
        )
    if starts_at not in day_starts(community, day):
        raise InvalidInput(
            "tour_slot_invalid", "No tour starts at that time; choose one of the free slots."
        )


def horizon(community: Community, now: datetime) -> date:
    """The last local date for which tours are given."""
    return now.astimezone(community.tz).date() + community.tour.horizon_days * _DAY


def end_of(community: Community, start: datetime) -> datetime:
    return start + timedelta(minutes=community.tour.minutes)


def slot(listing_id: str, community: Community, start: datetime) -> Slot:
    return Slot(
        slot_id=stable_id("slot", listing_id, start.astimezone(UTC).isoformat()),
        label=label(community, start),
        starts_at=start,
        ends_at=end_of(community, start),
    )


def label(community: Community, start: datetime) -> str:
    """A start as a person would say it there: "Thursday, March 5 at 2:30 PM"."""
    local = start.astimezone(community.tz)
    half = "AM" if local.hour < 12 else "PM"
    return f"{local:%A, %B} {local.day} at {local.hour % 12 or 12}:{local.minute:02d} {half}"


def _moment(wall: datetime, zone: ZoneInfo) -> datetime | None:
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    exists = moment.astimezone(zone).replace(tzinfo=None) == wall
    return moment if exists else None


def _first(wall: datetime, zone: ZoneInfo) -> datetime:
    return min(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
