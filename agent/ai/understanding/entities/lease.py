"""How long the lease should run, in months."""

import re
from collections.abc import Iterator

from agent.ai.understanding.facts import Fact
from agent.ai.understanding.message import Message
from agent.ai.understanding.models import Context
from agent.ai.understanding.numbers import SMALL, small
from agent.ai.understanding.patterns import words

_TERM = rf"(?P<n>{SMALL}|an?)[\s-]*(?P<unit>month|year)s?"
_TABLE = (
    (
        "lease_counted",
        re.compile(
            rf"\b{_TERM}[\s-]*(?:long[\s-]*)?(?:lease|term|contract|rental|agreement|stay)\b"
        ),
    ),
    (
        "lease_for",
        re.compile(rf"\b(?:lease|term|contract|rent|stay|sign|rental)\b[^.]{{0,30}}?\b{_TERM}\b"),
    ),
)
_ANSWER = re.compile(rf"\b{_TERM}\b")
_BARE = re.compile(rf"\b(?P<n>{SMALL})\b")
_MONTH_TO_MONTH = words(r"month[\s-]to[\s-]month")
_HALF_YEAR = words(r"half (?:an? )?year")
_ANY = words(r"any (?:lease )?(?:length|term)|flexible|doesn't matter|no preference|don't care")
_LONGEST = 36


def read(message: Message, context: Context) -> Iterator[Fact]:
    asked = "lease_months" in context.agent.asked
    for clause in message.homes:
        low = clause.low
        if clause.asks or not (asked or "month" in low or "year" in low):
            continue
        if fact := _read_clause(low, asked):
            yield fact


def _read_clause(low: str, asked: bool) -> Fact | None:
    if _MONTH_TO_MONTH.search(low):
        return Fact("lease_months", 1, "lease_monthly")
    if _HALF_YEAR.search(low):
        return Fact("lease_months", 6, "lease_half_year")
    table = (*_TABLE, ("lease_answered", _ANSWER)) if asked else _TABLE
    for name, pattern in table:
        if match := pattern.search(low):
            return Fact("lease_months", _months(match), name)
    if asked and (match := _BARE.search(low)) and small(match["n"]) <= _LONGEST:
        return Fact("lease_months", small(match["n"]), "lease_answered")
    if asked and _ANY.search(low):
        return Fact("lease_months", None, "lease_any")
    return None


def _months(match: re.Match[str]) -> int:
    count = 1 if match["n"] in ("a", "an") else small(match["n"])
    return count * (1 if match["unit"] == "month" else 12)
