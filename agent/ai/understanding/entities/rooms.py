"""Bedrooms and bathrooms."""

import re
from collections.abc import Iterator

from ..facts import Fact
from ..message import Message
from ..models import Context
from ..numbers import SMALL, small

_BED = r"(?:bed[\s-]*ro+ms?|bedr+o+ms?|bedrms?|bdrms?|beds?|bds?|brs?|bhk|b/r|ro+ms?)"
_BATH = r"(?:(?:full\s+)?(?:bath[\s-]*ro+ms?|baths?|bas?|b/a|toilets?|restrooms?|washrooms?))"
_BED_LABEL = r"(?:bed ?rooms?|beds|rooms)"
_BATH_LABEL = r"(?:bath ?rooms?|baths)"
_HALVES = r"(?P<halves>\.5|\s+(?:and\s+a|1/2|&\s+a)(?:\s+half)?)?"
_GAP = r"[\s-]*(?:(?:or\s+more|plus|full|big|large|nice|private|separate|spacious|small|\+)\s+)?"

_PAIR = re.compile(
    rf"\b(?P<bed>{SMALL})\s?(?:x|/|b|bd|br|bed)\s?/?\s?(?P<bath>[1-6](?:\.5)?)\s?(?:b|ba|bath)?\b"
)
_BOTH = re.compile(
    rf"\b(?P<both>{SMALL})[\s-]*(?:{_BED}\s*(?:and|/|&)\s*{_BATH}|{_BATH}\s*(?:and|/|&)\s*{_BED}|"
    r"(?:of|for)\s+(?:each|both))\b"
)
_STUDIO = re.compile(r"\b(?:studios?|bachelor|efficiency)\b(?!\s+(?:city|movie|film))")
_EITHER = re.compile(
    rf"\b(?P<low>{SMALL})[\s-]*(?:{_BED}\s*)?(?:or|to|-)\s*(?P<high>{SMALL})[\s-]*{_BED}\b"
)
_BEDS = (
    ("bedrooms_counted", re.compile(rf"\b(?P<n>{SMALL}){_GAP}{_BED}\b(?!\s*(?:bath|rooms? bath))")),
    (
        "bedrooms_labelled",
        re.compile(
            rf"\b{_BED_LABEL}\b(?:\s+(?:should|must|would|has to|to|needed|required))*"
            rf"\s*(?:is|are|be|:|=|-|as)?\s*(?P<n>{SMALL})\b(?![\s-]*{_BATH})"
        ),
    ),
)
_BATHS = (
    ("bathrooms_counted", re.compile(rf"\b(?P<n>{SMALL}){_HALVES}{_GAP}{_BATH}\b")),
    (
        "bathrooms_labelled",
        re.compile(
            rf"\b{_BATH_LABEL}\b(?:\s+(?:should|must|would|has to|to|needed|required))*"
            rf"\s*(?:is|are|be|:|=|as)\s*(?P<n>{SMALL})\b(?![\s-]*{_BED})"
        ),
    ),
)
_GATE = re.compile(
    r"bed|bath|room|studio|bachelor|efficiency|\d ?(?:b|x|/)|\bba\b|\bbr\b|each|both"
)
_OLD = re.compile(
    r"\b(?:not|instead of|rather than|from|than|isn't|aren't|over|don't (?:want|need)|do not "
    r"(?:want|need))\s+(?:just\s+|only\s+|an?\s+|the\s+)*$"
)
_NUMBER = re.compile(
    rf"(?<![\d$.,/#-])\b(?P<n>{SMALL})\b(?![\d/%:,-]|\.\d|\s*(?:am|pm|st|nd|rd|th|k|hundred|thousand|"
    r"people|persons?|adults?|pets?|dogs?|cats?|months?|weeks?|days?|miles?|minutes?|blocks?|of "
    r"(?:them|those|these)))"
)
_ONE_AS_WORD = re.compile(
    r"\b(?:that|this|the|which|another|other|any|each|no|first|second|third|last|different|"
    r"cheaper|bigger|nice|good|new|some|every|find me|me) one\b|\bone (?:that|which|with|in|of|more|"
    r"for|where|is|please find)\b"
)
_ANY = re.compile(
    r"\b(?:any number of|doesn't matter how many|no preference (?:on|for|about)(?: the)?(?: number "
    r"of)?)\s+(?P<what>bed|bath)"
)


def _value(match: re.Match[str], field: str) -> int | float:
    number = small(match["n"])
    if field == "bathrooms":
        return (
            number + (0.5 if match["halves"] else 0) if "halves" in match.re.groupindex else number
        )
    return number


def _labelled(
    low: str, field: str, table: tuple[tuple[str, re.Pattern[str]], ...]
) -> Iterator[Fact]:
    """The last number with a unit that is not named as the one to leave behind."""
    found: list[tuple[int, Fact]] = []
    for name, pattern in table:
        for match in pattern.finditer(low):
            value = _value(match, field)
            if value <= 12 and not _OLD.search(low[: match.start()]):
                found.append((match.start(), Fact(field, value, name)))
    if found:
        yield max(found)[1]


def _bare(low: str, asked: tuple[str, ...], said: set[str]) -> Iterator[Fact]:
    """A number without a unit, when the agent asked for one."""
    wanted = [each for each in ("bedrooms", "bathrooms") if each in asked and each not in said]
    if not wanted or said:
        return
    text = _ONE_AS_WORD.sub(lambda match: " " * len(match[0]), low)
    numbers = [
        small(match["n"])
        for match in _NUMBER.finditer(text)
        if not _OLD.search(text[: match.start()])
    ]
    for field, number in zip(wanted, numbers, strict=False):
        if number <= 9:
            yield Fact(field, number, f"{field}_answered")


def read(message: Message, context: Context) -> Iterator[Fact]:
    said: set[str] = set()
    for clause in message.homes:
        low = clause.low
        if not _GATE.search(low):
            continue
        for fact in _read_clause(low):
            if clause.asks and not _counts_in_question(low):
                continue
            said.add(fact.field)
            yield fact
    for clause in message.homes:
        if not clause.asks:
            yield from _bare(clause.low, context.agent.asked, said)


def _counts_in_question(low: str) -> bool:
    return bool(re.search(r"\b(?:what|how) about\b|\bwith\b", low))


def _read_clause(low: str) -> Iterator[Fact]:
    if match := _ANY.search(low):
        yield Fact("bedrooms" if match["what"] == "bed" else "bathrooms", None, "rooms_any")
        return
    if match := _BOTH.search(low):
        yield Fact("bedrooms", small(match["both"]), "rooms_both")
        yield Fact("bathrooms", small(match["both"]), "rooms_both")
        return
    if match := _EITHER.search(low):
        yield Fact("bedrooms", small(match["low"]), "bedrooms_either")
        low = low[: match.start()] + " " * len(match[0]) + low[match.end() :]
        yield from _labelled(low, "bathrooms", _BATHS)
        return
    pair = _PAIR.search(low)
    if pair and small(pair["bed"]) <= 6:
        yield Fact("bedrooms", small(pair["bed"]), "rooms_pair")
        yield Fact("bathrooms", _number(pair["bath"]), "rooms_pair")
        return
    beds = list(_labelled(low, "bedrooms", _BEDS))
    yield from beds
    if not beds and _STUDIO.search(low):
        yield Fact("bedrooms", 0, "studio")
    yield from _labelled(low, "bathrooms", _BATHS)


def _number(word: str) -> int | float:
    return float(word) if "." in word else int(word)
