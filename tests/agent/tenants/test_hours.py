from datetime import UTC, date, datetime, time

import pytest

from agent.tenants.hours import clock_text, hours_text, office_open, openings
from agent.tenants.models import WEEKDAYS, Community, Opening, Weekday
from agent.tenants.service import default_community

DAY = Opening(opens=time(9), closes=time(18))
LUNCH = [Opening(opens=time(9), closes=time(12)), Opening(opens=time(13, 30), closes=time(17))]


def community(**hours: list[Opening]) -> Community:
    named: dict[Weekday, list[Opening]] = {day: hours[day] for day in WEEKDAYS if day in hours}
    return Community(community_id="c", name="C", zone="America/Denver", hours=named)


class TestHoursText:
    def test_default_week(self) -> None:
        text = hours_text(default_community("Default"))
        assert text == "Monday to Saturday 9 AM to 6 PM, closed Sunday"

    def test_days_apart_are_named_apart(self) -> None:
        text = hours_text(community(tue=[DAY], wed=[DAY], sat=LUNCH))
        assert text == (
            "Tuesday and Wednesday 9 AM to 6 PM, Saturday 9 AM to 12 PM and 1:30 PM to 5 PM, "
            "closed Monday, Thursday, Friday and Sunday"
        )

    def test_open_every_day(self) -> None:
        assert hours_text(community(**{day: [DAY] for day in WEEKDAYS})) == (
            "Monday to Sunday 9 AM to 6 PM"
        )

    def test_never_open(self) -> None:
        assert hours_text(community()) == "by appointment only"

    @pytest.mark.parametrize(
        ("at", "text"),
        [(time(0), "12 AM"), (time(12), "12 PM"), (time(23, 5), "11:05 PM"), (time(9), "9 AM")],
    )
    def test_time_of_day(self, at: time, text: str) -> None:
        assert clock_text(at) == text


class TestOfficeOpen:
    office = community(mon=LUNCH)

    @pytest.mark.parametrize(
        ("day", "wall", "is_open"),
        [
            (2, time(8, 59), False),
            (2, time(9, 0), True),
            (2, time(12, 0), False),
            (2, time(13, 30), True),
            (2, time(17, 0), False),
            (3, time(10, 0), False),
        ],
    )
    def test_follows_the_wall_clock(self, day: int, wall: time, is_open: bool) -> None:
        at = datetime.combine(date(2026, 3, day), wall, self.office.tz).astimezone(UTC)
        assert office_open(self.office, at) is is_open

    def test_the_day_is_the_local_one(self) -> None:
        late = community(mon=[Opening(opens=time(20), closes=time(23))])
        assert office_open(late, datetime(2026, 3, 3, 4, 0, tzinfo=UTC))

    def test_closed_on_a_holiday(self) -> None:
        closed = self.office.model_copy(update={"holidays": [date(2026, 3, 2)]})
        assert openings(closed, date(2026, 3, 2)) == []
        assert openings(closed, date(2026, 3, 9)) == LUNCH
        assert not office_open(closed, datetime(2026, 3, 2, 17, 0, tzinfo=UTC))
