"""Yes-or-no wishes: pets, furnished, parking, laundry in the unit.

A question about a feature is a topic, not a wish; a request to search for it is a wish.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ..affirmation import leans
from ..facts import Fact
from ..message import Message
from ..models import Context


class _Feature(NamedTuple):
    field: str
    word: re.Pattern[str]
    negative: re.Pattern[str]
    """Phrases that say the lead has or wants none."""


_NONE = (
    r"(?:no|not|without|don't (?:need|want|have)|do not (?:need|want|have)|doesn't need|"
    r"does not (?:need|have to)|not looking for|never|zero|won't (?:need|have)|haven't got|needn't)"
)
_FILL = (
    r"(?:\s+(?:any|a|an|to be|it|to|be|have|bring|the|it to be|really|fully|assigned|covered|my|"
    r"own|kind of|need|want|looking for|care about|required|necessarily))*"
)

_FEATURES = (
    _Feature(
        "pets",
        re.compile(
            r"\b(?:pets?|pet[- ]?friendly|dogs?|doggies|doggy|doggie|pupp(?:y|ies)|cats?|kitt(?:y|en)s?|"
            r"animals?|hamsters?|rabbits?|bunn(?:y|ies)|parrots?)\b"
        ),
        re.compile(
            rf"\b{_NONE}{_FILL}\s+(?:pets?|dogs?|cats?|animals?)\b|\bpet[- ]?free\b|"
            r"\bforget (?:about )?(?:the )?pets?\b"
        ),
    ),
    _Feature(
        "furnished",
        re.compile(r"\b(?:un|semi[- ])?furnish(?:ed|ings?)?\b|\bfurniture\b"),
        re.compile(
            rf"\bunfurnished\b|\b{_NONE}{_FILL}\s+(?:furnished|furniture|furnishings?)\b|"
            r"\b(?:have|bring(?:ing)?|own|got) (?:all )?(?:my|our)(?: own)? (?:own )?furniture\b|\bempty\b"
        ),
    ),
    _Feature(
        "parking",
        re.compile(r"\b(?:parking|garages?|car ?ports?|park my (?:car|truck))\b"),
        re.compile(
            rf"\b{_NONE}{_FILL}\s+(?:parking|garages?|car ?ports?|a car)\b|"
            r"\bparking (?:is|isn't|is not) (?:not )?(?:needed|necessary|required|important)\b|"
            r"\bno car\b"
        ),
    ),
    _Feature(
        "in_unit_laundry",
        re.compile(
            r"\b(?:in[- ]?(?:unit|house|home|suite|apartment)[- ]+(?:laundry|washer\w*|w/d)|"
            r"laundry|washer|washing machine|"
            r"w/d)\b"
        ),
        re.compile(
            rf"\b{_NONE}{_FILL}\s+(?:in[- ]?(?:unit|house|home)\s+)?(?:laundry|washer|"
            r"washing machine)\b|\b(?:shared|communal|on-?site|coin) laundry (?:is|works|would)\b"
        ),
    ),
)
_WANT = re.compile(
    r"\b(?:need\w*|want\w*|wish\w*|i(?:'d| would) (?:like|love|prefer)|like (?:to|one|a|an|it|some|the)|prefer\w*|"
    r"require\w*|must|should|has to|have to|hop(?:e|ing)|looking for|make sure|ensure|only|"
    r"important|essential|necessary|that|which|where|also|with|i have|i've got|i own|we have|my|"
    r"our|allow(?:ing|s)?|would be (?:nice|great|good|ideal|perfect)|please|interested in|search\w*|"
    r"find|comes? with|and|including|plus)\b"
)
_ALTERNATIVE = re.compile(
    r"\b(?:find|search\w*|look(?:ing)? for|locate|show|recommend|suggest|get me|give me|pull up)\b"
    r"(?!\s+out)|"
    r"\b(?:any|some|other|another|different|more|else|anything|something|a|an)\b.{0,40}?\b"
    r"(?:apartments|places|properties|options?|homes|houses|ones|units|listings|condos|rentals|"
    r"studios|choices|other|others|where|that|which|with)\b|"
    r"\b(?:anything|something|else|other)\b|"
    r"\bdo you have (?:a|an|any|one|some)?\s?.{0,24}?\b(?:apartments?|places?|units?|ones?|homes?)\b|"
    r"\b(?:is|are) there (?:a|an|any|some)\b"
)
_ABOUT_THIS = re.compile(
    r"\b(?:is|are|does|do|will|would|can|has|have|did)\s+(?:it|they|the|this|that|these|those|their|"
    r"there|pets?|i|we|my|dogs?|cats?|animals?|both|there already|also)\b"
)
_IS_THERE_SOME = re.compile(r"\b(?:is|are) there (?:any|some|a|an|other|another|anything)\b")
_QUESTION_NOUN = re.compile(
    r"\b(?:restrictions?|polic(?:y|ies)|rules?|fees?|deposits?|rent|limits?|cost|charge|allowed "
    r"there)\b"
)
_OLD_WISH = re.compile(r"\b(?:forget|drop|ignore|skip|never mind|nevermind|scratch)\b")
_DONT_CARE = re.compile(
    r"\b(?:don't (?:really )?(?:care|mind)|doesn't (?:really )?matter|do not care|no preference|"
    r"either (?:way|is fine|works|one)|not (?:important|necessary|a must|picky)|optional|"
    r"doesn't have to|whatever|not a (?:big )?deal|needn't|any is fine)\b"
)


def _asks_about(low: str, asks: bool, question: bool) -> bool:
    """True where the feature is asked about, false where it is wished for."""
    if asks:
        return not (_ALTERNATIVE.search(low) and not _ABOUT_THIS.search(low)) or bool(
            _QUESTION_NOUN.search(low)
        )
    if not question:
        return False
    return bool(_ABOUT_THIS.search(low)) and not (
        _ALTERNATIVE.search(low) or _IS_THERE_SOME.search(low)
    )


def read(message: Message, context: Context) -> Iterator[Fact]:
    for feature in _FEATURES:
        yield from _read_feature(feature, message, context)


def _read_feature(feature: _Feature, message: Message, context: Context) -> Iterator[Fact]:
    mentioned = False
    for clause in message.homes:
        low = clause.low
        if not feature.word.search(low):
            continue
        mentioned = True
        if feature.field == "pets" and ANIMAL_AS_AID.search(low):
            continue
        if _asks_about(low, clause.asks, low.endswith("?")):
            continue
        if _DONT_CARE.search(low) or _OLD_WISH.search(low):
            yield Fact(feature.field, None, f"{feature.field}_withdrawn")
        elif feature.negative.search(low):
            yield Fact(feature.field, False, f"{feature.field}_refused")
        else:
            yield Fact(feature.field, True, f"{feature.field}_wished")
    if not mentioned and feature.field in context.agent.asked and message.homes:
        low = message.homes[0].low
        if _DONT_CARE.search(low):
            yield Fact(feature.field, None, f"{feature.field}_indifferent")
        elif (answer := leans(low)) is not None:
            yield Fact(feature.field, answer, f"{feature.field}_answered")


ANIMAL_AS_AID = re.compile(
    r"\b(?:service|support|guide|assistance|therapy|seeing[- ]eye|emotional[- ]support|esa)\s+"
    r"(?:animals?|dogs?|cats?|pets?)\b|\besas?\b"
)


def asked_features(message: Message) -> Iterator[tuple[str, str]]:
    """The features asked about, as (topic, rule)."""
    for feature in _FEATURES:
        for clause in message.homes:
            low = clause.low
            if feature.word.search(low) and _asks_about(low, clause.asks, low.endswith("?")):
                yield feature.field, f"asks_{feature.field}"
                break
