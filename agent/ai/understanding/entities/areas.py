"""Places to live: names of the tenant's inventory first, then phrases such as "in X"."""

import re
from collections.abc import Iterator

from agent.ai.understanding.facts import Fact
from agent.ai.understanding.message import Clause, Message
from agent.ai.understanding.models import Context
from agent.ai.understanding.names import Name
from agent.ai.understanding.patterns import HOME, listed, words

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
_NO_NAME = listed(
    """
a about addition advance am afternoon again age all also an and another any anyone anything anyway
anywhere apartment apartments april are area areas as asap at august autumn back bath bathroom
bathrooms baths be because bed bedroom bedrooms beds best between both bringing budget building but
by call can cash case cheap cheaper city close come condition contact correct cost could day days
december detail details did different do does done downtown during each early either else end
english enough evening every everything fact fall fantastic february few fine finding first five
flat for four friday from front full fully furnished future garage general get getting give going
good got great had has have having hello help here hey hi high home homes hour hours house how i
i'd i'll i'm i've if immediately in instead interest interested into is it it's its january july
june just keep kind last later laundry least less let's light like line living location long
looking lot love low march market may me meantime mid midday mind minutes moment monday month months
more morning most moving much my name near nearby need neighborhood neighbourhood new next nice
night nine no none noon north not november now number october of off okay on once one only
or order other our out own parking part particular people perfect person pet pets place places
please pool possible preferably preference price probably property question quiet quite range
really regard rent right room rooms safe same saturday scheduled search second section seeing
september seven several shape she short should show since six small so some something somewhere
soon sorry south spring still stock studio such sufficient summer sunday sure tandem ten terms
than thank thanks that that's the their them then there these they third this those three
thursday time to today tomorrow tonight too total touch touring town tuesday two under unfurnished
unit until up upstairs us use very view visiting want was washer we wednesday week weekend weeks
well what when where which while who why will winter with within would writing year years yes
you your
"""
)
"""Words that no place name begins or goes on with where it is written in lower case."""
_BEFORE_NAME = re.compile(
    r"\b(?:in|around|near|within|close to|outside of|move to|moving to|relocat(?:e|ing) to|"
    r"(?:live|look|search|searching|looking|located|based) (?:in|at|around|"
    r"near))\s+(?P<the>the\s+)?(?:city of\s+|town of\s+|downtown\s+|greater\s+|central\s+)?",
    re.I,
)
_AREA_WORD = re.compile(r"\s+(?:area|neighbou?rhood|district|region|side)\b", re.I)
_WORD = re.compile(r"[^\W\d_][\w'-]*\.?")
_OBJECT = re.compile(r"\s+(?:an?|the|my|this|that|it|your|one|some|any|another|for|to)\b", re.I)
_LONGEST = 3
_ENDS = re.compile(
    r"\W*(?:$|(?:please|thanks|area|would|is|will|sounds|works|if|or|and|with|for|preferably)\b|\d)"
)
_ANSWER_FILLER = re.compile(
    r"^\W*(?:(?:i'd|we'd|i'm|i|we|would|like|prefer|preferably|want|please|in|it|search|look|"
    r"looking|find|try|maybe|how|about|let's|say|the|is|my|preferred|area|city|location|yes|yeah|"
    r"sure|okay|hmm|um|well|probably|ideally|somewhere|around|near|be|to|live|should|thinking|of|"
    r"think|something|a|an|for|do|go|with|at|make|change|actually|no|talking|mean|oh|love|choose|"
    r"pick)\b[\s,:.!-]*)*",
    re.I,
)


def read(message: Message, context: Context) -> Iterator[Fact]:
    asked = "areas" in context.agent.asked
    clauses = [clause for clause in message.homes if _may_wish(clause, asked)]
    rule, places = "area_known", _wished([(clause, clause.places) for clause in clauses])
    if not places and any(_any_place(clause.low, asked) for clause in clauses):
        yield Fact("areas", None, "area_any")
        return
    if not places:
        rule, places = (
            "area_by_phrase",
            _wished([(clause, tuple(_by_phrase(clause))) for clause in clauses]),
        )
    if not places and asked:
        rule, places = (
            "area_answered",
            _wished([(clause, tuple(_answered(clause))) for clause in clauses if not clause.asks])[
                :1
            ],
        )
    if not places:
        return
    before = context.known.get("areas")
    if isinstance(before, list) and _ADDS.search(message.low):
        rule, places = "area_added", list(dict.fromkeys([*before, *places]))
    yield Fact("areas", places, rule)


def mentioned(message: Message) -> list[str]:
    """The places of the inventory named last, whatever the talk is about."""
    for clause in reversed(message.clauses):
        if clause.places and not _NOT_A_WISH.search(clause.low):
            return [name.value for name in clause.places]
    return []


def _may_wish(clause: Clause, asked: bool) -> bool:
    if clause.asks and _ABOUT_ONE.search(clause.full):
        return False
    return not _NOT_A_WISH.search(clause.low) and (asked or not _LIVES_THERE.search(clause.low))


def _any_place(low: str, asked: bool) -> bool:
    return bool(_ANY.search(low) or (asked and _INDIFFERENT.search(low)))


def _wished(named: list[tuple[Clause, tuple[Name, ...]]]) -> list[str]:
    """Each place once, apart from the ones left behind ("not Oakland")."""
    return list(
        dict.fromkeys(
            name.value
            for clause, names in named
            for name in names
            if not _LEFT_BEHIND.search(clause.full[: name.start])
        )
    )


def _by_phrase(clause: Clause) -> Iterator[Name]:
    for match in _BEFORE_NAME.finditer(clause.raw):
        name = _name_at(clause.raw, match.end())
        if name is None:
            continue
        capital = name.value[:1] == clause.raw[name.start]
        if capital or not match["the"] or _AREA_WORD.match(clause.raw, name.end):
            yield name


def _answered(clause: Clause) -> Iterator[Name]:
    """A bare place, when the agent asked where."""
    filler = _ANSWER_FILLER.match(clause.raw)
    name = _name_at(clause.raw, filler.end() if filler else 0)
    if name and (name.value[0] == clause.raw[name.start] or _ENDS.match(clause.raw, name.end)):
        yield name


def _is_no_name(word: str, raw: str, end: int) -> bool:
    """Also "in scheduling a visit"."""
    if word.lower() in _NO_NAME:
        return True
    return word.islower() and word.endswith("ing") and bool(_OBJECT.match(raw, end))


def _name_at(raw: str, start: int) -> Name | None:
    """A run of capitalised words, or one or two plain ones, that may be the name of a place."""
    found: list[str] = []
    position = start
    while len(found) < _LONGEST and (match := _WORD.match(raw, position)):
        word = match[0].rstrip(".").removesuffix("'s")
        if _is_no_name(word, raw, match.end()) or (
            found and word[:1].isupper() != found[0][:1].isupper()
        ):
            break
        found.append(word)
        position = match.end()
        if not raw[position : position + 1].isspace():
            break
        position += 1
    if not found or sum(map(len, found)) < 3:
        return None
    if not found[0][:1].isupper():
        found = [word.capitalize() for word in found[:2]]
    value = " ".join(found)
    return Name(value, start, start + len(value))
