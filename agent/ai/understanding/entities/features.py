"""Yes-or-no wishes: pets, furnished, parking, laundry in the unit.

A question about a feature is a topic, not a wish; a request to search for it is a wish.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from agent.ai.understanding.affirmation import answer
from agent.ai.understanding.facts import Fact
from agent.ai.understanding.message import Clause, Message
from agent.ai.understanding.models import Context
from agent.ai.understanding.patterns import words

_NONE = (
    r"(?:no|not|without|never|zero|needn't|(?:neither|none) of us (?:has|have|owns?|got)|"
    r"(?:don't|do not|doesn't|does not|won't|didn't|haven't|"
    r"isn't|aren't) (?:really )?(?:need|want|have|care|got|bring|require|looking)?)"
)
_FILL = (
    r"(?:\s+(?:any|an?|much|lots? of|to|be|it|have|bring|the|really|fully|assigned|covered|my|own|"
    r"looking|for|about|required|necessarily|in[- ]unit))*"
)


def _none_of(noun: str) -> str:
    return rf"{_NONE}{_FILL}\s+{noun}"


_Field = Literal["pets", "furnished", "parking", "in_unit_laundry"]


class _Mention(NamedTuple):
    named: bool
    refused: bool


_Mentions = Mapping[_Field, _Mention]


class _Feature(NamedTuple):
    field: _Field
    named: re.Pattern[str]
    refused: re.Pattern[str]
    """Says that the lead has or wants none."""


_PET = (
    r"(?:pets?|pet[- ]?friendly|dogs?|dogg(?:y|ie|ies)|pupp(?:y|ies)|cats?|kitt(?:y|en)s?|"
    r"animals?|hamsters?|rabbits?|bunn(?:y|ies)|parrots?)"
)
_LAUNDRY = r"(?:laundry|washers?|washing machine|w/d)"
_PARKING = r"(?:parking|garages?|car ?ports?)"

_FEATURES = (
    _Feature(
        "pets",
        words(_PET),
        words(
            _none_of(_PET),
            r"pet[- ]?free",
            r"(?:pets?|dogs?|cats?) (?:(?:is|are) not|isn't|aren't) (?:an issue|needed|necessary|"
            r"important|required)",
        ),
    ),
    _Feature(
        "furnished",
        words(r"(?:un|semi[- ]?|non[- ]?)?furnish(?:ed|ings?)?", r"furniture"),
        words(
            r"(?:un|non[- ]?)furnished",
            _none_of(r"furnished"),
            r"(?:don't|do not|doesn't) (?:need|want|require) (?:\w+ )?(?:furniture|furnishings?)",
            r"(?:have|bring(?:ing)?|own|got) (?:all )?(?:my|our)(?: own)? furniture",
        ),
    ),
    _Feature(
        "parking",
        words(_PARKING, r"park my (?:car|truck|van)", r"(?:spot|space|place) for (?:my|a|our) car"),
        words(
            _none_of(rf"(?:{_PARKING}|a car|car)"),
            rf"{_PARKING} (?:(?:is|are) not|isn't|aren't) (?:needed|necessary|required|important)",
        ),
    ),
    _Feature(
        "in_unit_laundry",
        words(_LAUNDRY, r"in[- ]?unit wash\w*"),
        words(
            _none_of(_LAUNDRY),
            r"(?:shared|communal|on-?site|coin) laundry (?:is|works|would)",
        ),
    ),
)
_WITHDRAWN = words(
    r"forget|drop|ignore|skip|never ?mind|scratch|(?:don't|do not|doesn't|"
    r"does not) (?:really )?(?:care|mind|matter|have to be|need to be)",
    r"no preference|no longer (?:important|matters?)|not (?:important|necessary|a must|picky|"
    r"needed)",
    r"either (?:way|is (?:fine|okay)|works)|optional|whatever|not a (?:big )?deal|any is fine",
    r"(?:isn't|is not|aren't) (?:important|a must|necessary|required|a deal ?breaker)",
    r"furnished or (?:not|unfurnished)|with or without",
)
_HAS_NO_FURNITURE = words(
    r"(?:no|not|don't|do not)\b.{0,24}\b(?:own|have|bring|got|buy|purchase|get)\b.{0,16}\bfurniture"
)
"""A fact about the lead that is neither a wish nor a refusal."""
ANIMAL_AS_AID = words(
    r"(?:service|support|guide|assistance|therapy|seeing[- ]eye|emotional[- ]support|"
    r"esa)\s+(?:animals?|dogs?|cats?|pets?)",
    r"esas?",
)


def read(message: Message, context: Context) -> Iterator[Fact]:
    homes = [(clause, said) for clause in message.homes if (said := _mentions(clause.low))]
    for feature in _FEATURES:
        if homes or feature.field in context.agent.asked:
            yield from _read_feature(feature, homes, message, context)


def _read_feature(
    feature: _Feature,
    homes: Sequence[tuple[Clause, _Mentions]],
    message: Message,
    context: Context,
) -> Iterator[Fact]:
    field, named = feature.field, False
    for clause, said in homes:
        low = clause.low
        if field not in said:
            continue
        refuses = said[field].refused
        named = True
        if clause.asks or ANIMAL_AS_AID.search(low) or _HAS_NO_FURNITURE.search(low):
            continue
        if _WITHDRAWN.search(low):
            yield Fact(field, None, f"{field}_withdrawn")
        elif refuses:
            yield Fact(field, False, f"{field}_refused")
        else:
            yield Fact(field, True, f"{field}_wished")
    if field in context.agent.asked and not named:
        yield from _answered(field, message)


@lru_cache(4_096)
def _mentions(low: str) -> _Mentions:
    """The features that words name or refuse."""
    found = {
        each.field: _Mention(bool(each.named.search(low)), bool(each.refused.search(low)))
        for each in _FEATURES
    }
    return {field: mention for field, mention in found.items() if any(mention)}


def _answered(field: str, message: Message) -> Iterator[Fact]:
    """A bare yes or no to the agent's question."""
    for clause in message.homes[:1]:
        if _WITHDRAWN.search(clause.low):
            yield Fact(field, None, f"{field}_withdrawn")
        elif (yes := answer(clause.low)) is not None and not ANIMAL_AS_AID.search(message.low):
            yield Fact(field, yes, f"{field}_answered")


def asked_features(message: Message) -> Iterator[tuple[_Field, str]]:
    """The features asked about, as (topic, rule)."""
    asked = [_mentions(clause.low) for clause in message.homes if clause.asks]
    for feature in _FEATURES if asked else ():
        field = feature.field
        if any(field in said and said[field].named for said in asked):
            yield field, f"asks_{field}"
