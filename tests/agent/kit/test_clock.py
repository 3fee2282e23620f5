from datetime import UTC, datetime, timedelta, timezone

import pytest

from agent.kit.clock import ManualClock, SystemClock

START = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)


def test_the_system_clock_is_aware_and_moves_on() -> None:
    clock = SystemClock()
    first = clock.now()
    assert first.tzinfo is UTC
    assert clock.now() >= first


def test_a_manual_clock_stands_still_until_it_is_moved() -> None:
    clock = ManualClock(START)
    assert clock.now() == clock.now() == START
    clock.advance(timedelta(hours=1, seconds=2))
    assert clock.now() == datetime(2026, 3, 2, 19, 0, 2, tzinfo=UTC)


def test_a_manual_clock_shows_utc() -> None:
    west = timezone(timedelta(hours=-8))
    clock = ManualClock(datetime(2026, 3, 2, 10, 0, tzinfo=west))
    assert clock.now() == START
    assert clock.now().tzinfo is UTC


def test_a_manual_clock_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="aware"):
        ManualClock(datetime(2026, 3, 2))  # noqa: DTZ001  # the refusal is what is tested
