"""Reads a turn the agent wrote: what it asked for, which homes it offered, what awaits a yes."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache

from .dates import Found
from .described import described, describes, homes_named, without_names
from .entities.when import days_meant
from .message import lower
from .models import AgentTurn, Candidate, Gazetteer, Talk, Value
from .names import places_of
from .patterns import VISIT, words
from .talk import talk_of

_LEADS_OWN = (
    r"(?:do you|are you|will you|would you|should (?:it|i|the)|need|want|prefer|"
    r"bring\w*)\b.{0,40}?\b"
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
        words(r"when|(?:what|which|any|a) (?:\w+ )?(?:dates?|days?|time)|date\b.{0,20}"),
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
            r"which (?:of (?:these|those|them)|times?|slot|one)(?: times?| one)? (?:work|suit)s?",
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
    r"how about|may i|care to|wish to|interested in|ready to|will you|need to|do i|"
    r"could i)\b.{0,60}?"
    rf"\b(?:{VISIT}|visit(?:ing)?|tour(?:ing)?|view(?:ing)?|schedul\w+|check it out|"
    rf"(?:go )?(?:to )?(?:see|look at) (?:it|them|the|this|that)|go (?:and )?(?:see|there))"
)
_ASKS_WHEN = words(r"when (?:do|would|will|should|can|are|is|did)|(?:what|which) (?:date|day|time)")
_DONE = words(
    r"(?:(?:has|have|had|was|were|is|are|been|now|got|i've|i) (?:\w+ ){0,3}?)(?:booked|scheduled|"
    r"confirmed|set(?: up)?|arranged|reserved|fixed|made|complete)",
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
    r"let me know|tell me|do you|would you|are you|may i|can you"
)
_PRICED = words(r"rents?|per month|a month|monthly|bed ?rooms?|beds?|baths?")


def read_agent_turn(
    text: str,
    *,
    gazetteer: Gazetteer,
    shortlist: Sequence[Candidate],
    today: date,
) -> AgentTurn:
    """What a turn written by any agent asked, offered and wants confirmed."""
    low = lower(text)
    names = homes_named(text, low, gazetteer, shortlist)
    about = talk_of(without_names(low, names))
    days = days_meant(low, today)
    asked = _asked(low, about)
    confirming: dict[str, Value] = {}
    homes: tuple[Candidate, ...] = ()
    if names and about != "other":
        about = "homes"
        if days and _awaits_a_yes(low):
            confirming = {"property": names[0].value, "tour_date": days[0].day}
            asked = ("confirm",)
        elif describes(low):
            homes = described(text, names, shortlist)
            asked = ()
    return AgentTurn(
        text=text,
        asked=asked,
        offered=tuple(home.listing_id for home in homes if home.listing_id),
        confirming=confirming,
        homes=homes,
        about=about or ("homes" if {*asked} & _ONLY_OF_HOMES else ""),
        mentioned=_mentioned(low, about, days, gazetteer),
    )


@lru_cache(4_096)
def _asked(low: str, about: Talk) -> tuple[str, ...]:
    return tuple(_questions(low, about))


def _questions(low: str, about: Talk) -> Iterator[str]:
    if _ASKS_MORE.search(low):
        yield "more"
        return
    questions = [
        sentence
        for sentence in _SENTENCE.findall(low)
        if sentence.rstrip().endswith("?") or _INTERROGATIVE.search(sentence)
    ]
    offers_tour = about != "other" and any(map(_OFFERS_TOUR.search, questions))
    if offers_tour and not any(map(_ASKS_WHEN.search, questions)):
        yield "tour"
        return
    for field, pattern in _ASKED:
        if any(map(pattern.search, questions)):
            yield field


def _awaits_a_yes(low: str) -> bool:
    """Neither an offer with its price nor the news that a visit is booked."""
    if _PRICED.search(low):
        return False
    return bool(_AWAITS.search(low)) or not _DONE.search(low)


def _mentioned(
    low: str, about: Talk, days: Sequence[Found], gazetteer: Gazetteer
) -> dict[str, Value]:
    said: dict[str, Value] = {}
    if days:
        said["tour_date"] = days[-1].day
    if about == "other" and (areas := places_of(gazetteer).find(low)):
        said["areas"] = [area.value for area in areas]
    return said
