"""The highest rent a lead can pay, in whole dollars a month."""

import re
from collections.abc import Iterator
from functools import lru_cache

from agent.ai.understanding.facts import Fact
from agent.ai.understanding.message import Message
from agent.ai.understanding.models import Context
from agent.ai.understanding.numbers import SPELLED_AMOUNT, amount
from agent.ai.understanding.patterns import whole, words

_DIGITS = r"\d{1,3}(?:,\d{3})+|\d{3,5}|\d{1,2}(?:\.\d+)?\s?(?:k|grand|thousand|hundred)"
_MONEY = rf"(?:usd|us\$|\$)?\s?(?P<money>{_DIGITS})\b(?!\s?(?:sq|square|feet|ft))"
_AT_MOST = (
    r"(?:under|below|less than|max(?:imum)?(?: of)?|maxed? (?:out )?at|up to|at most|(?:no|"
    r"not) more than|within|cheaper than|lower than|not (?:over|above|exceed(?:ing)?)|<=?|"
    r"(?:afford|pay|spend|budget|price|rent)(?: (?:is|of|range|would be|to|at|around|about|up to|"
    r"roughly|like|max|under|below|can|could|go|stretch))*|around|about|roughly|approximately|~)"
)
_LIKE = r"\s*:?\s*(?:(?:like|say|maybe|a|the|my|is)\s+)*"
_PER_MONTH = (
    r"\s?(?:dollars|bucks|usd)?\s?(?:(?:/|per|a|each|every)\s?mo(?:nth)?\b|monthly|pcm|max\b|"
    r"maximum|tops|(?:or|and) (?:less|under|below|lower|so)|at (?:the )?(?:most|outside)|budget|"
    r"is my (?:max|budget|"
    r"limit)|dollars|bucks)"
)
_RANGE = re.compile(
    rf"\$?\s?(?P<low>\d{{1,3}}(?:,\d{{3}})+|\d{{3,5}}|\d(?:\.\d+)?\s?k?)\s?(?:-|–|to|and|"
    rf"~)\s?\$?\s?(?P<high>{_DIGITS})\b"
)
_TABLE = (
    ("budget_capped", re.compile(rf"(?<!\w){_AT_MOST}{_LIKE}{_MONEY}")),
    ("budget_a_month", re.compile(rf"{_MONEY}{_PER_MONTH}")),
    ("budget_dollars", re.compile(rf"\$\s?(?P<money>{_DIGITS})\b")),
)
_OF_MONEY = re.compile(
    r"\$|\b(?:budget|rent|price|spend|afford|pay|cost|dollars|bucks|grand|per month|a month|"
    r"monthly|max|maximum|(?:or|and) (?:less|under|below)|at the outside|under|below|less than|"
    r"up to|at most|"
    r"no more than|\d(?:\.\d)?\s?k)\b|/mo|\b(?:around|about|roughly|approximately) [1-9]\d{2,3}0\b"
)
_OTHER_MONEY = words(
    r"deposits?|fees?|sq|square|sqft|feet|salary|income|earn|make|raise|(?<!not )over(?! (?:my|"
    r"our|the) budget)|(?<!no )(?<!not )more than|at least|minimum|(?:for|of) parking|"
    r"parking (?:is|costs?|for|at|under|below|around|about)"
)
_ANY = words(
    r"any (?:price|budget|rent)|money is no object|no (?:budget|price|max|limit)(?: (?:limit|cap|"
    r"on))?",
    r"(?:price|budget|rent|money|cost) (?:doesn't|does not|isn't|is not) (?:really )?(?:matter|"
    r"an issue|a problem|important)",
)
_INDIFFERENT = words(r"doesn't matter|no limit|flexible|don't care|no preference")
_BARE = re.compile(rf"\b(?P<money>{_DIGITS})\b")
_GATE = re.compile(
    r"\d|hundred|thousand|grand|price|budget|rent|money|cost|matter|care|limit|flexible|preference"
)
_COMMA = re.compile(r",\s+")
_ALONE = whole(
    r"(?:(?:maybe|like|around|about|say|probably|roughly|perhaps|um+|hm+|i guess|up to|max)[ ,]*)*"
    r"\$? ?(?P<money>[1-9]\d{1,2}[05]0|[4-9][05]0)(?: ?ish| or so)?(?:[ ,]+(?:i guess|maybe|max))?"
)
"""An amount that is the whole message, and can be neither rooms nor a time."""
_LEAST, _MOST = 100, 100_000

_NUMBERED = frozenset({"slot", "tour_date", "contact", "confirm"})
"""Asked for one of these, an amount alone is no rent."""


def read(message: Message, context: Context) -> Iterator[Fact]:
    asked = "budget" in context.agent.asked
    if (alone := _ALONE.match(message.low)) and _may_be_rent(context):
        yield Fact("budget", int(alone["money"]), "budget_alone")
        return
    for clause in message.homes:
        if not clause.asks and (fact := _read_clause(clause.low, asked=asked)):
            yield fact


@lru_cache(4_096)
def _read_clause(low: str, *, asked: bool) -> Fact | None:
    if not _GATE.search(low):
        return None
    if _ANY.search(low) or (asked and _INDIFFERENT.search(low) and not _BARE.search(low)):
        return Fact("budget", None, "budget_any")
    if not asked and not _OF_MONEY.search(low):
        return None
    if _OTHER_MONEY.search(low) and "budget" not in low:
        parts = (part for part in _COMMA.split(low) if not _OTHER_MONEY.search(part))
        low = ", ".join(part for part in parts if _OF_MONEY.search(part))
    if (match := _RANGE.search(low)) and (value := _top_of(match)):
        return Fact("budget", value, "budget_range")
    for name, pattern in _TABLE:
        if values := [value for match in pattern.finditer(low) if (value := _dollars(match))]:
            return Fact("budget", values[-1], name)
    if value := _spelled(low):
        return Fact("budget", value, "budget_spelled")
    if asked and (match := _BARE.search(low)) and (value := _dollars(match)):
        return Fact("budget", value, "budget_answered")
    return None


def _may_be_rent(context: Context) -> bool:
    asked = {*context.agent.asked}
    return bool(asked) and not asked & _NUMBERED


def _plausible(value: int | None) -> int | None:
    return value if value is not None and _LEAST <= value <= _MOST else None


def _dollars(match: re.Match[str]) -> int | None:
    return _plausible(amount(match["money"]))


def _top_of(match: re.Match[str]) -> int | None:
    low, high = amount(match["low"]), _plausible(amount(match["high"]))
    return high if low is not None and high is not None and low <= high else None


def _spelled(low: str) -> int | None:
    amounts = (_plausible(amount(match[0])) for match in SPELLED_AMOUNT.finditer(low))
    return max(filter(None, amounts), default=None)
