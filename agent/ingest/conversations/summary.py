"""A conversation in one line, from what is known of it."""

from collections.abc import Iterator
from datetime import date

from agent.ingest.conversations.labels import Reading
from agent.leads.models import LeadProfile

_ENDS = {
    "applying": "applying",
    "touring": "touring",
    "selecting_favorites": "choosing",
    "sending_list": "homes offered",
}
_LONGEST = 300


def summary_of(reading: Reading) -> str:
    """Such as "2 bedrooms under $1,800 in Katy, pets, move by May 31, 2025; touring"."""
    wishes = ", ".join(_wishes(reading.profile))
    end = next((words for stage, words in _ENDS.items() if stage in reading.reached), "")
    line = "; ".join(filter(None, (wishes, end))) or "nothing known yet"
    return (line[0].upper() + line[1:])[:_LONGEST]


def _wishes(profile: LeadProfile) -> Iterator[str]:
    if home := " ".join(_home(profile)):
        yield home
    for name, words in (("pets", "pets"), ("furnished", "furnished"), ("parking", "parking")):
        if (wished := getattr(profile, name)) is not None:
            yield words if wished else f"no {words}" if name == "pets" else f"not {words}"
    if profile.in_unit_laundry:
        yield "laundry in the unit"
    if profile.lease_months:
        yield f"{profile.lease_months}-month lease"
    yield from profile.preferences
    if profile.move_date:
        yield f"move by {_day(profile.move_date)}"
    if profile.property:
        yield f"likes {profile.property}"
    if profile.tour_date:
        yield f"tour on {_day(profile.tour_date)}"


def _home(profile: LeadProfile) -> Iterator[str]:
    if profile.bedrooms is not None:
        yield "studio" if profile.bedrooms == 0 else _count(profile.bedrooms, "bedroom")
    if profile.bathrooms is not None:
        joint = "with " if profile.bedrooms is not None else ""
        yield joint + _count(profile.bathrooms, "bathroom")
    if profile.budget is not None:
        yield f"under ${profile.budget:,}"
    if profile.areas:
        yield "in " + " or ".join(profile.areas)


def _count(number: float, noun: str) -> str:
    return f"{number:g} {noun}{'' if number == 1 else 's'}"


def _day(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"
