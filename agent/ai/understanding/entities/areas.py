"""Places to live: names of the tenant's inventory first, then phrases such as "in X"."""

import re
from collections.abc import Iterator
from functools import lru_cache

from ..facts import Fact
from ..message import Clause, Message
from ..models import Context, Gazetteer
from ..names import Name, NameIndex

ALIASES = {
    "sf": "San Francisco",
    "s.f.": "San Francisco",
    "sfo": "San Francisco",
    "san fran": "San Francisco",
    "san francisco bay": "San Francisco",
    "frisco": "San Francisco",
    "la": "Los Angeles",
    "l.a.": "Los Angeles",
    "nyc": "New York",
    "new york city": "New York",
    "philly": "Philadelphia",
    "vegas": "Las Vegas",
    "slc": "Salt Lake City",
    "okc": "Oklahoma City",
    "nola": "New Orleans",
    "dc": "Washington",
}


@lru_cache(maxsize=64)
def index_of(gazetteer: Gazetteer) -> NameIndex:
    aliases = {alias: name for alias, name in ALIASES.items() if alias != "la"}
    return NameIndex(gazetteer.areas, aliases)


@lru_cache(maxsize=64)
def properties_of(gazetteer: Gazetteer) -> NameIndex:
    return NameIndex(gazetteer.properties)


_NOT_A_WISH = re.compile(
    r"\b(?:how (?:far|close|long|near)|distance|commut\w*|drive (?:to|from)|far from|away from|"
    r"i (?:work|am from|live|currently live)|i'm from|moving from|coming from|relocating from|"
    r"(?:currently|right now) (?:in|live)|my (?:job|work|office) is)\b"
)
_OLD = re.compile(
    r"\b(?:not|instead of|rather than|except|besides|no longer|from|but not|than|outside|"
    r"don't (?:want|like)|leave|leaving)\s+(?:in\s+|the\s+)?$"
)
_ADDS = re.compile(r"\b(?:or|also|as well|too|add|additionally|and maybe)\b")
_ANY = re.compile(
    r"\b(?:any (?:area|where|place|location|city|neighbou?rhood)|anywhere|(?:the )?(?:area|location|city|"
    r"neighbou?rhood) (?:doesn't|does not|isn't|is not) (?:really )?(?:matter|important)|don't care "
    r"(?:about )?(?:the |which |what |where)|no preference (?:on|for|about|regarding) (?:the )?(?:area|"
    r"location)|wherever)\b"
)
_INDIFFERENT = re.compile(
    r"\b(?:doesn't matter|does not matter|no preference|don't care|don't mind|any(?:thing)? (?:is|"
    r"works|would be) (?:fine|okay|good)|wherever|anywhere|not picky|surprise me|up to you)\b"
)
_STOP = (
    "the a an my your our their this that these those it there here general advance mind person "
    "order time touch addition case fact total all any some case need search which what where "
    "and or but with for from at on is are be would should have has i we you me us please thanks "
    "thank near around close by cash use one two three four five six seven eight nine ten about "
    "january february march april may june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday today tomorrow tonight "
    "town city area areas place location neighborhood apartment apartments condo home house building unit "
    "laundry-unit price budget rent range bedroom bedrooms bathroom bathrooms beds baths spring "
    "summer fall autumn winter morning afternoon evening night week weeks month months year years day "
    "days minutes hour hours particular looking living moving interested finding getting scheduling "
    "visiting touring seeing having being going love no not so if to of as also just only nice "
    "good great quiet safe downtown-area well contact english washer dryer garage parking "
    "furnished unfurnished pets pet pool gym it's that's i'm i'd let's find me can could will do does "
    "how when why who yes yeah sure okay both either something anything somewhere anywhere same "
    "other another different more less least most new old first second third last"
).split()
_STOPS = frozenset(_STOP)
_PREPOSITION = re.compile(
    r"\b(?:in|around|near|at|within|close to|nearby|outside of|to live in|located in|based in|"
    r"move to|moving to|relocat(?:e|ing) to|out of)\s+(?:the\s+)?(?:city of\s+|area of\s+|town of\s+|"
    r"downtown\s+|greater\s+)?",
    re.I,
)
_WORD = re.compile(r"[^\W\d_][\w.'-]*")
_AREA_WORD = re.compile(r"\b(?:area|neighbou?rhood|district|region|city|town)\b", re.I)
_CAPITALISED = re.compile(r"[A-Z][\w.'-]*(?:\s+(?:[A-Z][\w.'-]*|of|the|de|del|la|el|los|las))*")


def _spoken(words: list[str]) -> str:
    return " ".join(word if word[:1].isupper() else word.capitalize() for word in words)


def _run(raw: str, start: int, limit: int) -> list[str]:
    """Up to `limit` words of a name from `start`: capitalised ones, or plain ones up to a stop."""
    words: list[str] = []
    position = start
    capital: bool | None = None
    while len(words) < limit:
        match = _WORD.match(raw, position)
        if not match:
            break
        word = match[0].rstrip(".")
        if word.lower() in _STOPS:
            break
        is_capital = word[:1].isupper()
        if capital is None:
            capital = is_capital
        elif capital and not is_capital:
            break
        words.append(word.removesuffix("'s"))
        position = match.end()
        if not raw[position : position + 1].isspace() or word != match[0]:
            break
        position += 1
    return words


def _contextual(clause: Clause) -> Iterator[Name]:
    for match in _PREPOSITION.finditer(clause.raw):
        words = _run(clause.raw, match.end(), 3)
        if not words:
            continue
        if words[0][:1].isupper() or len(words) <= 2:
            name = _spoken(words)
            yield Name(name, match.end(), match.end() + len(name))


_FILLER = re.compile(
    r"^\W*(?:(?:i|we|would|i'd|we'd|like|prefer|preferably|want|please|in|it|search|look|find|try|"
    r"maybe|how|about|let's|say|the|is|my|preferred|area|city|location|yes|yeah|sure|okay|"
    r"hmm|um|well|probably|ideally|somewhere|around|near|be|to|live|should|thinking|of|"
    r"think|something|a|an|for|do|go|with|at|make|change|actually|no)\b[\s,:.!-]*)*",
    re.I,
)


def _answered(clause: Clause) -> Iterator[Name]:
    """A bare place, when the agent asked where."""
    start = _FILLER.match(clause.raw)
    position = start.end() if start else 0
    words = _run(clause.raw, position, 3)
    if words and (words[0][:1].isupper() or len(words) <= 2):
        name = _spoken(words)
        yield Name(name, position, position + len(name))


def _wished(clause: Clause, names: list[Name]) -> list[Name]:
    return [name for name in names if not _OLD.search(clause.low[: name.start])]


def _outside(names: list[Name], others: list[Name]) -> list[Name]:
    return [
        name
        for name in names
        if not any(name.start < other.end and other.start < name.end for other in others)
    ]


def named(clause: Clause, context: Context) -> list[Name]:
    """The places a clause names, known or by phrase, outside the names of properties."""
    homes = properties_of(context.gazetteer).find(clause.low)
    exact = index_of(context.gazetteer).find(clause.low)
    homes = [
        home
        for home in homes
        if not any(e.start == home.start and e.end == home.end for e in exact)
    ]
    found = _outside(exact, homes)
    return found or _outside(list(_contextual(clause)), homes)


def mentioned(message: Message, context: Context) -> list[str]:
    for clause in reversed(message.clauses):
        if names := index_of(context.gazetteer).find(clause.low):
            return [name.value for name in names]
    return []


def read(message: Message, context: Context) -> Iterator[Fact]:
    places: list[str] = []
    rule = "area_named"
    asked = "areas" in context.agent.asked
    for clause in message.homes:
        if _ANY.search(clause.low) or (asked and _INDIFFERENT.search(clause.low)):
            yield Fact("areas", None, "area_any")
            return
        if _NOT_A_WISH.search(clause.low):
            continue
        names = [] if clause.asks and not asked else _wished(clause, named(clause, context))
        if not names and asked and not places and not clause.asks:
            names = _wished(clause, list(_answered(clause)))
            rule = "area_answered"
        places.extend(name.value for name in names if name.value not in places)
    if not places:
        return
    known = context.known.get("areas")
    if (
        isinstance(known, list)
        and _ADDS.search(message.low)
        and not asked
        and " or " not in message.low
    ):
        places = [*known, *(place for place in places if place not in known)]
        rule = "area_added"
    yield Fact("areas", places, rule)
