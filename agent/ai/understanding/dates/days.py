"""The day that a matched phrase means, counted from a given day; None where there is none.

"next Friday" is the Friday of the next calendar week (Monday to Sunday), "this Friday" and a
bare "Friday" the first one from today on; "the 9th" and "March 3rd" are never in the past.
"""

import calendar
import re
from collections.abc import Callable
from datetime import date, timedelta

from agent.ai.understanding.numbers import ordinal, small

WEEKDAYS = {
    name: index
    for index, names in enumerate(
        (
            "monday mon",
            "tuesday tues tue",
            "wednesday weds wed wensday",
            "thursday thurs thur thu",
            "friday fri",
            "saturday sat",
            "sunday sun",
        )
    )
    for name in names.split()
}
MONTHS = {
    name: index
    for index, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}


def _safe(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _yearless(month: int, day: int, today: date) -> date | None:
    for year in range(today.year, today.year + 5):
        found = _safe(year, month, day)
        if found and found >= today:
            return found
    return None


def _month_after(today: date, months: int) -> date:
    index = today.year * 12 + today.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(today.day, last))


def named_day(match: re.Match[str], today: date) -> date | None:
    month, day = MONTHS[match["month"]], ordinal(match["day"])
    year = match["year"]
    return _safe(int(year), month, day) if year else _yearless(month, day, today)


def numeric(match: re.Match[str], today: date) -> date | None:
    month, day, year = int(match["m"]), int(match["d"]), match["y"]
    if not year:
        return _yearless(month, day, today)
    return _safe(int(year) + (2000 if len(year) == 2 else 0), month, day)


def iso(match: re.Match[str], today: date) -> date | None:
    return _safe(int(match["y"]), int(match["m"]), int(match["d"]))


def nth(match: re.Match[str], today: date) -> date | None:
    day = ordinal(match["day"])
    for months in range(13):
        base = _month_after(today.replace(day=1), months)
        found = _safe(base.year, base.month, day)
        if found and found >= today:
            return found
    return None


def nth_of_this_month(match: re.Match[str], today: date) -> date | None:
    return _safe(today.year, today.month, ordinal(match["day"]))


def nth_of_next_month(match: re.Match[str], today: date) -> date | None:
    base = _month_after(today.replace(day=1), 1)
    return _safe(base.year, base.month, ordinal(match["day"]))


def days_on(days: int) -> Callable[[re.Match[str], date], date]:
    return lambda match, today: today + timedelta(days)


def _coming(weekday: int, today: date) -> date:
    return today + timedelta((weekday - today.weekday()) % 7)


def this_weekday(match: re.Match[str], today: date) -> date:
    return _coming(WEEKDAYS[match["weekday"]], today)


def next_weekday(match: re.Match[str], today: date) -> date:
    monday = today + timedelta(7 - today.weekday())
    return monday + timedelta(WEEKDAYS[match["weekday"]])


def weekday_after_next(match: re.Match[str], today: date) -> date:
    return next_weekday(match, today) + timedelta(7)


def week_from_weekday(match: re.Match[str], today: date) -> date:
    return this_weekday(match, today) + timedelta(7)


def _count(word: str) -> int:
    if word.endswith("few"):
        return 3
    if "couple" in word:
        return 2
    return 1 if word in ("a", "an") else small(word)


def in_some_time(match: re.Match[str], today: date) -> date:
    count, unit = _count(match["count"]), match["unit"]
    if unit == "month":
        return _month_after(today, count)
    return today + timedelta(count * (7 if unit == "week" else 1))


def weekend(match: re.Match[str], today: date) -> date:
    return today if today.weekday() == 6 else _coming(5, today)


def next_weekend(match: re.Match[str], today: date) -> date:
    return today + timedelta(7 - today.weekday() + 5)


def next_week(match: re.Match[str], today: date) -> date:
    return today + timedelta(7 - today.weekday())


def later_this_week(match: re.Match[str], today: date) -> date:
    return min(today + timedelta(2), today + timedelta(6 - today.weekday()))


def _part_of(year: int, month: int, part: str) -> date:
    if part in ("end", "late", "last", "last week"):
        return date(year, month, calendar.monthrange(year, month)[1])
    return date(year, month, 15 if part.startswith("mid") else 1)


def part_of_month(match: re.Match[str], today: date) -> date:
    month = MONTHS[match["month"]]
    year = int(match["year"]) if match["year"] else today.year
    found = _part_of(year, month, match["part"] or "start")
    if found >= today or match["year"]:
        return found
    if (month, year) == (today.month, today.year):
        return today
    return _part_of(year + 1, month, match["part"] or "start")


def part_of_this_month(match: re.Match[str], today: date) -> date:
    return max(today, _part_of(today.year, today.month, match["part"]))


def part_of_next_month(match: re.Match[str], today: date) -> date:
    base = _month_after(today.replace(day=1), 1)
    return _part_of(base.year, base.month, match["part"] or "start")
