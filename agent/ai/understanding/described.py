"""The homes an agent's words describe: communities by name, with address, rent and rooms."""

import re
from collections.abc import Sequence

from .message import lower
from .models import Candidate, Gazetteer
from .names import Name, communities_of, masked
from .patterns import words

_STREET = (
    r"(?:street|st|avenue|ave|road|rd|drive|dr|lane|ln|boulevard|blvd|way|court|ct|place|pl|"
    r"circle|terrace|parkway|pkwy|highway|hwy|commons?|loop|square|trail|walk|alley|plaza|camino)"
)
_COUNTED_THING = (
    r"(?:apartments?|options?|places?|propert\w+|results?|homes?|units?|choices?|bed\w*|bath\w*|"
    r"nice|good|great|other|more|that|you|are|is|at|on|has|located|in|for|and|there|possib\w+|"
    r"matching|available)"
)
_NAME_WORD = rf"(?!{_COUNTED_THING}\b)[a-z0-9'-]+(?:(?<=\b[a-z])\.)?\s+"
_ADDRESS = re.compile(
    rf"\b(?P<address>\d{{1,6}}(?:-\d+)?\s+(?:{_NAME_WORD}){{0,4}}?{_STREET}\b\.?"
    r"(?:\s*(?:#|apt\.?|unit)\s*\w+)?)",
    re.I,
)
_RENT = re.compile(
    r"\$\s?(?P<sign>\d{1,2},?\d{3})\b|\b(?P<word>\d{1,2},?\d{3})\s*(?:dollars|usd|per month|"
    r"a month|monthly|/month|each month)"
)
_BEDS = re.compile(r"\b(?P<n>\d)\s*-?\s*(?:bed|bd|br)")
_BATHS = re.compile(r"\b(?P<n>\d(?:\.5)?)\s*-?\s*ba")
_DESCRIBES = words(
    r"rent\w*|per month|a month|monthly|bed ?rooms?|beds?|bds?|baths?|located|address|found",
    r"recommend|there is|there's|there are|options?|another|how about|what about|nice|great|good",
)
_NAMED = re.compile(
    r"\b(?i:visit(?:ing)? (?:to |at )?|tour (?:of |at )?|(?:appointment|showing) (?:at|for) |"
    r"there is |there's |called |named |recommend |how about |what about |consider |try |"
    r"found )(?i:the )?(?P<name>[A-Z0-9][\w&'/-]*(?:\s+(?:(?:of|the|on|and|de|la|"
    r"&)\s+)?[A-Z][\w&'/-]*){0,5})"
)
_NOT_A_NAME = re.compile(
    r"^(?:\d+$|\d[\d,]*\s|(?:Appointment|Visit|Property|Apartment|House|Home|Tour|Event)\b|(?:Jan|"
    r"Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\b)"
)


def describes(low: str) -> bool:
    """Says something of a home beyond its name."""
    return "$" in low or bool(_DESCRIBES.search(low))


def homes_named(
    text: str, low: str, gazetteer: Gazetteer, shortlist: Sequence[Candidate]
) -> list[Name]:
    """The communities named: of the inventory, else offered before, else by a phrase."""
    offered = Gazetteer(properties=frozenset(home.name for home in shortlist))
    addresses = [match.span("address") for match in _ADDRESS.finditer(low)]
    for known in (gazetteer, offered):
        names = [
            name
            for name in communities_of(known).find(low)
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


def without_names(low: str, names: Sequence[Name]) -> str:
    """The text without communities and addresses, whose words say nothing of the talk."""
    return _ADDRESS.sub("#", masked(low, names))


def described(
    text: str, names: Sequence[Name], shortlist: Sequence[Candidate]
) -> tuple[Candidate, ...]:
    """Each home once, in order; of several, each is described by the words from its name on."""
    once = {name.value: name for name in reversed(names)}
    several = sorted(once.values(), key=lambda name: name.start)
    if len(several) == 1:
        return (_described(text, several[0].value, shortlist),)
    ends = [*(name.start for name in several[1:]), len(text)]
    return tuple(
        _described(text[name.start : end], name.value, shortlist)
        for name, end in zip(several, ends, strict=True)
    )


def _described(text: str, name: str, shortlist: Sequence[Candidate]) -> Candidate:
    low = lower(text)
    address = _ADDRESS.search(text)
    rent, beds, baths = _RENT.search(low), _BEDS.search(low), _BATHS.search(low)
    known = [home for home in shortlist if home.name.lower() == name.lower()]
    return Candidate(
        listing_id=known[-1].listing_id if known else "",
        name=name,
        address=address["address"] if address else "",
        rent=int((rent["sign"] or rent["word"]).replace(",", "")) if rent else None,
        bedrooms=int(beds["n"]) if beds else None,
        bathrooms=float(baths["n"]) if baths else None,
    )
