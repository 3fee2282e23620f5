"""Reads a turn the agent wrote: what it asked for, which homes it offered, what awaits a yes."""

import re
from collections.abc import Iterator, Sequence
from datetime import date

from .dates import find_dates
from .entities.areas import index_of, properties_of
from .message import lower
from .models import AgentTurn, Candidate, Gazetteer, Value
from .names import Name
from .talk import talk_of

_ASKED = (
    ("areas", re.compile(r"\b(?:which|what|where)\b[^?.]{0,40}?\b(?:areas?|are|city|cities|location|neighbou?rhood|place|town|region|located|live|look|search|in)\b|\b(?:preferred|prefered|prefer any|preference[^?]{0,20}) (?:area|place|location|city)\b|\bwhere\b|\b(?:area|city|location)\b[^?.]{0,12}\?")),
    ("bedrooms", re.compile(r"\b(?:how many|number of|what number)\b[^?.]{0,20}?\b(?:bed ?rooms?|beds|rooms)\b|\bbed ?rooms?\b[^.]{0,40}\?")),
    ("bathrooms", re.compile(r"\b(?:how many|number of)\b[^?.]{0,30}?\b(?:bath ?rooms?|baths)\b")),
    ("tour_date", re.compile(r"\b(?:when|what (?:date|day|time)|which (?:date|day)|on (?:what|which) (?:date|day)|for (?:what|which) (?:date|day))\b[^?]*\b(?:visit|see|view|tour|go|come|schedule|appointment|you|date|day|like|it)\b|\bwhich date\b|\bwhat date\b|\bwhen\?")),
    ("move_date", re.compile(r"\b(?:move[- ]?in|moving|to move)\b[^.]*\?")),
    ("budget", re.compile(r"\b(?:budget|price range|how much (?:would you|can you|do you want|are you)|spend|maximum rent|max rent)\b")),
    ("pets", re.compile(r"\b(?:do|will|have|bring|any)\b[^?.]{0,24}\bpets?\b[^?.]{0,20}\?|\bpet-friendly\?")),
    ("furnished", re.compile(r"\b(?:do you|would you|should|want|need|prefer)\b[^?.]{0,40}\bfurnished\b[^?.]*\?")),
    ("parking", re.compile(r"\b(?:do you|would you|should|want|need|have a car)\b[^?.]{0,40}\b(?:parking|garage|car)\b[^?.]*\?")),
    ("in_unit_laundry", re.compile(r"\b(?:do you|would you|should|want|need)\b[^?.]{0,40}\b(?:laundry|washer)\b[^?.]*\?")),
    ("lease_months", re.compile(r"\b(?:how long|lease (?:length|term))\b[^.]*\?")),
    ("occupants", re.compile(r"\bhow many (?:people|occupants|adults|of you)\b")),
    ("contact", re.compile(r"\b(?:your (?:full )?name|your (?:e-?mail|phone)|may i have your|reach you)\b[^.]*\?")),
    ("slot", re.compile(r"\b(?:which (?:of (?:these|those)|time|slot|one) works|which time|do any of (?:these|those))\b")),
    ("more", re.compile(r"\b(?:any ?thing else|any other (?:help|assistance|questions?)|something else|any (?:further|more|additional) (?:help|assistance)|anything more|what else|need (?:help|assistance) with|help you (?:further|more|with)|assist you|be of (?:any )?(?:further )?(?:help|assistance)|else (?:i|can|you)|further assist\w*)\b")),
)  # fmt: skip
_TOUR_OFFER = re.compile(
    r"\b(?:would you|do you|did you|shall i|should i|can i|want me|want to|like me|how about|care to|may i|wish to|interested in|ready to|will you|need to)\b[^.?]{0,60}?\b(?:visit\w*|tour\w*|view\w*|see (?:it|the|this|that)|"
    r"showing|appointment|go (?:see|to see|there|visit)|schedul\w+|check it out|look at (?:it|the))\b"
)
_DONE = re.compile(
    r"\b(?:(?:has|have|is|was|been|now|are|got|i've|i) (?:\w+ ){0,3}?(?:been )?(?:booked|scheduled|confirmed|set up|set|arranged|reserved|fixed|made)|booked (?:it|your|the)|scheduled (?:it|your|the|you)|you're all set|"
    r"success\w*|unsuccessful|unable|couldn't|could not|failed|all set)\b"
)
_CONFIRMS = re.compile(
    r"\b(?:confirm\w*|correct|right|verify|make sure|is that|is this|you want|you'd like|you would like|you wish|you will|you'll be|you are (?:scheduling|going|visiting|making|planning)|you're|should i|shall i|okay\?|details)\b|\?"
)
_SEARCH_CONFIRM = re.compile(r"\b(?:search|looking for|find)\b[^.?]*\?")
_UNKNOWN_HOME = re.compile(
    r"(?:(?:visit(?:ing)? (?:to |at |the )?|tour (?:of |at )?|view(?:ing)? (?:of |at )?|(?:appointment|showing) (?:at|for) |(?:there is|there's|it's|is called|called|named|recommend|how about|consider|"
    r"one is|try|found|have) (?:the |a place called |an apartment called |a property called )?))"
    r"(?P<name>(?:[A-Z0-9][\w&'/-]*)(?:\s+(?:[A-Z0-9][\w&'/-]*|at|of|the|on|and|de|la|&)(?=\s))*\s+[A-Z][\w&'/-]*|[A-Z][\w&'-]+)"
)
_ADDRESS = re.compile(
    r"\b(?P<address>\d{1,6}(?:-\d+)?\s+(?:[A-Za-z0-9.'-]+\s+){0,4}?(?:street|st|avenue|ave|road|rd|drive|dr|lane|ln|boulevard|blvd|way|court|ct|place|pl|circle|terrace|parkway|pkwy|highway|hwy|common|commons|loop|square|trail|walk|alley|plaza|camino)\b\.?(?:\s*(?:#|apt\.?|unit)\s*\w+)?)",
    re.I,
)
_RENT = re.compile(
    r"\$\s?(?P<a>\d{1,2},?\d{3})\b|\b(?P<b>\d{1,2},?\d{3})\s*(?:dollars|usd|per month|a month|monthly|/month|each month)"
)
_BEDS = re.compile(r"\b(?P<n>\d)\s*-?\s*bed")
_BATHS = re.compile(r"\b(?P<n>\d(?:\.5)?)\s*-?\s*bath")
_OFFER_SIGN = re.compile(
    r"\b(?:rent\w*|per month|a month|monthly|bed ?rooms?|beds?|baths?|located|located at|address|found|recommend|there is|there's|there are|option|another|how about|what about|nice|great|good)\b|\$"
)


def _asked(low: str) -> Iterator[str]:
    for field, pattern in _ASKED:
        if pattern.search(low):
            yield field


def _homes(text: str, low: str, gazetteer: Gazetteer, shortlist: Sequence[Candidate]) -> list[Name]:
    known = properties_of(gazetteer).find(low)
    if not known:
        offered = Gazetteer(properties=frozenset(home.name for home in shortlist))
        known = properties_of(offered).find(low)
    if known:
        return [name for name in known if not _is_address_part(low, name)]
    return [
        Name(match["name"], match.start("name"), match.end("name"))
        for match in _UNKNOWN_HOME.finditer(text)
    ][:1]


def _is_address_part(low: str, name: Name) -> bool:
    """Inside a street address, as in "40001 Fremont Boulevard"."""
    return any(
        match.start("address") <= name.start and name.end <= match.end("address")
        for match in _ADDRESS.finditer(low)
    )


def _described(text: str, name: Name, shortlist: Sequence[Candidate]) -> Candidate:
    low = text.lower()
    address = _ADDRESS.search(text)
    rent, beds, baths = _RENT.search(low), _BEDS.search(low), _BATHS.search(low)
    known = [home for home in shortlist if home.name.lower() == name.value.lower()]
    if address and len(known) > 1:
        known = [
            home for home in known if home.address.lower() == address["address"].lower()
        ] or known
    return Candidate(
        listing_id=known[-1].listing_id if known else "",
        name=name.value,
        address=address["address"] if address else "",
        rent=int((rent["a"] or rent["b"]).replace(",", "")) if rent else None,
        bedrooms=int(beds["n"]) if beds else None,
        bathrooms=float(baths["n"]) if baths else None,
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
    about = talk_of(low)
    names = _homes(text, low, gazetteer, shortlist)
    dates = [found.day for found in find_dates(low, today)]
    done = bool(_DONE.search(low))
    mentioned: dict[str, Value] = {}
    if dates:
        mentioned["tour_date"] = dates[-1]
    if about == "other" and (areas := index_of(gazetteer).find(low)):
        mentioned["areas"] = [area.value for area in areas]
    asked = list(_asked(low))
    confirming: dict[str, Value] = {}
    homes: tuple[Candidate, ...] = ()
    if names and dates and not done:
        confirming = {"property": names[0].value, "tour_date": dates[-1]}
        asked = ["confirm"]
        about = "homes"
    elif names and _OFFER_SIGN.search(low) and about != "other":
        homes = tuple(_described(text, name, shortlist) for name in names)
        about = "homes"
        asked = [field for field in asked if field in ("more",)]
    if (
        not confirming
        and not homes
        and _TOUR_OFFER.search(low)
        and not done
        and "tour_date" not in asked
    ):
        asked = ["tour", *(field for field in asked if field != "more")]
    return AgentTurn(
        text=text,
        asked=tuple(asked),
        offered=tuple(home.listing_id for home in homes if home.listing_id),
        confirming=confirming,
        homes=homes,
        about=about,
        mentioned=mentioned,
    )
