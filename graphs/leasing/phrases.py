"""How facts read in a sentence."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from agent.leads.models import LeadProfile
from agent.listings.models import Listing, ListingQuery

_SWITCHES = {
    "pets": "pets allowed",
    "furnished": "furnished",
    "parking": "parking",
    "in_unit_laundry": "in-unit laundry",
}
_FIELD_NAMES = {
    "budget": "the budget",
    "max_rent": "the budget",
    "move_date": "the move date",
    "available_by": "the move date",
    "areas": "the area",
    "bedrooms": "the number of bedrooms",
    "bathrooms": "the number of bathrooms",
    "pets": "pets",
    "furnished": "furnishing",
    "parking": "parking",
    "in_unit_laundry": "in-unit laundry",
    "lease_months": "the lease length",
    "q": "the keyword",
}


def field_names(fields: Sequence[str]) -> str:
    return listed([_FIELD_NAMES[name] for name in fields if name in _FIELD_NAMES])


def money(dollars: int) -> str:
    return f"${dollars:,}"


def rooms(count: int) -> str:
    return "a studio" if count == 0 else f"{count} bedroom{'s' if count != 1 else ''}"


def baths(count: float) -> str:
    return f"{count:g} bath{'s' if count != 1 else ''}"


def day(value: date) -> str:
    return f"{value:%A, %B} {value.day}"


def listed(parts: Sequence[str], word: str = "and") -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def wishes(profile: LeadProfile, only: Sequence[str] | None = None) -> str:
    """ "2 bedrooms in Denver up to $2,200 with parking"; `only` these fields."""
    said = profile.model_dump(include=set(only)) if only is not None else profile.model_dump()
    parts: list[str] = []
    if said.get("bedrooms") is not None:
        parts.append(rooms(said["bedrooms"]))
    elif only is None:
        parts.append("a home")
    if said.get("bathrooms"):
        parts.append(f"{'and ' if parts else ''}{baths(said['bathrooms'])}")
    if said.get("areas"):
        parts.append(f"in {listed(said['areas'], 'or')}")
    if said.get("budget"):
        parts.append(f"up to {money(said['budget'])}")
    parts += _switches(said)
    if said.get("move_date"):
        parts.append(f"from {said['move_date']:%B} {said['move_date'].day}")
    if said.get("lease_months"):
        parts.append(f"for {said['lease_months']} months")
    if only is not None and said.get("occupants"):
        people = said["occupants"]
        parts.append(f"for {'one person' if people == 1 else f'{people} people'}")
    return " ".join(parts)


def _switches(said: dict[str, Any]) -> list[str]:
    wanted = [text for name, text in _SWITCHES.items() if said.get(name)]
    return [f"with {listed(wanted)}"] if wanted else []


def home_line(home: Listing, number: int) -> str:
    """ "1. Alder Row #214, Portland: 2 bedrooms, 1 bath, $2,050 a month"."""
    place = f", {home.area}" if home.area and home.area not in home.name else ""
    size = "studio" if home.bedrooms == 0 else rooms(home.bedrooms)
    terms = f"{size}, {baths(home.bathrooms)}, {money(home.rent)} a month"
    return f"{number}. {home.title}{place}: {terms}"


def facts(home: Listing) -> str:
    parts = [
        "studio" if home.bedrooms == 0 else rooms(home.bedrooms),
        baths(home.bathrooms),
        f"{money(home.rent)} a month",
    ]
    if home.square_feet:
        parts.append(f"{home.square_feet:,} sq ft")
    parts += [text for name, text in _SWITCHES.items() if getattr(home, name)]
    parts += home.features[:2]
    if home.address:
        parts.append(f"at {home.address}")
    return ", ".join(parts)


def reason(home: Listing, query: ListingQuery) -> str:
    """Which of the wishes this home meets, from the inventory alone."""
    met: list[str] = []
    if query.bedrooms is not None and home.bedrooms == query.bedrooms:
        met.append("studio" if home.bedrooms == 0 else rooms(home.bedrooms))
    if query.areas and home.area in query.areas:
        met.append(f"in {home.area}")
    if query.max_rent is not None and home.rent <= query.max_rent:
        met.append(f"{money(query.max_rent - home.rent)} under your budget")
    met += [
        text for name, text in _SWITCHES.items() if getattr(query, name) and getattr(home, name)
    ]
    return listed(met) or f"{money(home.rent)} a month"
