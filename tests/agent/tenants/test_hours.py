from datetime import date, time

import pytest

from agent.tenants.hours import clock_text, hours_text, openings
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


class TestOpenings:
    def test_closed_on_a_holiday(self) -> None:
        office = community(mon=LUNCH).model_copy(update={"holidays": [date(2026, 3, 2)]})
        assert openings(office, date(2026, 3, 2)) == []
        assert openings(office, date(2026, 3, 9)) == LUNCH
        assert openings(office, date(2026, 3, 10)) == []
