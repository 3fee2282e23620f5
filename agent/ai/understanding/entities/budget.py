"""The highest rent a lead can pay, in whole dollars a month."""

import re
from collections.abc import Iterator

from ..facts import Fact
from ..message import Message
from ..models import Context
from ..numbers import SPELLED_AMOUNT, amount

_DIGITS = r"\d{1,3}(?:,\d{3})+|\d{3,5}|\d{1,2}(?:\.\d+)?\s?(?:k|grand|thousand|hundred)"
_MONEY = rf"(?:(?:usd|us\$|\$)\s?)?(?:{_DIGITS})\b(?:\s?(?:k|grand|bucks|dollars|usd)\b)?"
_UPPER = (
    r"(?:under|below|less than|max(?:imum)?(?: of)?|maxed? (?:out )?at|up to|at most|no more than|not more than|"
    r"within|cheaper than|lower than|not (?:over|above|exceed(?:ing)?)|don't exceed|<=?|"
    r"(?:can )?(?:afford|pay|spend)(?: (?:about|around|up to|roughly|at most))?|"
    r"budget(?: (?:is|of|range|would be|to|:|at))*(?: (?:about|around|up to|roughly|like|max))?|"
    r"(?:around|about|roughly|approximately|circa|~)|for|rent (?:of|is|at|around|under|below)|price (?:of|"
    r"is|around|under|below))"
)
_RANGE = re.compile(
    rf"(?P<low>\$?\s?(?:\d{{1,3}}(?:,\d{{3}})+|\d{{3,5}}|\d(?:\.\d+)?\s?k?))\s?(?:-|–|to|and|~)\s?(?P<high>\$?\s?(?:{_DIGITS}))\b"
)
_CAPPED = re.compile(
    rf"\b{_UPPER}\s*:?\s*(?:like |say |maybe |a |the |my |is )*(?P<money>{_MONEY})"
)
_TRAILED = re.compile(
    rf"(?P<money>{_MONEY})\s?(?:/|per|a|each|monthly|max|maximum|or (?:less|under|below|lower)|tops|budget|at most|is my (?:max|budget|limit))"
    r"\s?(?:mo\b|month\b|\b)"
)
_DOLLARS = re.compile(rf"(?P<money>\$\s?(?:{_DIGITS})\b(?:\s?k\b)?)")
_CONTEXT = re.compile(
    r"\$|\b(?:budget|rent|price|spend|afford|pay|cost|dollars|bucks|grand|per month|a month|monthly|/month|/mo|max\b|"
    r"under|below|less than|up to|at most|no more than|\d(?:\.\d)?\s?k\b)"
)
_NOT_BUDGET = re.compile(
    r"\b(?:deposit|fee|fees|sq|square|sqft|feet|salary|income|earn|make|raise)\b|\bover \$|\bmore than\b"
)
_ANY = re.compile(
    r"\b(?:any (?:price|budget|rent)|(?:price|budget|rent|money|cost) (?:doesn't|does not|isn't|is not) (?:really )?"
    r"(?:matter|an issue|a problem|important)|no (?:budget|price) (?:limit|cap)|money is no object|no (?:max|limit) (?:on|for))\b"
)
_INDIFFERENT = re.compile(r"\b(?:doesn't matter|no limit|flexible|don't care|no preference|any)\b")
_NUMBER = re.compile(rf"\b(?P<money>{_DIGITS})\b")
_LOWEST, _HIGHEST = 100, 100_000


def _plausible(value: int | None) -> int | None:
    return value if value is not None and _LOWEST <= value <= _HIGHEST else None


def _ranged(match: re.Match[str]) -> int | None:
    low, high = amount(match["low"].replace("$", "")), amount(match["high"].replace("$", ""))
    if low is None or high is None or high < low:
        return None
    return _plausible(high)


def _spelled(low: str) -> int | None:
    return max(
        (
            value
            for match in SPELLED_AMOUNT.finditer(low)
            if (value := _plausible(amount(match[0])))
        ),
        default=None,
    )


def _highest(low: str, asked: bool) -> tuple[int, str] | None:
    if (match := _RANGE.search(low)) and (asked or _CONTEXT.search(low)):
        if value := _ranged(match):
            return value, "budget_range"
    for name, pattern in (
        ("budget_capped", _CAPPED),
        ("budget_trailed", _TRAILED),
        ("budget_dollars", _DOLLARS),
    ):
        if name == "budget_capped" and not (asked or _CONTEXT.search(low)):
            continue
        values = [
            value
            for match in pattern.finditer(low)
            if (
                value := _plausible(
                    amount(re.sub(r"[^\d,.a-z ]|usd|us|bucks|dollars", "", match["money"]))
                )
            )
        ]
        if values:
            return values[-1], name
    if (asked or _CONTEXT.search(low)) and (value := _spelled(low)):
        return value, "budget_spelled"
    if asked and (match := _NUMBER.search(low)) and (value := _plausible(amount(match["money"]))):
        return value, "budget_answered"
    return None


_GATE = re.compile(
    r"\d|hundred|thousand|grand|price|budget|rent|money|cost|matter|care|limit|flexible|any"
)


def read(message: Message, context: Context) -> Iterator[Fact]:
    asked = "budget" in context.agent.asked
    for clause in message.homes:
        low = clause.low
        if not _GATE.search(low):
            continue
        if _ANY.search(low) or (asked and _INDIFFERENT.search(low) and not _NUMBER.search(low)):
            yield Fact("budget", None, "budget_any")
        elif not _NOT_BUDGET.search(low) and (found := _highest(low, asked)):
            yield Fact("budget", *found)
