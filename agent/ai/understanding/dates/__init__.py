"""Dates and times of day in a text, relative to a given day; no date library."""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from .clock import find_time
from .days import WEEKDAYS
from .rules import RULES, Rule

__all__ = ["WEEKDAYS", "Found", "find_dates", "find_time"]


@dataclass(frozen=True, slots=True)
class Found:
    day: date
    start: int
    end: int
    rule: str
    vague: bool = False
    """A stretch of time ("end of May") rather than a day."""


_GATE = re.compile(
    r"\d|day|week|month|tonight|morning|afternoon|evening|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|"
    r"nov|dec|tom+or+ow|\b(?:mon|tue|wed|thu|fri|sat|sun)"
)


_NEEDS = frozenset().union(*(rule.needs for rule in RULES))


@lru_cache(4_096)
def _possible(low: str) -> tuple[Rule, ...]:
    """The rules that have what they need."""
    there = {need for need in _NEEDS if need in low}
    return tuple(rule for rule in RULES if not there.isdisjoint(rule.needs))


@lru_cache(4_096)
def find_dates(low: str, today: date) -> tuple[Found, ...]:
    """The dates in a lower-case text, in order, never overlapping; earlier rules win a place."""
    if not _GATE.search(low):
        return ()
    found: list[Found] = []
    for rule in _possible(low):
        for match in rule.pattern.finditer(low):
            start, end = match.span()
            if any(start < other.end and other.start < end for other in found):
                continue
            if day := rule.day(match, today):
                found.append(Found(day, start, end, rule.name, rule.vague))
    return tuple(sorted(found, key=lambda each: each.start))
