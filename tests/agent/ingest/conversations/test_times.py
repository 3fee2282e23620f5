from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from agent.ingest.conversations.times import read_time

CHICAGO = ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("2025-03-01T09:05:00Z", "2025-03-01 09:05:00"),
        ("2025-03-01 09:05:00", "2025-03-01 09:05:00"),
        (" 2025-03-01T10:05:00+01:00 ", "2025-03-01 09:05:00"),
        ("2025-03-01T09:05:00.250Z", "2025-03-01 09:05:00.250000"),
        ("2025-03-01", "2025-03-01 00:00:00"),
        ("2025/03/01 9:05", "2025-03-01 09:05:00"),
        ("20250301T090500Z", "2025-03-01 09:05:00"),
        ("2025-03-01 09:05:00 UTC", "2025-03-01 09:05:00"),
        ("2025-03-01 09:05:00 +0100", "2025-03-01 08:05:00"),
        ("2025-03-01 09:05:00 America/New_York", "2025-03-01 14:05:00"),
        ("1740819900", "2025-03-01 09:05:00"),
        ("1740819900000", "2025-03-01 09:05:00"),
        ("1740819900000000", "2025-03-01 09:05:00"),
        ("1740819900.5", "2025-03-01 09:05:00.500000"),
        ("3/1/2025 9:05 AM", "2025-03-01 09:05:00"),
        ("03/01/2025 09:05:00 pm", "2025-03-01 21:05:00"),
        ("3/1/2025, 12:05 a.m.", "2025-03-01 00:05:00"),
        ("3/1/25 12:05 PM", "2025-03-01 12:05:00"),
        ("3/1/2025 21:05", "2025-03-01 21:05:00"),
        ("31/12/2025 21:05", "2025-12-31 21:05:00"),
        ("1.3.2025 21:05", "2025-03-01 21:05:00"),
        ("3/1/2025 9:05 AM EST", "2025-03-01 14:05:00"),
        ("Mar 1, 2025 9:05 AM", "2025-03-01 09:05:00"),
        ("March 1st 2025 at 9:05pm", "2025-03-01 21:05:00"),
        ("1 March 2025 09:05", "2025-03-01 09:05:00"),
        ("01-Mar-2025 09:05:00", "2025-03-01 09:05:00"),
        ("01/Mar/25 9:05 AM", "2025-03-01 09:05:00"),
        ("Sat, 01 Mar 2025 09:05:00 GMT", "2025-03-01 09:05:00"),
        ("Saturday, March 1, 2025 9:05 AM (PST)", "2025-03-01 17:05:00"),
    ],
)
def test_as_people_and_programs_write(written: str, said: str) -> None:
    found = read_time(written)
    assert found == datetime.fromisoformat(said).replace(tzinfo=UTC)
    assert found is not None
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "written",
    [
        "",
        "n/a",
        "#VALUE!",
        "yesterday, after lunch",
        "03/01/2025 25:61",
        "0000-01-01 00:00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "9999-12-31 23:59:59",
        "2025-02-30",
        "13/13/2025",
        "12",
        "9:05 AM",
        "99999999999999999999",
        "2025-03-01 09:05:00 Nowhere/Land",
        "2025-03-01 09:05:00 ../../etc/passwd",
        "Foo 1, 2025",
        "1" * 10_000,
    ],
)
def test_unreadable(written: str) -> None:
    assert read_time(written) is None


class TestZones:
    def test_a_time_without_zone_is_local(self) -> None:
        found = read_time("3/1/2025 9:05 AM", CHICAGO)
        assert found == datetime(2025, 3, 1, 15, 5, tzinfo=UTC)

    def test_an_own_zone_wins(self) -> None:
        assert read_time("2025-03-01T09:05Z", CHICAGO) == read_time("2025-03-01T09:05Z")

    def test_a_skipped_hour(self) -> None:
        found = read_time("2025-03-09 02:30", CHICAGO)
        assert found == datetime(2025, 3, 9, 8, 30, tzinfo=UTC)

    def test_an_hour_that_comes_twice(self) -> None:
        found = read_time("2025-11-02 01:30", CHICAGO)
        assert found == datetime(2025, 11, 2, 6, 30, tzinfo=UTC)
