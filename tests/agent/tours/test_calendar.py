"""The .ics file, read back with the library that writes most of them."""

from datetime import UTC, datetime, timedelta

import icalendar
import pytest

from agent.tenants.models import Community
from agent.tours.calendar import calendar
from agent.tours.models import Tour, TourStatus

NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
WHERE = "118 Alder Row; Portland, OR"


def tour(starts_at: datetime, zone: str, version: int = 3) -> tuple[Tour, Community]:
    community = Community(community_id="row", name="Alder Row", zone=zone)
    made = Tour(
        tour_id="tour_1",
        thread_id="thr_1",
        lead_id="lead_1",
        listing_id="lst_1",
        community_id="row",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=30),
        zone=zone,
        status=TourStatus.BOOKED,
        version=version,
        created_at=NOW,
        updated_at=NOW,
    )
    return made, community


def read(file: bytes) -> tuple[icalendar.Calendar, icalendar.Event]:
    parsed = icalendar.Calendar.from_ical(file)
    assert isinstance(parsed, icalendar.Calendar)
    [event] = parsed.events
    return parsed, event


CASES = [
    ("America/Los_Angeles", "2026-03-07T10:00:00", "-08:00", "the day before summer time"),
    ("America/Los_Angeles", "2026-03-08T10:00:00", "-07:00", "the day it begins"),
    ("America/Los_Angeles", "2026-10-31T10:00:00", "-07:00", "the day before it ends"),
    ("America/Los_Angeles", "2026-11-01T10:00:00", "-08:00", "the day it ends"),
    ("America/Phoenix", "2026-07-01T10:00:00", "-07:00", "a zone without it"),
    ("Australia/Lord_Howe", "2026-10-04T10:00:00", "+11:00", "half an hour of it"),
    ("America/New_York", "2026-12-31T23:45:00", "-05:00", "over the year's end"),
]


@pytest.mark.parametrize(("zone", "wall", "offset"), [case[:3] for case in CASES])
def test_the_moment_and_the_wall_time_are_those_of_the_property(
    zone: str, wall: str, offset: str
) -> None:
    start = datetime.fromisoformat(wall + offset)
    parsed, event = read(calendar(*tour(start.astimezone(UTC), zone), where=WHERE))
    assert start == event.DTSTART
    assert start + timedelta(minutes=30) == event.DTEND
    assert event.DTSTART.replace(tzinfo=None).isoformat() == wall
    assert event["dtstart"].params["TZID"] == zone
    assert [zone_of["tzid"] for zone_of in parsed.timezones] == [zone]


def test_it_invites_and_a_newer_one_takes_its_place() -> None:
    older, newer = (
        read(calendar(*tour(NOW, "America/Denver", version=version), where=WHERE))
        for version in (3, 4)
    )
    assert (older[0]["method"], older[1]["status"]) == ("REQUEST", "CONFIRMED")
    assert older[1]["uid"] == newer[1]["uid"]
    assert [int(str(event["sequence"])) for _, event in (older, newer)] == [3, 4]
    assert older[1]["location"] == WHERE


def test_canceled_it_takes_the_event_out() -> None:
    parsed, event = read(calendar(*tour(NOW, "America/Denver"), where=WHERE, canceled=True))
    assert (parsed["method"], event["status"]) == ("CANCEL", "CANCELLED")


def test_what_is_written_on_the_door_cannot_break_out() -> None:
    made, community = tour(NOW, "America/Denver")
    community = community.model_copy(update={"name": 'A"\r\nATTENDEE:mailto:x@y.example'})
    _, event = read(calendar(made, community, where="1 Main\r\nBEGIN:VALARM"))
    assert "attendee" not in event
    assert event.subcomponents == []


def test_nobody_is_named_in_it() -> None:
    file = calendar(*tour(NOW, "America/Denver"), where=WHERE)
    assert b"lead_1" not in file
    assert b"mailto:" not in file
