"""Bedrooms and bathrooms."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

from agent.ai.understanding.facts import Fact
from agent.ai.understanding.message import Message
from agent.ai.understanding.models import Context
from agent.ai.understanding.numbers import ORDINALS, SMALL, ordinal, small
from agent.ai.understanding.patterns import before, words

_BED = r"(?:bed[\s-]*ro+ms?|bedr+o+ms?|bedrms?|bdrms?|beds?|bds?|brs?|bhk|b/r|ro+ms?)"
_BATH = r"(?:(?:full\s+)?(?:bath[\s-]*ro+ms?|baths?|bas?|b/a|toilets?|restrooms?|washrooms?))"
_HALF = r"(?P<half>\.5|\s+(?:and\s+a\s+half|1/2|&\s+a\s+half))?"
_GAP = r"[\s-]*(?:(?:or\s+more|plus|full|big|large|nice|private|separate|spacious|small|\+)\s+)?"
_SHOULD_BE = (
    r"(?:\s+(?:should|must|would|has to|to|needed|required))*\s*"
    r"(?:(?:is|are|be|:|=|-|as)\s*|(?=\d))"
)

_PAIR = re.compile(
    rf"\b(?P<bed>{SMALL})\s?(?:x|/|b|bd|br|bed)\s?/?\s?(?P<bath>[1-6](?:\.5)?)\s?(?:b|ba|bath)?\b"
)
_BOTH = re.compile(
    rf"\b(?P<both>{SMALL})[\s-]*(?:{_BED}\s*(?:and|/|&)\s*{_BATH}|{_BATH}\s*(?:and|/|&)\s*{_BED}|"
    r"(?:of|for)\s+(?:each|both))\b"
)
_EITHER = re.compile(
    rf"\b(?P<low>{SMALL})[\s-]*(?:{_BED}\s*)?(?:or|to|"
    rf"-)\s*(?:an?\s+)?(?P<high>{SMALL})[\s-]*{_BED}\b"
)
_STUDIO = words(
    r"studios?(?! (?:city|movie|film))", r"bachelor(?: unit| apartment)?", r"efficiency"
)
_BEDS = (
    ("bedrooms_counted", re.compile(rf"\b(?P<n>{SMALL}){_GAP}{_BED}\b")),
    ("bedrooms_nth", re.compile(r"\ba (?P<n>second|third|fourth) bed ?room\b")),
    (
        "bedrooms_labelled",
        re.compile(rf"\b(?:bed ?rooms?|beds|rooms)\b{_SHOULD_BE}(?P<n>{SMALL})\b(?![\s-]*{_BATH})"),
    ),
)
_BATHS = (
    ("bathrooms_counted", re.compile(rf"\b(?P<n>{SMALL}){_HALF}{_GAP}{_BATH}\b")),
    (
        "bathrooms_labelled",
        re.compile(rf"\b(?:bath ?rooms?|baths)\b{_SHOULD_BE}(?P<n>{SMALL})\b(?![\s-]*{_BED})"),
    ),
)
_LEFT_BEHIND = re.compile(
    r"\b(?:not|instead of|rather than|from|than|isn't|aren't|over|(?:don't|do not) (?:want|"
    r"need))\s+(?:just\s+|only\s+|an?\s+|the\s+)*$"
)
_NUMBER = re.compile(
    rf"(?<![\d$.,/#-])\b(?P<n>{SMALL})\b(?![\d/%:-]|[.,]\d|\s*(?:am|pm|st|nd|rd|th|k|hundred|"
    r"thousand|people|persons?|adults?|pets?|dogs?|cats?|months?|weeks?|days?|miles?|minutes?|"
    r"blocks?)\b)"
)
_ONE_AS_WORD = words(
    r"(?:that|this|the|which|another|other|any|each|no|first|second|third|last|different|cheaper|"
    r"bigger|nice|good|new|some|every|find me|me) one",
    r"one (?:that|which|with|in|of|more|where|is)",
)
_ANY = re.compile(
    r"\b(?:any number of|doesn't matter how many|don't care (?:about )?(?:how many|the number of)|"
    r"no preference (?:on|for|about)(?: the)?(?: number of)?)\s+(?P<what>bed|bath)"
)
_GATE = re.compile(
    r"bed|bath|ro+m|studio|bachelor|efficiency|\d ?(?:b|x|/)|\bba\b|\bbr|each|both|toilet"
)
_DAY = re.compile(r"(?:\w+ )?\d{1,2}/\d{1,2}(?:/\d{2,4})?")
"""A day of the year, unless rooms were asked for."""
_MOST = 12

Field = Literal["bedrooms", "bathrooms"]
_Table = tuple[tuple[str, re.Pattern[str]], ...]


def read(message: Message, context: Context) -> Iterator[Fact]:
    said: set[str] = set()
    for clause in message.homes:
        if not clause.asks and (facts := _facts(clause.low)):
            if _DAY.fullmatch(clause.low.strip(" .!")) and "bedrooms" not in context.agent.asked:
                continue
            for fact in facts:
                said.add(fact.field)
                yield fact
    if not said:
        for clause in message.homes:
            if not clause.asks:
                yield from _answered(clause.low, context.agent.asked)


@lru_cache(4_096)
def _facts(low: str) -> tuple[Fact, ...]:
    return tuple(_read_clause(low)) if _GATE.search(low) else ()


def _read_clause(low: str) -> Iterator[Fact]:
    if match := _ANY.search(low):
        yield Fact("bedrooms" if match["what"] == "bed" else "bathrooms", None, "rooms_any")
    elif match := _BOTH.search(low):
        yield Fact("bedrooms", small(match["both"]), "rooms_both")
        yield Fact("bathrooms", small(match["both"]), "rooms_both")
    elif match := _EITHER.search(low):
        yield Fact("bedrooms", small(match["low"]), "bedrooms_either")
        yield from _counted(low[match.end() :], "bathrooms", _BATHS)
    elif match := _PAIR.search(low):
        yield Fact("bedrooms", small(match["bed"]), "rooms_pair")
        yield Fact("bathrooms", float(match["bath"]), "rooms_pair")
    else:
        beds = list(_counted(low, "bedrooms", _BEDS))
        yield from beds
        if not beds and _STUDIO.search(low):
            yield Fact("bedrooms", 0, "studio")
        yield from _counted(low, "bathrooms", _BATHS)


def _counted(low: str, field: Field, table: _Table) -> Iterator[Fact]:
    """The last number with its unit, apart from the ones left behind ("not 2 beds")."""
    found: list[tuple[int, Fact]] = []
    for name, pattern in table:
        for match in pattern.finditer(low):
            value = ordinal(match["n"]) if match["n"] in ORDINALS else small(match["n"])
            if value <= _MOST and not _LEFT_BEHIND.search(before(low, match.start())):
                half = 0.5 if match.groupdict().get("half") else 0
                found.append((match.start(), Fact(field, value + half, name)))
    if found:
        yield max(found, key=lambda each: each[0])[1]


def _answered(low: str, asked: tuple[str, ...]) -> Iterator[Fact]:
    """Numbers without a unit, when the agent asked for them."""
    wanted = [field for field in ("bedrooms", "bathrooms") if field in asked]
    if not wanted:
        return
    low = _ONE_AS_WORD.sub(lambda match: " " * len(match[0]), low)
    numbers = [
        small(match["n"])
        for match in _NUMBER.finditer(low)
        if not _LEFT_BEHIND.search(before(low, match.start()))
    ]
    for field, number in zip(wanted, numbers, strict=False):
        if number <= _MOST:
            yield Fact(field, number, f"{field}_answered")
