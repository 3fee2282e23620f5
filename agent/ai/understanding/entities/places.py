"""Places outside the inventory: by the phrase before them, or as the answer to "where?"."""

import re
from collections.abc import Iterator

from agent.ai.understanding.names import Name
from agent.ai.understanding.patterns import listed

_NO_NAME = listed(
    """
    a about addition advance afternoon again age all also am an and another any anyone anything
    anytime anyway anywhere apartment apartments april are area areas as asap at august autumn
    back bath bathroom bathrooms baths be because bed bedroom bedrooms beds best between both
    bringing browsing budget building but by bye call can case cash cheap cheaper cheers city
    close come condition contact correct cost costs could date dates day days december deposit
    detail details did different discounts do does done dunno during each early either else end
    english enough evening eventually every everything fact february fee fees few finding fine
    five for four friday from front full fully furnished future garage general get getting give
    going good goodbye got great had haha has have having hello help here hey hi hmm homes hour
    hours houses how i i'd i'll i'm i've idk if immediately in instead interest interested into
    is it it's its january july june just keep kind last later laundry least less let's like
    living location lol long looking lot love march may me meantime mid midday mind minutes
    moment monday month months more morning most moving much my nah name near nearby need
    neighborhood neighbourhood next nice night nine no none noon nope not november now number
    october of off okay on once one only or order other our out own parking part particular
    people perfect person pet pets photos pics pictures places please possible preferably
    preference price probably property question quiet quite range really regard rent right room
    rooms safe same saturday scheduled search section seeing september seven several shape she
    short should show since six small so some something sometime sometimes somewhere soon sooner
    soonish sorry special specials stock studio such sufficient sunday sure tandem ten terms
    than thank thanks that that's the their them then there these they third this those three
    thursday time to today tomorrow tonight too total touch touring town tuesday two under
    unfurnished unit until up upstairs us use utilities very visiting want was washer we
    wednesday week weekend weeks well what when whenever where wherever which while who why will
    winter with within would writing year years yes you your
    """
)
"""Words that neither begin nor go on with the name of a place."""
_PART_OF_NAMES = listed(
    """
    downtown east fall first flat high home house light line low market new north park place pool
    second south spring still summer view west
    """
)
"""Words that do so with a capital only, as in "Spring Hill"."""
_BEFORE_NAME = re.compile(
    r"\b(?<!-)(?:in|around|near|within|close to|outside of|move to|moving to|relocat(?:e|ing) to|"
    r"(?:live|look|search|searching|looking|located|based) at) (?P<the>the )?"
    r"(?:city of |town of |downtown |greater |central )?",
    re.I,
)
_FILLER = re.compile(
    r"^\W*(?:(?:i'd|we'd|i'm|i|we|would|like|prefer|preferably|want|please|in|it|search|look|"
    r"looking|find|try|maybe|how|about|let's|say|the|is|my|preferred|area|city|location|yes|yeah|"
    r"sure|okay|hmm|um|well|probably|ideally|somewhere|around|near|be|to|live|should|thinking|of|"
    r"think|something|a|an|for|do|go|with|at|make|change|actually|no|talking|mean|oh|love|choose|"
    r"pick)\b[\s,:.!-]*)*",
    re.I,
)
_AREA_WORD = re.compile(r" (?:area|neighbou?rhood|district|region|side)\b", re.I)
_WORD = re.compile(r"[^\W\d_][\w'-]*\.?")
_OBJECT = re.compile(r" (?:an?|the|my|this|that|it|your|one|some|any|another|for|to)\b", re.I)
_ENDS = re.compile(
    r"\W*(?:$|(?:please|thanks|area|would|is|will|sounds|works|if|or|and|with|for|preferably)\b|\d)"
)
_LONGEST = 3
_LONGEST_PLAIN = 2


def by_phrase(raw: str) -> Iterator[Name]:
    """ "in Birch Hollow", "around kettering", "in the birch hollow area"."""
    for match in _BEFORE_NAME.finditer(raw):
        if name := _name_at(raw, match.end()):
            plain = raw[name.start].islower()
            if not (plain and match["the"]) or _AREA_WORD.match(raw, name.end):
                yield name


def answered(raw: str) -> Iterator[Name]:
    """A bare place, after words such as "maybe" or "I'd prefer"."""
    filler = _FILLER.match(raw)
    name = _name_at(raw, filler.end() if filler else 0)
    if name and (raw[name.start].isupper() or _ENDS.match(raw, name.end)):
        yield name


def _name_at(raw: str, start: int) -> Name | None:
    """A run of capitalised words, or one or two plain ones, that may be the name of a place."""
    found: list[str] = []
    position = start
    while len(found) < _LONGEST and (match := _WORD.match(raw, position)):
        word = match[0].rstrip(".").removesuffix("'s")
        alike = not found or word[0].isupper() == found[0][0].isupper()
        if not alike or _is_no_name(word, raw, match.end()):
            break
        found.append(word)
        position = match.end()
        if not raw[position : position + 1].isspace():
            break
        position += 1
    if found and found[0][0].islower():
        found = [word.capitalize() for word in found[:_LONGEST_PLAIN]]
    value = " ".join(found)
    if len(value) < 3 or value.lower() in _PART_OF_NAMES:
        return None
    return Name(value, start, start + len(value))


def _is_no_name(word: str, raw: str, end: int) -> bool:
    """Also "in scheduling a visit"."""
    if word.lower() in _NO_NAME or word in _PART_OF_NAMES:
        return True
    return word.islower() and word.endswith("ing") and bool(_OBJECT.match(raw, end))
