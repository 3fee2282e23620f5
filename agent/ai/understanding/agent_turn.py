"""Reads a turn the agent wrote: what it asked for, which homes it offered, what awaits a yes."""

import re
from collections.abc import Iterator, Sequence
from datetime import date

from .dates import Found, find_dates
from .entities.areas import areas_of, properties_of
from .entities.when import is_meant
from .message import lower
from .models import AgentTurn, Candidate, Gazetteer, Talk, Value
from .names import Name
from .patterns import VISIT, words
from .talk import talk_of

_LEADS_OWN = (
    r"(?:do you|are you|will you|would you|should (?:it|i|the)|need|want|prefer|bring\w*)"
    r"\b.{0,40}?\b"
)
_ASKED = (
    (
        "areas",
        words(
            r"(?:which|what)\b.{0,24}\b(?:areas?|are (?:do|would|you)|cit(?:y|ies)|locations?|"
            r"neighbou?rhoods?|places?|towns?|regions?|side)",
            r"where|(?:preferred|prefered|prefer any|any preferred) (?:area|place|location|city)",
            r"(?:area|city|location|place)(?=\W*$)|(?:and|with) (?:the )?(?:area|location)",
        ),
    ),
    (
        "bedrooms",
        words(
            r"(?:how many|number of|what number of|no\.? of)\b.{0,20}?\b(?:bed ?rooms?|beds?|"
            r"rooms?)",
            r"bed ?rooms?|how big",
        ),
    ),
    ("bathrooms", words(r"(?:how many|number of)\b.{0,30}?\bbath ?rooms?|baths?|bath ?rooms?")),
    (
        "tour_date",
        words(
            r"when|(?:what|which|any|a) (?:\w+ )?(?:dates?|days?|time)|date\b.{0,20}",
        ),
    ),
    ("move_date", words(r"mov(?:e|ing)")),
    (
        "budget",
        words(r"budget|price range|how much (?:would|can|do|are) you|spend|max(?:imum)? rent"),
    ),
    (
        "pets",
        words(rf"{_LEADS_OWN}(?:pets?|dogs?|cats?|pet-friendly)", r"any (?:pets?|dogs?|cats?)"),
    ),
    ("furnished", words(rf"{_LEADS_OWN}furnished")),
    ("parking", words(rf"{_LEADS_OWN}(?:parking|garages?|a car)")),
    ("in_unit_laundry", words(rf"{_LEADS_OWN}(?:laundry|washer)")),
    ("lease_months", words(r"how long|lease (?:length|term)s?|long a lease")),
    (
        "occupants",
        words(r"how many (?:people|occupants|adults|of you|persons)|who (?:will|is) liv\w+"),
    ),
    ("contact", words(r"your (?:full |first )?name|your (?:e-?mail|phone|number)|reach you")),
    (
        "slot",
        words(
            r"which (?:of (?:these|those)|time|slot|one) (?:works|suits)|which time",
            r"(?:do|does|would) any of (?:these|those)",
        ),
    ),
)
_ONLY_OF_HOMES = frozenset({"bedrooms", "bathrooms", "budget", "pets", "furnished", "tour", "slot"})
_ASKS_MORE = words(
    r"any ?thing (?:else|more)|what else|something else|else (?:i|you|that|can|may)",
    r"any (?:other|further|more|additional) (?:help|assistance|questions?)",
    r"(?:need|want) (?:any )?(?:more |further |other )?(?:help|assistance) with",
    r"(?:help|assist)(?: you)? (?:further|any ?more)|(?:help|assist) you(?: with|"
    r" in)?(?: \w+)?(?=\W*$)",
    r"further assist\w*|be of (?:any )?(?:further )?(?:help|assistance|service)",
)
_OFFERS_TOUR = words(
    r"(?:would you|do you|did you|shall i|should i|can i|want (?:me )?to|like (?:me )?to|"
    r"how about|may i|"
    r"care to|wish to|interested in|ready to|will you|need to|do i|could i)\b.{0,60}?"
    rf"\b(?:{VISIT}|visit(?:ing)?|tour(?:ing)?|view(?:ing)?|schedul\w+|check it out|"
    rf"(?:go )?(?:to )?(?:see|look at) (?:it|them|the|this|that)|go (?:and )?(?:see|there))"
)
_DONE = words(
    r"(?:(?:has|have|had|was|were|is|are|been|now|got|i've|i) (?:\w+ ){0,3}?)"
    r"(?:booked|scheduled|confirmed|set(?: up)?|arranged|reserved|fixed|made|complete)",
    r"booked|scheduled (?:it|your|the|you)|all set|success\w*",
    r"un(?:success\w*|able)|couldn't|could not|cannot|can't|failed|wasn't",
)
_AWAITS = words(
    r"confirm(?! that i)\w*(?<!confirmed)|correct|right|verify|make sure|(?:is|does) (?:that|this|"
    r"it)",
    r"approv\w+|okay\?|yes\?|please|ensure|have you (?:down |all )?scheduled",
)
_SENTENCE = re.compile(r"[^.?!\n]+[.?!\n]*")
_INTERROGATIVE = words(
    r"which|what|what's|where|when|how many|how much|how long|number of (?:bed|room|bath)\w*|"
    r"let me know|tell me|"
    r"do you|would you|are you|may i|can you"
)
_STREET = (
    r"(?:street|st|avenue|ave|road|rd|drive|dr|lane|ln|boulevard|blvd|way|court|ct|place|pl|circle|"
    r"terrace|parkway|pkwy|highway|hwy|commons?|loop|square|trail|walk|alley|plaza|camino)"
)
_COUNTED_THING = (
    r"(?:apartments?|options?|places?|propert\w+|results?|homes?|units?|choices?|bed\w*|bath\w*|"
    r"nice|"
    r"good|great|other|more|that|you|are|is|at|on|has|located|in|for|and|there|possib\w+|matching|"
    r"available)"
)
_ADDRESS = re.compile(
    rf"\b(?P<address>\d{{1,6}}(?:-\d+)?\s+(?:(?!{_COUNTED_THING}\b)[a-z0-9'-]+(?:(?<=\b[a-z])\.)?\s+"
    rf"){{0,4}}?{_STREET}\b\.?(?:\s*(?:#|apt\.?|unit)\s*\w+)?)",
    re.I,
)
_RENT = re.compile(
    r"\$\s?(?P<sign>\d{1,2},?\d{3})\b|"
    r"\b(?P<word>\d{1,2},?\d{3})\s*(?:dollars|usd|per month|a month|monthly|/month|each month)"
)
_BEDS = re.compile(r"\b(?P<n>\d)\s*-?\s*(?:bed|bd|br)")
_BATHS = re.compile(r"\b(?P<n>\d(?:\.5)?)\s*-?\s*ba")
_DESCRIBES = re.compile(
    r"\$|\b(?:rent\w*|per month|a month|monthly|bed ?rooms?|beds?|bds?|baths?|located|address|"
    r"found|"
    r"recommend|there is|there's|there are|options?|another|how about|what about|nice|great|good)\b"
)
_PRICED = words(r"rents?|per month|a month|monthly|bed ?rooms?|beds?|baths?")
_NAMED = re.compile(
    r"(?:visit(?:ing)? (?:to |at )?|tour (?:of |at )?|(?:appointment|showing) (?:at|for) |"
    r"there is |"
    r"there's |called |named |recommend |how about |what about |consider |try |found )(?:the )?"
    r"(?P<name>[A-Z0-9][\w&'/-]*(?:\s+(?:(?:at|of|the|on|and|de|la|&)\s+)?[A-Z0-9][\w&'/-]*){0,5})"
)
_NOT_A_NAME = re.compile(
    r"^(?:\d+$|\d[\d,]*\s|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|"
    r"Sat|"
    r"Sun)[a-z]*\b)"
)


def read_agent_turn(
    text: str,
    *,
    gazetteer: Gazetteer,
    shortlist: Sequence[Candidate],
    today: date,
) -> AgentTurn:
    """What a turn written by any agent asked, offered and wants confirmed."""
    low = lower(text)
    names = _homes(text, low, gazetteer, shortlist)
    about = talk_of(_without_names(low, names))
    days = [found for found in find_dates(low, today) if is_meant(found, low)]
    asked = list(_asked(low, about))
    confirming: dict[str, Value] = {}
    homes: tuple[Candidate, ...] = ()
    if names and about != "other":
        about = "homes"
        if days and not _PRICED.search(low) and (not _DONE.search(low) or _AWAITS.search(low)):
            confirming = {"property": names[0].value, "tour_date": days[0].day}
            asked = ["confirm"]
        elif _DESCRIBES.search(low):
            once = {name.value: name for name in reversed(names)}
            homes = tuple(_described(text, name, shortlist) for name in reversed(once.values()))
            asked = []
    return AgentTurn(
        text=text,
        asked=tuple(asked),
        offered=tuple(home.listing_id for home in homes if home.listing_id),
        confirming=confirming,
        homes=homes,
        about=about or ("homes" if {*asked} & _ONLY_OF_HOMES else ""),
        mentioned=_mentioned(low, about, days, gazetteer),
    )


def _asked(low: str, about: Talk) -> Iterator[str]:
    if _ASKS_MORE.search(low):
        yield "more"
        return
    questions = [
        sentence
        for sentence in _SENTENCE.findall(low)
        if sentence.rstrip().endswith("?") or _INTERROGATIVE.search(sentence)
    ]
    if about != "other" and any(map(_OFFERS_TOUR.search, questions)) and not _asks_when(questions):
        yield "tour"
        return
    for field, pattern in _ASKED:
        if any(map(pattern.search, questions)):
            yield field


def _asks_when(questions: Sequence[str]) -> bool:
    return any(map(_WHEN.search, questions))


_WHEN = words(r"when (?:do|would|will|should|can|are|is|did)|(?:what|which) (?:date|day|time)")


def _homes(text: str, low: str, gazetteer: Gazetteer, shortlist: Sequence[Candidate]) -> list[Name]:
    """The communities named: of the inventory, else offered before, else by a phrase."""
    offered = Gazetteer(properties=frozenset(home.name for home in shortlist))
    addresses = [match.span("address") for match in _ADDRESS.finditer(low)]
    for known in (gazetteer, offered):
        names = [
            name
            for name in properties_of(known).find(low)
            if not any(start <= name.start and name.end <= end for start, end in addresses)
        ]
        if names:
            return names
    unknown = (
        Name(match["name"], *match.span("name"))
        for match in _NAMED.finditer(text)
        if not _NOT_A_NAME.match(match["name"]) and not _ADDRESS.match(match["name"])
    )
    return list(unknown)[:1]


def _without_names(low: str, names: Sequence[Name]) -> str:
    """The text without communities and addresses, whose words say nothing of the talk."""
    for name in names:
        low = low[: name.start] + "#" * (name.end - name.start) + low[name.end :]
    return _ADDRESS.sub("#", low)


def _described(text: str, name: Name, shortlist: Sequence[Candidate]) -> Candidate:
    low = lower(text)
    address = _ADDRESS.search(text)
    rent, beds, baths = _RENT.search(low), _BEDS.search(low), _BATHS.search(low)
    known = [home for home in shortlist if home.name.lower() == name.value.lower()]
    return Candidate(
        listing_id=known[-1].listing_id if known else "",
        name=name.value,
        address=address["address"] if address else "",
        rent=int((rent["sign"] or rent["word"]).replace(",", "")) if rent else None,
        bedrooms=int(beds["n"]) if beds else None,
        bathrooms=float(baths["n"]) if baths else None,
    )


def _mentioned(
    low: str, about: Talk, days: Sequence[Found], gazetteer: Gazetteer
) -> dict[str, Value]:
    said: dict[str, Value] = {}
    if days:
        said["tour_date"] = days[-1].day
    if about == "other" and (areas := areas_of(gazetteer).find(low)):
        said["areas"] = [area.value for area in areas]
    return said
