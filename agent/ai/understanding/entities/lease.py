"""How long the lease should run, in months."""

import re
from collections.abc import Iterator

from ..facts import Fact
from ..message import Message
from ..models import Context
from ..numbers import SMALL, small

_COUNT = rf"(?P<n>{SMALL}|an?)"
_TABLE = (
    (
        "lease_counted",
        re.compile(
            rf"\b{_COUNT}[\s-]*(?P<unit>month|year|yr)s?[\s-]*(?:long[\s-]*)?(?:lease|term|contract|rental|agreement|stay)\b"
        ),
    ),
    (
        "lease_for",
        re.compile(
            rf"\b(?:lease|term|contract|rent|stay|sign|rental)\b[^.]{{0,24}}?\b(?:of|for|is|be|to|at least)?\s*(?:about\s+|around\s+)?{_COUNT}[\s-]*(?P<unit>month|year|yr)s?\b"
        ),
    ),
)
_ANSWER = re.compile(rf"\b{_COUNT}[\s-]*(?P<unit>month|year|yr)s?\b")
_BARE = re.compile(rf"\b(?P<n>{SMALL})\b")
_MONTH_TO_MONTH = re.compile(r"\bmonth[\s-]to[\s-]month\b")
_HALF = re.compile(r"\bhalf (?:a |an )?year\b")


def _months(match: re.Match[str]) -> int:
    count = 1 if match["n"] in ("a", "an") else small(match["n"])
    return count * (1 if match["unit"] == "month" else 12)


def read(message: Message, context: Context) -> Iterator[Fact]:
    asked = "lease_months" in context.agent.asked
    for clause in message.homes:
        if fact := _read_clause(clause.low, asked, clause.asks):
            yield fact


def _read_clause(low: str, asked: bool, asks: bool) -> Fact | None:
    if "month" not in low and "year" not in low and "yr" not in low and not asked:
        return None
    if asks:
        return None
    if _MONTH_TO_MONTH.search(low):
        return Fact("lease_months", 1, "lease_monthly")
    if _HALF.search(low) and (asked or "lease" in low):
        return Fact("lease_months", 6, "lease_half_year")
    for name, pattern in _TABLE:
        if match := pattern.search(low):
            return Fact("lease_months", _months(match), name)
    if asked and (match := _ANSWER.search(low)):
        return Fact("lease_months", _months(match), "lease_answered")
    if asked and (match := _BARE.search(low)) and small(match["n"]) <= 36:
        return Fact("lease_months", small(match["n"]), "lease_answered")
    return None
