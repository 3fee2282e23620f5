"""Which homes of the shortlist a message means."""

import re
from collections.abc import Callable, Iterator, Sequence

from .message import Message
from .models import Candidate, Context
from .names import NameIndex

_NOUN = r"(?:one|home|apartment|place|property|option|unit|listing|choice|condo|house)"
_POSITIONS = (
    ("first_home", rf"\b(?:the )?(?:first|1st|former)(?: {_NOUN})?\b(?! (?:of|floor|time|name|day|week))|\b{_NOUN} (?:#|number |no\.? )?(?:1|one)\b|#1\b", 0),
    ("second_home", rf"\b(?:the )?(?:second|2nd|latter)(?: {_NOUN})?\b(?! (?:of|floor|time))|\b(?:option|number|home|no\.?) (?:#)?(?:2|two)\b|#2\b", 1),
    ("third_home", rf"\b(?:the )?(?:third|3rd)(?: {_NOUN})?\b(?! (?:of|floor|time))|\b(?:option|number|home|no\.?) (?:#)?(?:3|three)\b|#3\b", 2),
    ("last_home", rf"\b(?:the |that )?last(?: {_NOUN})\b|\bthe last\b(?! (?:week|month|day))", -1),
)  # fmt: skip
_POSITION_RULES = tuple((name, re.compile(pattern), index) for name, pattern, index in _POSITIONS)


def _rent(home: Candidate) -> float | None:
    return home.rent


def _rooms(home: Candidate) -> float | None:
    return home.bedrooms


def _baths(home: Candidate) -> float | None:
    return home.bathrooms


_SUPERLATIVES: tuple[
    tuple[str, re.Pattern[str], Callable[[Candidate], float | None], bool], ...
] = (
    ("cheapest_home", re.compile(rf"\b(?:the )?(?:cheap(?:er|est)|least expensive|less expensive|lowest[- ]price\w*|most affordable|more affordable)(?: {_NOUN})?\b"), _rent, False),
    ("dearest_home", re.compile(rf"\b(?:the )?(?:most expensive|more expensive|pricier|priciest|dearer)(?: {_NOUN})?\b"), _rent, True),
    ("biggest_home", re.compile(rf"\bthe (?:bigg(?:er|est)|larg(?:er|est))(?: {_NOUN})?\b"), _rooms, True),
    ("smallest_home", re.compile(rf"\bthe small(?:er|est)(?: {_NOUN})?\b"), _rooms, False),
    ("most_baths_home", re.compile(r"\b(?:the one with )?(?:the )?(?:most|more) bath\w*\b"), _baths, True),
)  # fmt: skip
_FOCUS = re.compile(
    rf"\b(?:that|this) (?:\w+ )?(?:{_NOUN})\b|\b(?:it|there|that|this|the (?:apartment|place|property|unit|home))\b"
)
_BOTH = re.compile(
    r"\b(?:both|all (?:of them|three)|each of them|these (?:two|three)|those (?:two|three)|them all)\b"
)
_COMMON = frozenset(
    "the apartments apartment homes home at on in of and a park place court house garden gardens "
    "village villas terrace creek street avenue road drive lane boulevard condos condominiums "
    "property senior community one that".split()
)


def _by_extreme(
    shortlist: Sequence[Candidate], size: Callable[[Candidate], float | None], most: bool
) -> str | None:
    sized = [(value, home) for home in shortlist if (value := size(home)) is not None]
    if len({value for value, _ in sized}) < 2:
        return None
    return (max if most else min)(sized, key=lambda pair: pair[0])[1].listing_id


def _by_name(low: str, shortlist: Sequence[Candidate]) -> Iterator[tuple[str, str]]:
    names = NameIndex(
        {home.name for home in shortlist} | {home.address for home in shortlist if home.address}
    )
    said = {name.value.lower() for name in names.find(low)}
    for home in shortlist:
        if home.name.lower() in said:
            yield home.listing_id, "home_by_name"
        elif home.address and home.address.lower() in said:
            yield home.listing_id, "home_by_address"


def _by_part(low: str, shortlist: Sequence[Candidate]) -> Iterator[tuple[str, str]]:
    """By a word that only one of the names has."""
    words = set(re.findall(r"[a-z0-9']+", low))
    for home in shortlist:
        own = set(re.findall(r"[a-z0-9']+", home.name.lower())) - _COMMON
        others = set().union(
            *(set(re.findall(r"[a-z0-9']+", h.name.lower())) for h in shortlist if h is not home),
            set(),
        )
        if any(len(word) > 3 for word in words & own - others):
            yield home.listing_id, "home_by_part_of_name"


def _by_area(low: str, shortlist: Sequence[Candidate]) -> Iterator[tuple[str, str]]:
    for home in shortlist:
        if home.area and re.search(
            rf"\b(?:{_NOUN}|the) (?:in|near|at) (?:the )?{re.escape(home.area.lower())}\b", low
        ):
            yield home.listing_id, "home_by_area"


def read_references(message: Message, context: Context) -> list[tuple[str, str]]:
    """(listing_id, rule), the most explicit kind of reference first; empty when none is made."""
    shortlist, low = context.shortlist, "\n".join(clause.low for clause in message.homes)
    if not shortlist or not low:
        return []
    if by_name := list(_by_name(low, shortlist)):
        return by_name
    if by_area := list(_by_area(low, shortlist)):
        return by_area
    recent = [home for home in shortlist if home.listing_id in context.agent.offered] or [
        *shortlist
    ]
    found = [
        (recent[index].listing_id, name)
        for name, pattern, index in _POSITION_RULES
        if -len(recent) <= index < len(recent) and len(recent) > 1 and pattern.search(low)
    ]
    if found:
        return found
    for name, pattern, size, most in _SUPERLATIVES:
        if pattern.search(low) and (home := _by_extreme(recent, size, most)):
            return [(home, name)]
    if _BOTH.search(low) and len(recent) > 1:
        return [(home.listing_id, "both_homes") for home in recent]
    if by_part := list(_by_part(low, shortlist)):
        return by_part
    if context.focus and _FOCUS.search(low):
        return [(context.focus, "home_in_focus")]
    return []
