"""When a booked tour is due to be called to mind."""

from datetime import UTC, datetime, timedelta

from agent.tours.models import Tour, TourStatus

BEFORE = {"24h": timedelta(hours=24), "2h": timedelta(hours=2)}
_PART = "reminder-"


def next_at(tour: Tour, now: datetime) -> datetime | None:
    """The first reminder after `now`; None when there is none any more."""
    if tour.status is not TourStatus.BOOKED:
        return None
    moments = (tour.starts_at - before for before in BEFORE.values())
    return min((moment for moment in moments if moment > now), default=None)


def due(tour: Tour, now: datetime) -> str | None:
    """Which reminder to send now: the latest one due, for an earlier one has been missed."""
    if tour.remind_at is None or tour.remind_at > now or tour.starts_at <= now:
        return None
    begun = [name for name, before in BEFORE.items() if tour.starts_at - before <= now]
    return begun[-1] if begun else None


def part(tour: Tour, name: str) -> str:
    """The name of its delivery under the tour's approval: another one for every new time."""
    time = f"{tour.starts_at.astimezone(UTC):%Y%m%dT%H%MZ}-" if tour.moved_from else ""
    return f"{_PART}{time}{name}"


def reminds(named: str) -> bool:
    """Whether a delivery of this name is a reminder."""
    return named.startswith(_PART)


def stands(tour: Tour, named: str, now: datetime) -> bool:
    """Whether the reminder of this name still tells the truth about the tour."""
    booked = tour.status is TourStatus.BOOKED and now < tour.starts_at
    return booked and named in {part(tour, name) for name in BEFORE}
