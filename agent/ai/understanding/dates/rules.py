"""The phrases that name a day, in the order in which they claim a place in the text."""

import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from agent.ai.understanding.numbers import ORDINAL, SMALL

from . import days

Meaning = Callable[[re.Match[str], date], date | None]


class Rule(NamedTuple):
    name: str
    day: Meaning
    pattern: re.Pattern[str]
    vague: bool
    needs: frozenset[str]
    """A text without any of these cannot match; looking for them costs less."""


def _one_of(names: list[str]) -> str:
    return "|".join(sorted(names, key=len, reverse=True))


def _exact(name: str, needs: str, day: Meaning, pattern: str) -> Rule:
    return Rule(name, day, re.compile(pattern), False, _any_of(needs))


def _vague(name: str, needs: str, day: Meaning, pattern: str) -> Rule:
    """A stretch of time."""
    return Rule(name, day, re.compile(pattern), True, _any_of(needs))


def _any_of(needs: str) -> frozenset[str]:
    return frozenset(needs.split("|"))


_WEEKDAY = rf"(?P<weekday>{_one_of([*days.WEEKDAYS])})s?\b\.?"
_FULL_WEEKDAY = rf"(?P<weekday>{_one_of([name for name in days.WEEKDAYS if name[-3:] == 'day'])})s?"
_MONTH = rf"(?P<month>{_one_of([*days.MONTHS])})\b\.?"
_NTH = rf"(?P<day>\d{{1,2}} ?(?:st|nd|rd|th)|{ORDINAL})\b"
_DAY = rf"(?P<day>\d{{1,2}} ?(?:st|nd|rd|th)|{ORDINAL}|\d{{1,2}})(?![\d:/-]|\.\d)\b"
_YEAR = r"(?:,? (?P<year>20\d\d)\b)?"
_COUNT = rf"(?P<count>{SMALL}|an?|(?:a )?couple(?: of)?|a few)"
_UNIT = r"(?P<unit>day|week|month)s?\b"
_PART = (
    r"(?P<part>end|beginning|start|early|mid|middle|late|first week|last week|first half|"
    r"last)(?: part)?(?: of| in)?[ -](?:the )?"
)
_NOT_OF_PLACES = r"(?! (?:one|floor|option|home|apartment|place|property|street|st\b|ave))"

_MONTHS = "|".join(name for name in days.MONTHS if len(name) == 3)
_DAYS = "|".join(name for name in days.WEEKDAYS if len(name) == 3) + "|wensday"

RULES = (
    _exact("iso_date", "20", days.iso, r"\b(?P<y>20\d\d)-(?P<m>\d{1,2})-(?P<d>\d{1,2})\b"),
    _exact(
        "numeric_date",
        "/|-",
        days.numeric,
        r"(?<![\d/$.,-])(?P<m>1[0-2]|0?[1-9])[/-](?P<d>3[01]|[12]\d|0?[1-9])(?:[/-](?P<y>\d{4}|"
        r"\d\d))?(?![\d/-]| ?(?:bed|bath|br|ba))",
    ),
    _vague("part_of_month", _MONTHS, days.part_of_month, rf"\b{_PART}{_MONTH}{_YEAR}"),
    _vague(
        "part_of_next_month",
        "month",
        days.part_of_next_month,
        rf"\b{_PART}(?:next|following) month\b",
    ),
    _vague("part_of_this_month", "month", days.part_of_this_month, rf"\b{_PART}(?:this )?month\b"),
    _exact(
        "day_of_month", _MONTHS, days.named_day, rf"(?:\bthe |\b){_DAY} (?:of )?{_MONTH}{_YEAR}"
    ),
    _exact("month_day", _MONTHS, days.named_day, rf"\b{_MONTH} ?(?:the )?{_DAY}{_YEAR}"),
    _exact(
        "day_of_this_month",
        "month",
        days.nth_of_this_month,
        rf"(?:\bthe |\b){_NTH} (?:of )?(?:this|the) month\b",
    ),
    _exact(
        "day_of_next_month",
        "month",
        days.nth_of_next_month,
        rf"(?:\bthe |\b){_NTH} (?:of )?(?:the )?next month\b",
    ),
    _exact("day_after_tomorrow", "after", days.days_on(2), r"\b(?:the )?day after tomm?orr?ow\b"),
    _exact("tomorrow", "tom", days.days_on(1), r"\btomm?orr?ow\b"),
    _exact(
        "today",
        "today|tonight|this",
        days.days_on(0),
        r"\b(?:later )?(?:today|tonight|this (?:morning|afternoon|evening))\b",
    ),
    _exact(
        "weekday_after_next", "after next", days.weekday_after_next, rf"\b{_WEEKDAY} after next\b"
    ),
    _exact(
        "week_from_weekday",
        "week from",
        days.week_from_weekday,
        rf"\b(?:a|one) week from {_WEEKDAY}",
    ),
    _exact(
        "weekday_next_week",
        "week",
        days.next_weekday,
        rf"\b{_WEEKDAY} (?:of |in |on )?(?:the )?(?:next|following|coming) week\b",
    ),
    _exact(
        "next_week_weekday",
        "next week",
        days.next_weekday,
        rf"\bnext week(?:'s)?,? ?(?:on )?{_WEEKDAY}",
    ),
    _exact(
        "weekday_this_week", "this week", days.this_weekday, rf"\b{_WEEKDAY} (?:of )?this week\b"
    ),
    _exact(
        "next_weekday", "next|following", days.next_weekday, rf"\b(?:next|following) {_WEEKDAY}"
    ),
    _exact(
        "this_weekday",
        _DAYS,
        days.this_weekday,
        rf"\b(?:this|coming|this coming|on|by|for|every) {_WEEKDAY}",
    ),
    _exact("weekday", "day", days.this_weekday, rf"\b{_FULL_WEEKDAY}\b"),
    _exact(
        "in_some_time",
        "day|week|month",
        days.in_some_time,
        rf"\b(?:in|within|after) (?:the next |about |around )?{_COUNT} {_UNIT}(?! (?:lease|long))",
    ),
    _exact("time_from_now", "from", days.in_some_time, rf"\b{_COUNT} {_UNIT} from (?:now|today)\b"),
    _vague("next_weekend", "weekend", days.next_weekend, r"\b(?:next weekend|weekend after)\b"),
    _vague("weekend", "weekend", days.weekend, r"\b(?:this|the|coming|on the) weekend\b"),
    _vague("later_this_week", "this week", days.later_this_week, r"\blater (?:on )?this week\b"),
    _vague("next_week", "next week", days.next_week, r"\b(?:early )?next week\b"),
    _vague("next_month", "next month", days.part_of_next_month, r"\b(?P<part>)next month\b"),
    _vague(
        "month",
        _MONTHS,
        days.part_of_month,
        rf"\b(?:in|by|around|for|during|before|until|till|from|"
        rf"starting) (?P<part>){_MONTH}(?! ?\d{{1,2}}\b){_YEAR}",
    ),
    _exact(
        "nth",
        "st|nd|rd|th",
        days.nth,
        rf"\b(?:the |on )?(?P<day>\d{{1,2}}(?:st|nd|rd|th))\b{_NOT_OF_PLACES}",
    ),
)
