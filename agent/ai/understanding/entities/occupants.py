"""How many people will live there: a count, never who they are."""

import re
from collections.abc import Iterator

from ..facts import Fact
from ..message import Message
from ..models import Context
from ..numbers import SMALL, small

_TABLE: tuple[tuple[str, re.Pattern[str], int | None], ...] = (
    (
        "occupants_counted",
        re.compile(
            rf"\b(?P<n>{SMALL})\s+(?:people|persons?|occupants?|tenants?|residents?|adults?|of us|roommates? total)\b"
        ),
        None,
    ),
    (
        "occupants_party",
        re.compile(rf"\b(?:family|household|group|party) of (?P<n>{SMALL})\b"),
        None,
    ),
    (
        "occupants_roommates",
        re.compile(
            rf"\b(?:me|i|myself) (?:and|\+|plus|with) (?P<n>{SMALL}) (?:roommates?|friends?|others?|people)\b"
        ),
        None,
    ),
    (
        "occupants_alone",
        re.compile(
            r"\b(?:just|only) (?:me|myself)\b(?! and| \+| plus)|\bfor (?:one person|myself)\b|\b(?:by myself|on my own|living alone|live alone)\b"
        ),
        1,
    ),
    (
        "occupants_two",
        re.compile(
            r"\b(?:me|i|myself|i'm|for me) and (?:my|a) (?:\w+ )?(?:wife|husband|spouse|partner|boyfriend|girlfriend|roommate|friend|"
            r"fianc\w+|sister|brother|mom|mother|dad|father|son|daughter|kid|child|coworker|colleague)\b(?! and|,)|"
            r"\bmy (?:wife|husband|spouse|partner|boyfriend|girlfriend|roommate|friend|fianc\w+|sister|brother|mom|dad) and (?:i|me|myself)\b"
            r"|\bboth of us\b|\b(?:a couple|the two of us|us two)\b(?! of)"
        ),
        2,
    ),
)
_BARE = re.compile(rf"\b(?P<n>{SMALL})\b")
_GATE = re.compile(
    r"people|person|occupant|tenant|resident|adult|of us|famil|household|group|party|myself|just me|only me|alone|"
    r"\band (?:my|a|i|me)\b|\+|plus|my own|couple|us two|both|roommate"
)


def read(message: Message, context: Context) -> Iterator[Fact]:
    asked = "occupants" in context.agent.asked
    for clause in message.homes:
        low = clause.low
        if clause.asks or not (asked or _GATE.search(low)):
            continue
        for name, pattern, count in _TABLE:
            if match := pattern.search(low):
                value = count or small(match["n"]) + (name == "occupants_roommates")
                yield Fact("occupants", value, name)
                break
        else:
            if asked and (match := _BARE.search(low)):
                yield Fact("occupants", small(match["n"]), "occupants_answered")
