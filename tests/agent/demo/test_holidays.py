from datetime import date

from agent.demo.holidays import us_holidays


def test_2026() -> None:
    assert us_holidays(2026) == [
        date(2026, 1, 1),
        date(2026, 5, 25),
        date(2026, 7, 4),
        date(2026, 9, 7),
        date(2026, 11, 26),
        date(2026, 12, 25),
    ]


def test_other_years() -> None:
    assert us_holidays(2024)[1:2] + us_holidays(2024)[3:5] == [
        date(2024, 5, 27),
        date(2024, 9, 2),
        date(2024, 11, 28),
    ]
    assert us_holidays(2029)[4] == date(2029, 11, 22)
    assert us_holidays(2021)[1] == date(2021, 5, 31)
