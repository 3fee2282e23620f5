from datetime import date, timedelta


def us_holidays(year: int) -> list[date]:
    """The days on which leasing offices in the United States are closed, in order."""
    return [
        date(year, 1, 1),
        _last_monday(year, 5),  # Memorial Day
        date(year, 7, 4),
        _nth(year, 9, weekday=0, nth=1),  # Labor Day
        _nth(year, 11, weekday=3, nth=4),  # Thanksgiving
        date(year, 12, 25),
    ]


def _nth(year: int, month: int, *, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _last_monday(year: int, month: int) -> date:
    last = date(year, month + 1, 1) - timedelta(days=1)
    return last - timedelta(days=last.weekday())
