"""Dates and times of day in a text, relative to a given day.

"next Friday" is the Friday of the next calendar week (Monday to Sunday), "this Friday" and a
bare "Friday" the first one from today on; "the 9th" and "March 3rd" are never in the past.
"""

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta

from .numbers import ORDINAL, SMALL, ordinal, small

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
_WEEKDAY = r"(?P<weekday>" + "|".join(sorted(WEEKDAYS, key=len, reverse=True)) + r")s?\b\.?"
_FULL_WEEKDAY = r"(?P<weekday>" + "|".join(day for day in WEEKDAYS if day.endswith("day")) + r")s?"
_MONTH = r"(?P<month>" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\b\.?"
_DAY = rf"(?P<day>\d{{1,2}}\s?(?:st|nd|rd|th)|{ORDINAL}|\d{{1,2}})(?![\d:/-]|\.\d)\b"
_NTH = rf"(?P<day>\d{{1,2}}\s?(?:st|nd|rd|th)|{ORDINAL})\b"
_YEAR = r"(?:,?\s+(?P<year>20\d\d)\b)?"
_COUNT = rf"(?P<count>{SMALL}|an?|a couple(?: of)?|couple(?: of)?|a few)"
_PART = r"(?P<part>end|beginning|start|early|mid|middle|late|first week|last week|first half|last)"


@dataclass(frozen=True, slots=True)
class Found:
    day: date
    start: int
    end: int
    rule: str
    vague: bool = False
    """A stretch of time ("end of May") rather than a day."""


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


def _named(match: re.Match[str], today: date) -> date | None:
    month, day = MONTHS[match["month"]], ordinal(match["day"])
    year = match["year"]
    return _safe(int(year), month, day) if year else _yearless(month, day, today)


def _numeric(match: re.Match[str], today: date) -> date | None:
    month, day, year = int(match["m"]), int(match["d"]), match["y"]
    if not year:
        return _yearless(month, day, today)
    return _safe(int(year) + (2000 if len(year) == 2 else 0), month, day)


def _iso(match: re.Match[str], today: date) -> date | None:
    return _safe(int(match["y"]), int(match["m"]), int(match["d"]))


def _nth(match: re.Match[str], today: date) -> date | None:
    day = ordinal(match["day"])
    for months in range(13):
        base = _month_after(today.replace(day=1), months)
        found = _safe(base.year, base.month, day)
        if found and found >= today:
            return found
    return None


def _nth_of_this_month(match: re.Match[str], today: date) -> date | None:
    return _safe(today.year, today.month, ordinal(match["day"]))


def _nth_of_next_month(match: re.Match[str], today: date) -> date | None:
    base = _month_after(today.replace(day=1), 1)
    return _safe(base.year, base.month, ordinal(match["day"]))


def _plus(days: int) -> Callable[[re.Match[str], date], date]:
    return lambda match, today: today + timedelta(days)


def _coming(weekday: int, today: date) -> date:
    return today + timedelta((weekday - today.weekday()) % 7)


def _this_weekday(match: re.Match[str], today: date) -> date:
    return _coming(WEEKDAYS[match["weekday"]], today)


def _next_weekday(match: re.Match[str], today: date) -> date:
    monday = today + timedelta(7 - today.weekday())
    return monday + timedelta(WEEKDAYS[match["weekday"]])


def _weekday_after_next(match: re.Match[str], today: date) -> date:
    return _next_weekday(match, today) + timedelta(7)


def _week_from_weekday(match: re.Match[str], today: date) -> date:
    return _this_weekday(match, today) + timedelta(7)


def _count(word: str) -> int:
    if word.endswith("few"):
        return 3
    if "couple" in word:
        return 2
    return 1 if word in ("a", "an") else small(word)


def _in_some(match: re.Match[str], today: date) -> date:
    count, unit = _count(match["count"]), match["unit"]
    if unit == "month":
        return _month_after(today, count)
    return today + timedelta(count * (7 if unit == "week" else 1))


def _weekend(match: re.Match[str], today: date) -> date:
    return today if today.weekday() == 6 else _coming(5, today)


def _next_weekend(match: re.Match[str], today: date) -> date:
    return today + timedelta(7 - today.weekday() + 5)


def _next_week(match: re.Match[str], today: date) -> date:
    return today + timedelta(7 - today.weekday())


def _later_this_week(match: re.Match[str], today: date) -> date:
    return min(today + timedelta(2), today + timedelta(6 - today.weekday()))


def _part_of(year: int, month: int, part: str) -> date:
    if part in ("end", "late", "last", "last week"):
        return date(year, month, calendar.monthrange(year, month)[1])
    return date(year, month, 15 if part.startswith("mid") else 1)


def _part_of_month(match: re.Match[str], today: date) -> date:
    month = MONTHS[match["month"]]
    year = int(match["year"]) if match["year"] else today.year
    found = _part_of(year, month, match["part"] or "start")
    if found >= today or match["year"]:
        return found
    if (month, year) == (today.month, today.year):
        return today
    return _part_of(year + 1, month, match["part"] or "start")


def _part_of_this_month(match: re.Match[str], today: date) -> date:
    return max(today, _part_of(today.year, today.month, match["part"]))


def _part_of_next_month(match: re.Match[str], today: date) -> date:
    base = _month_after(today.replace(day=1), 1)
    return _part_of(base.year, base.month, match["part"] or "start")


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    pattern: re.Pattern[str]
    day: Callable[[re.Match[str], date], date | None]
    vague: bool = False


def _rules() -> Iterator[_Rule]:
    on = r"(?:\bthe\s+|\b)"
    part_of = rf"\b(?:the\s+)?{_PART}(?:\s+(?:part\s+)?(?:of|in)\s+|\s+|-)"
    table: tuple[tuple[str, str, Callable[[re.Match[str], date], date | None], bool], ...] = (
        ("iso_date", r"\b(?P<y>20\d\d)-(?P<m>\d{1,2})-(?P<d>\d{1,2})\b", _iso, False),
        (
            "numeric_date",
            r"(?<![\d/$.,-])(?P<m>1[0-2]|0?[1-9])[/-](?P<d>3[01]|[12]\d|0?[1-9])"
            r"(?:[/-](?P<y>\d{4}|\d\d))?(?![\d/-]|\s?(?:bed|bath|br|ba))",
            _numeric,
            False,
        ),
        ("part_of_month", part_of + _MONTH + _YEAR, _part_of_month, True),
        (
            "part_of_next_month",
            part_of + r"(?:the\s+)?(?:next|following)\s+month\b",
            _part_of_next_month,
            True,
        ),
        (
            "part_of_this_month",
            part_of + r"(?:the|this)\s+month\b",
            _part_of_this_month,
            True,
        ),
        ("day_of_month", rf"{on}{_DAY}\s+(?:of\s+)?{_MONTH}{_YEAR}", _named, False),
        ("month_day", rf"\b{_MONTH}\s*(?:the\s+)?{_DAY}{_YEAR}", _named, False),
        (
            "day_of_this_month",
            rf"{on}{_NTH}\s+(?:of\s+)?(?:this|the)\s+month\b",
            _nth_of_this_month,
            False,
        ),
        (
            "day_of_next_month",
            rf"{on}{_NTH}\s+(?:of\s+)?(?:the\s+)?next\s+month\b",
            _nth_of_next_month,
            False,
        ),
        (
            "day_after_tomorrow",
            r"\b(?:the\s+)?day\s+after\s+(?:tomorrow|tommorow|tomorow)\b",
            _plus(2),
            False,
        ),
        ("tomorrow", r"\b(?:tomorrow|tommorow|tommorrow|tomorow)\b", _plus(1), False),
        (
            "today",
            r"\b(?:later\s+)?(?:today|tonight|this\s+(?:morning|afternoon|evening))\b",
            _plus(0),
            False,
        ),
        (
            "weekday_after_next",
            rf"\b{_WEEKDAY}\s+after\s+next\b",
            _weekday_after_next,
            False,
        ),
        (
            "week_from_weekday",
            rf"\b(?:a|one)\s+week\s+from\s+{_WEEKDAY}",
            _week_from_weekday,
            False,
        ),
        (
            "weekday_next_week",
            rf"\b{_WEEKDAY}\s+(?:of\s+|in\s+|on\s+)?(?:the\s+)?(?:next|following|coming)\s+week\b",
            _next_weekday,
            False,
        ),
        (
            "next_week_weekday",
            rf"\bnext\s+week(?:'s)?\s*,?\s*(?:on\s+)?{_WEEKDAY}",
            _next_weekday,
            False,
        ),
        ("weekday_this_week", rf"\b{_WEEKDAY}\s+(?:of\s+)?this\s+week\b", _this_weekday, False),
        ("next_weekday", rf"\b(?:next|following)\s+{_WEEKDAY}", _next_weekday, False),
        (
            "this_weekday",
            rf"\b(?:this|coming|this\s+coming|on|by|for|every)\s+{_WEEKDAY}",
            _this_weekday,
            False,
        ),
        ("weekday", rf"\b{_FULL_WEEKDAY}\b", _this_weekday, False),
        (
            "in_some_time",
            rf"\b(?:in|within|after)\s+(?:the\s+next\s+|about\s+|around\s+)?{_COUNT}\s+"
            r"(?P<unit>day|week|month)s?\b(?!\s+(?:lease|long))",
            _in_some,
            False,
        ),
        (
            "some_time_from_now",
            rf"\b{_COUNT}\s+(?P<unit>day|week|month)s?\s+from\s+(?:now|today)\b",
            _in_some,
            False,
        ),
        ("next_weekend", r"\b(?:next\s+weekend|weekend\s+after)\b", _next_weekend, True),
        ("weekend", r"\b(?:this|the|coming|on\s+the)\s+weekend\b", _weekend, True),
        ("later_this_week", r"\blater\s+(?:on\s+)?this\s+week\b", _later_this_week, True),
        ("next_week", r"\b(?:early\s+)?next\s+week\b", _next_week, True),
        (
            "next_month",
            r"\b(?P<part>)next\s+month\b",
            _part_of_next_month,
            True,
        ),
        (
            "month",
            rf"\b(?:in|by|around|for|during|before|until|till|from|starting)\s+(?P<part>)"
            rf"{_MONTH}(?!\s*\d{{1,2}}\b){_YEAR}",
            _part_of_month,
            True,
        ),
        (
            "nth",
            r"\b(?:the\s+|on\s+)(?P<day>\d{1,2}\s?(?:st|nd|rd|th))\b"
            r"(?!\s+(?:one|floor|option|home|apartment|place|property|street|st\b|ave))",
            _nth,
            False,
        ),
        (
            "bare_nth",
            r"\b(?P<day>\d{1,2}(?:st|nd|rd|th))\b"
            r"(?!\s+(?:one|floor|option|home|apartment|place|property|street|st\b|ave))",
            _nth,
            False,
        ),
    )
    for name, pattern, day, vague in table:
        yield _Rule(name, re.compile(pattern), day, vague)


_RULES = tuple(_rules())
_GATE = re.compile(
    r"\d|day|week|month|tonight|morning|afternoon|evening|"
    r"jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|tom+or+ow|"
    r"\b(?:mon|tue|wed|thu|fri|sat|sun)"
)


def find_dates(low: str, today: date) -> list[Found]:
    """The dates in a lower-case text, in order, never overlapping; earlier rules win a place."""
    if not _GATE.search(low):
        return []
    found: list[Found] = []
    for rule in _RULES:
        for match in rule.pattern.finditer(low):
            start, end = match.span()
            if any(start < other.end and other.start < end for other in found):
                continue
            if day := rule.day(match, today):
                found.append(Found(day, start, end, rule.name, rule.vague))
    return sorted(found, key=lambda each: each.start)


_CLOCK = re.compile(
    r"(?<![\d$/.,])(?P<h>1[0-2]|0?[1-9])(?::(?P<min>[0-5]\d))?\s?(?P<half>am|pm|a\.m|p\.m)\b"
    r"|\b(?P<h24>[01]?\d|2[0-3]):(?P<min24>[0-5]\d)\b"
    r"|\bat\s+(?P<bare>1[0-2]|[1-9])(?=\s*(?:$|[,.?!]|o'?clock|on\b|works|is\b|would|please|then))"
    r"|\b(?P<oclock>1[0-2]|[1-9])\s?o'?clock\b"
    r"|\b(?P<noon>noon|midday)\b"
)


def find_time(low: str) -> time | None:
    """The first time of day named; a bare "at 3" is read in office hours."""
    match = _CLOCK.search(low)
    if not match:
        return None
    if match["noon"]:
        return time(12)
    if match["h24"]:
        hour, minute = int(match["h24"]), int(match["min24"])
        return time(hour + 12 if 1 <= hour <= 6 else hour, minute)
    if match["h"]:
        hour = int(match["h"]) % 12 + (12 if match["half"].startswith("p") else 0)
        return time(hour, int(match["min"] or 0))
    hour = int(match["bare"] or match["oclock"])
    return time(hour + 12 if hour <= 7 else hour)
