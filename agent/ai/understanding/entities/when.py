"""The day of a visit and the day of moving in: which of them a date in the message means."""

import re
from collections.abc import Iterator
from typing import Literal

from ..dates import Found, find_dates
from ..facts import Fact
from ..message import Message
from ..models import Context

_MOVE = re.compile(
    r"\bmov(?:e|ing)\b|\bmove-?in\b|\bstart(?:ing)? (?:the |my )?(?:lease|living)\b|\blease (?:start|begin|ends?|is up|expires)\w*\b|"
    r"\brelocat\w+|\bneed (?:it|a place|to be (?:in|out)|an apartment|one|something)[^.]{0,20}\b(?:by|from|starting|before|in)\b|"
    r"\bavailable (?:from|by|in|on|starting)\b|\boccup(?:y|ied)\b|\bvacate\b"
)
_TOUR = re.compile(
    r"\b(?:visit\w*|tour\w*|see|seeing|view\w*|show(?:ing|n)?|come (?:by|over|in)|stop by|drop by|swing by|look at|"
    r"appointment|schedul\w+|reschedul\w+|book\w*|check (?:it|them) out|walk ?through)\b"
)
_ASAP = re.compile(
    r"\b(?:asap|as soon as (?:possible|i can|we can)|right away|immediately|straight away|urgently|now)\b"
)
_OLD = re.compile(
    r"\b(?:not|instead of|rather than|from|can't (?:make|do)(?: it)?(?: on)?|cannot (?:make|do)|busy|isn't|won't work)\s+(?:on\s+|the\s+)*$"
)
_ANY_DATE = re.compile(
    r"\b(?:flexible|any ?(?:time|day|date)|whenever|no rush|not sure|don't know)\b"
)
_NO_USE = re.compile(
    r"\b(?:doesn't|don't|does not|won't|can't|cannot|isn't|not) (?:work|do|make|good|possible)\b"
)

Field = Literal["tour_date", "move_date"]


def _meant(low: str, found: Found | None, context: Context) -> Field | None:
    asked = context.agent.asked
    if _MOVE.search(low):
        return "move_date"
    if _TOUR.search(low):
        return "tour_date"
    if {"tour_date", "slot", "confirm", "tour"} & {*asked}:
        return "tour_date"
    if "move_date" in asked:
        return "move_date"
    if found is None:
        return None
    if found.vague and not context.shortlist:
        return "move_date"
    return "tour_date" if context.shortlist or context.focus else "move_date"


def read(message: Message, context: Context) -> Iterator[Fact]:
    found_any = False
    for clause in message.homes:
        low = clause.low
        dates = [
            found
            for found in find_dates(low, context.today)
            if not _OLD.search(low[: found.start]) and not _NO_USE.match(low[found.end :].lstrip())
        ]
        if dates:
            found_any = True
            field = _meant(low, dates[-1], context)
            if field:
                yield Fact(field, dates[-1].day, f"{field}_{dates[-1].rule}")
        elif _ASAP.search(low) and _meant(low, None, context) == "move_date":
            yield Fact("move_date", context.today, "move_date_asap")
    if not found_any and "move_date" in context.agent.asked and _ANY_DATE.search(message.low):
        yield Fact("move_date", None, "move_date_any")


def mentioned(message: Message, context: Context) -> Iterator[Found]:
    for clause in message.clauses:
        if not _MOVE.search(clause.low):
            yield from find_dates(clause.low, context.today)
