"""How many people will live there: a count, never who they are."""

import re
from collections.abc import Iterator
from functools import lru_cache

from agent.ai.understanding.facts import Fact
from agent.ai.understanding.message import Message
from agent.ai.understanding.models import Context
from agent.ai.understanding.numbers import SMALL, small
from agent.ai.understanding.patterns import words

_RELATION = (
    r"(?:wife|husband|spouse|partner|boyfriend|girlfriend|roommate|friend|fianc\w+|sister|brother|"
    r"mom|mother|dad|father|son|daughter|kid|child|coworker|colleague)"
)
_MORE = r"(?!,? (?:and|plus|\+)|,)"
_COUNTED = (
    (
        "occupants_counted",
        words(
            rf"(?P<n>{SMALL}) (?:\w+ )?(?:people|persons?|occupants?|tenants?|residents?|adults|"
            r"of us|roommates total)"
        ),
        0,
    ),
    ("occupants_party", words(rf"(?:family|household|group|party) of (?P<n>{SMALL})"), 0),
    (
        "occupants_with_me",
        words(rf"(?:me|i|myself) (?:and|plus|with) (?P<n>{SMALL}) (?:roommates?|friends?|others?)"),
        1,
    ),
)
_FIXED = (
    (
        "occupants_alone",
        words(
            rf"(?:just|only) (?:for )?(?:me|myself){_MORE}|by myself|on my own|(?:living|"
            rf"live) alone",
            r"for (?:one person|myself)",
        ),
        1,
    ),
    (
        "occupants_two",
        words(
            rf"(?:me|i|myself) and (?:my|a) (?:\w+ )?{_RELATION}{_MORE}",
            rf"my {_RELATION} and (?:i|me|myself){_MORE}",
            r"(?:the )?(?:both|two) of us|us two",
        ),
        2,
    ),
)
_BARE = re.compile(rf"\b(?P<n>{SMALL})\b")
_GATE = re.compile(
    r"people|person|occupant|tenant|resident|adult|of us|famil|household|group|party|myself|just|"
    r"only|alone|\band (?:my|a|i|me)\b|plus|my own|us two|roommate"
)


def read(message: Message, context: Context) -> Iterator[Fact]:
    asked = "occupants" in context.agent.asked
    for clause in message.homes:
        if not clause.asks:
            if fact := _read_clause(clause.low, asked=asked):
                yield fact
            elif asked and (match := _BARE.search(clause.low)):
                yield Fact("occupants", small(match["n"]), "occupants_answered")


@lru_cache(4_096)
def _read_clause(low: str, *, asked: bool) -> Fact | None:
    if not asked and not _GATE.search(low):
        return None
    for name, pattern, more in _COUNTED:
        if match := pattern.search(low):
            return Fact("occupants", small(match["n"]) + more, name)
    for name, pattern, count in _FIXED:
        if pattern.search(low):
            return Fact("occupants", count, name)
    return None
