"""Places to live: names of the tenant's inventory first, then phrases such as "in X"."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from agent.ai.understanding.facts import Fact
from agent.ai.understanding.message import Clause, Message
from agent.ai.understanding.models import Context, Gazetteer
from agent.ai.understanding.names import Name
from agent.ai.understanding.patterns import HOME, before, words
from agent.ai.understanding.spelling import one_letter_apart

from .places import answered, by_phrase

_NOT_A_WISH = words(
    r"how (?:far|close|long|near)|distance|commut\w*|drive (?:to|from)|far from|away from",
    r"i(?:'m| am)? (?:work|from|currently|based)|(?:moving|coming|relocating) from",
    r"(?:currently|right now) (?:in|live|living)|my (?:job|work|office|school) is",
)
_LIVES_THERE = words(r"(?:i|we) live")
"""No wish, unless it answers where to look."""
_ABOUT_ONE = words(
    rf"(?:is|are|isn't|does) (?:it|that|this|they|the (?!apartments|homes|places|houses){HOME})",
    r"(?:is|are) (?:\w+ ){1,3}(?:nice|expensive|cheap|far|close|good|near|safe|walkable)",
    r"where (?:in|is|are)|what(?:'s| is) (?:\w+ ){1,3}like",
)
_LEFT_BEHIND = re.compile(
    r"\b(?:not|instead of|rather than|except|besides|from|than|outside(?: of)?|don't (?:want|"
    r"like)|leave|leaving|forget)\s+(?:in\s+|about\s+|the\s+)*$"
)
_ADDS = words(r"add(?: in)?|as well|in addition|additionally")
_ANY = words(
    r"any (?:area|place|location|city|neighbou?rhood|part of town)|any ?where(?! else)|wherever",
    r"(?:area|location|city|neighbou?rhood) (?:doesn't|does not|isn't|"
    r"is not) (?:really )?(?:matter|important)",
    r"don't care (?:about )?(?:the |which |what |where)(?:area|city|location|neighbou?rhood)?",
    r"no preference (?:on|for|about|regarding|of) (?:the |an? )?(?:area|location|city)",
)
_INDIFFERENT = words(
    r"doesn't matter|does not matter|no preference|don't (?:really )?(?:care|mind)|not picky",
    r"any(?:thing)? (?:is|works|would be) (?:fine|okay|good)|surprise me|up to you",
)

_UNSURE = words(
    r"not (?:really |quite |yet |too )*sure|unsure|no idea|undecided|"
    r"(?:don't|do not) (?:really )?(?:know|have (?:one|any))|you (?:tell me|choose|decide)",
)
"""To the question where: no place, rather than no answer."""
_SURE_NAME = 5
"""Letters of a name that one wrong letter does not make another word."""


def read(message: Message, context: Context) -> Iterator[Fact]:
    asked = "areas" in context.agent.asked
    clauses = [clause for clause in message.homes if _may_wish(clause, asked)]
    rule, places = next(
        ((rule, places) for rule, places in _readings(clauses, asked) if places), ("", [])
    )
    places = [_spelt(place, context.gazetteer) for place in places]
    if rule != "area_known" and any(_any_place(clause.low, asked) for clause in clauses):
        yield Fact("areas", None, "area_any")
        return
    if not places:
        return
    places = _taken_instead(places, " ".join(clause.full for clause in clauses)) or places
    known = context.known.get("areas")
    if isinstance(known, list) and _ADDS.search(message.low):
        rule, places = "area_added", list(dict.fromkeys([*known, *places]))
    yield Fact("areas", places, rule)


def _readings(clauses: list[Clause], asked: bool) -> Iterator[tuple[str, list[str]]]:
    """The surest way of reading a place first."""
    yield "area_known", _wished((clause, clause.places) for clause in clauses)
    yield "area_by_phrase", _wished((clause, by_phrase(clause.raw)) for clause in clauses)
    if asked:
        stated = (clause for clause in clauses if not clause.asks)
        yield "area_answered", _wished((clause, answered(clause.raw)) for clause in stated)[:1]


def _spelt(place: str, gazetteer: Gazetteer) -> str:
    """The place of the inventory that the words begin with, a letter wrong: "Portlnd Please"."""
    if place in gazetteer.areas:
        return place
    said = place.lower().split()
    for area in sorted(gazetteer.areas, key=len, reverse=True):
        name = area.lower()
        begun = " ".join(said[: len(name.split())])
        alike = len(name) >= _SURE_NAME and begun[:1] == name[0]
        if alike and one_letter_apart(begun, name):
            return area
    return place


def _taken_instead(places: list[str], low: str) -> list[str]:
    """ "No pets in A? B then": the place the lead settles for."""
    return [
        place
        for place in places
        if f"{place.lower()} then" in low
        or f"{place.lower()}, then" in low
        or f"{place.lower()} instead" in low
    ]


def mentioned(message: Message) -> list[str]:
    """The places of the inventory named last, whatever the talk is about."""
    for clause in reversed(message.clauses):
        if clause.places and not _is_no_wish(clause.low):
            return [name.value for name in clause.places]
    return []


def _may_wish(clause: Clause, asked: bool) -> bool:
    if clause.asks and _ABOUT_ONE.search(clause.full):
        return False
    return not _is_no_wish(clause.low) and (asked or not _LIVES_THERE.search(clause.low))


@lru_cache(4_096)
def _is_no_wish(low: str) -> bool:
    return _NOT_A_WISH.search(low) is not None


@lru_cache(4_096)
def _any_place(low: str, asked: bool) -> bool:
    open_ended = _INDIFFERENT.search(low) or _UNSURE.search(low)
    return bool(_ANY.search(low) or (asked and open_ended))


def _wished(named: Iterable[tuple[Clause, Iterable[Name]]]) -> list[str]:
    """Each place once, apart from the ones left behind ("not Oakland")."""
    return list(
        dict.fromkeys(
            name.value
            for clause, names in named
            for name in names
            if not _LEFT_BEHIND.search(before(clause.full, name.start))
        )
    )
