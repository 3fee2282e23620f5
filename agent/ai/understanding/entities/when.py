"""The day of a visit and the day of moving in: which of them a date in the message means."""

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Literal

from agent.ai.understanding.dates import Found, find_dates, find_time
from agent.ai.understanding.facts import Fact
from agent.ai.understanding.message import Message
from agent.ai.understanding.models import Context
from agent.ai.understanding.patterns import VISIT, before, listed, whole, words

_MOVE = words(
    r"mov(?:e|es|ing)|move-?in|relocat\w+|vacate|occupy",
    r"start(?:ing)? (?:the |my |a )?(?:lease|living|renting)",
    r"lease (?:to )?(?:start|begin|ends?|is up|expires?)\w*",
    r"(?:need|want|looking for|find)\b.{0,40}\b(?:by|from|starting|before|for) (?:the |early |mid|"
    r"late |end of )*(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|next month)",
    r"(?<!i'm )(?<!am )(?<!are )(?<!be )available (?:from|by|in|on|starting)",
)
_TOUR = words(
    VISIT,
    r"visit(?:ing)?|tour(?:ing)?|see|seeing|view|schedul\w+|reschedul\w+|book\w*|look at",
    r"show(?:ing|n)?|come (?:by|over|in)|(?:can|could|may) (?:i|we) come|(?:stop|drop|swing) by|"
    r"check (?:it|them) out",
)
_MOVES_VISIT = words(
    rf"(?:mov\w+|push\w*|shift\w*|switch\w*) (?:(?:my|our|the|that|this) )?(?:{VISIT}|it|mine|ours)"
)
_SOON = words(
    r"asap|as soon as (?:possible|i can|we can)|right away|immediately|straight away|urgently|"
    r"soonest"
)
_SOONISH = whole(r"(?:(?:pretty|very|quite|fairly|kind of) )?soon(?:ish)?(?: i (?:guess|think))?")
_LEFT_BEHIND = re.compile(
    r"\b(?:not|instead of|rather than|(?:change|move|switch)\b.{0,16} from|(?:can't|cannot|"
    r"can not) (?:make|do)(?: it)?|busy|isn't|ins ?tead of)\s+(?:for\s+|on\s+|the\s+)*$"
)
_NO_USE = re.compile(
    r"\W*(?:is|are)?\s*(?:doesn't|don't|does not|won't|can't|cannot|isn't|"
    r"not)\s+(?:going to )?(?:work|do|make|good|possible|available)"
)
_WHOLE_DAY = words(
    r"(?:that's|that is|that was|that will be|that'll be|that would be|thats) (?:all|it|enough|"
    r"everything)",
    r"all i (?:need|want)\w*|everything i need\w*|(?:help|thanks|thank you|thank)\b.{0,20}",
    r"nothing (?:else|more)|no more|any ?thing else\b.{0,40}|done|is all|lucky|assist\b.{0,20}",
)
_NEAR = listed("tomorrow day_after_tomorrow this_weekday weekday next_weekday weekday_next_week")
"""Rules of days too near to move in by."""
_FAR = 30
"""Days after which nobody visits, and people move in."""
_SHORT = 5
"""Words in a clause that may be an answer."""
_ANY_DAY = words(r"flexible|any ?(?:time|day|date)|whenever|no rush|not sure|don't know")

Field = Literal["tour_date", "move_date"]


def read(message: Message, context: Context) -> Iterator[Fact]:
    dated = False
    for clause in message.homes:
        dates = days_meant(clause.low, context.today)
        if dates:
            dated = True
            if field := _field(clause.low, dates[-1], context):
                yield Fact(field, dates[-1].day, f"{field}_{dates[-1].rule}")
        elif _SOON.search(clause.low) and _wants_to_move(clause.low, context):
            dated = True
            yield Fact("move_date", context.today, "move_date_soon")
    if not dated and _SOONISH.match(message.low):
        yield Fact("move_date", None, "move_date_soonish")
    elif not dated and "move_date" in context.agent.asked and _ANY_DAY.search(message.low):
        yield Fact("move_date", None, "move_date_any")


def mentioned(message: Message, context: Context) -> Iterator[Found]:
    """Days spoken of, whatever the talk is about, apart from moving days."""
    for clause in message.clauses:
        dates = days_meant(clause.low, context.today)
        if dates and (_MOVES_VISIT.search(clause.low) or not _MOVE.search(clause.low)):
            yield from dates


@lru_cache(4_096)
def days_meant(low: str, today: date) -> tuple[Found, ...]:
    """The days of a text that a lead or an agent stands by."""
    return tuple(found for found in find_dates(low, today) if _is_meant(found, low))


def _is_meant(found: Found, low: str) -> bool:
    """Neither replaced, nor refused, nor "that's all for today"."""
    words_before = before(low, found.start)
    if _LEFT_BEHIND.search(words_before) or _NO_USE.match(low, found.end):
        return False
    return not (found.rule == "today" and _WHOLE_DAY.search(words_before))


def _field(low: str, found: Found, context: Context) -> Field | None:
    """None for a day that is only told of ("I signed this morning")."""
    asked = {*context.agent.asked}
    if _MOVES_VISIT.search(low) and "move_date" not in asked:
        return "tour_date"
    if _MOVE.search(low):
        return "move_date"
    offered = bool(context.shortlist or context.agent.homes)
    timed = offered and find_time(low) is not None
    if timed or _TOUR.search(low) or asked & {"tour_date", "slot", "confirm", "tour"}:
        return "tour_date"
    if "move_date" in asked or found.vague:
        return "move_date"
    if found.rule == "today" and not (offered and len(low.split()) <= _SHORT):
        return None
    far = (found.day - context.today).days > _FAR and "move_date" not in context.known
    return "tour_date" if found.rule in _NEAR or (offered and not far) else "move_date"


def _wants_to_move(low: str, context: Context) -> bool:
    return bool(_MOVE.search(low) or "move_date" in context.agent.asked or _NEEDS.search(low))


_NEEDS = words(r"need|looking for|find")
