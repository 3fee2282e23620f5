"""What people call the columns of a listing file, and which field each one fills."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from agent.ingest.values import is_blank

COLUMNS: dict[str, tuple[str, ...]] = {
    "listing_id": ("listing id", "id", "home id", "unit id"),
    "external_id": ("external id", "reference", "ref", "source id", "mls", "mls id"),
    "name": (
        "property name",
        "property",
        "name",
        "listing name",
        "community",
        "community name",
        "apartment name",
        "building name",
        "building",
        "complex",
        "complex name",
        "title",
    ),
    "unit": ("unit", "apt", "apartment", "suite", "apt unit", "unit apt", "unit name", "door"),
    "area": (
        "area",
        "city",
        "town",
        "location",
        "neighborhood",
        "neighbourhood",
        "district",
        "market",
        "submarket",
    ),
    "address": (
        "address",
        "street address",
        "full address",
        "property address",
        "address 1",
        "address line 1",
        "street",
    ),
    "rent": (
        "rent",
        "monthly rent",
        "rent monthly",
        "rent amount",
        "asking rent",
        "market rent",
        "price",
        "monthly price",
        "rent price",
        "rate",
        "monthly rate",
    ),
    "bedrooms": (
        "bedrooms",
        "bedroom",
        "bed rooms",
        "beds",
        "bed",
        "bdrms",
        "bdrm",
        "brs",
        "br",
        "bd",
    ),
    "bathrooms": ("bathrooms", "bathroom", "bath rooms", "baths", "bath", "ba", "bths", "bth"),
    "square_feet": (
        "square feet",
        "square foot",
        "square footage",
        "sq feet",
        "sq ft",
        "sqft",
        "sf",
        "area sqft",
        "area sq ft",
        "size",
        "size sqft",
        "size sq ft",
        "unit size",
        "living area",
    ),
    "pets": (
        "pets",
        "pets allowed",
        "pet friendly",
        "pets ok",
        "pets welcome",
        "allows pets",
        "accepts pets",
        "pet policy",
    ),
    "furnished": ("furnished", "furnishing", "furnishings", "furniture"),
    "parking": (
        "parking",
        "garage",
        "parking included",
        "parking available",
        "has parking",
        "off street parking",
        "parking type",
    ),
    "in_unit_laundry": (
        "in unit laundry",
        "laundry in unit",
        "in unit washer dryer",
        "washer dryer in unit",
        "washer dryer",
        "washer and dryer",
        "in unit w d",
        "w d in unit",
        "w d",
        "laundry",
        "laundry type",
    ),
    "phone": ("phone", "telephone", "tel", "contact phone", "property phone"),
    "description": ("description", "details", "about", "summary"),
    "features": ("features", "amenities", "unit features", "unit amenities"),
    "available": ("available", "availability", "status", "vacant", "vacancy", "listing status"),
    "available_from": (
        "available from",
        "available on",
        "available date",
        "date available",
        "availability date",
        "move in date",
        "ready date",
        "available starting",
    ),
}
"""Field -> names of its column, the most telling first; compared after `plain_name`."""

_PLACES = {
    name: (field, rank) for field, names in COLUMNS.items() for rank, name in enumerate(names)
}
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SIGNS = re.compile(r"[^a-z0-9]+")
_SILENT = re.compile(r"\b(no of|number|num|of|the|is|count|total|per|month|mo|usd)\b")


def plain_name(column: str) -> str:
    """ "# of Baths", "number_of_baths" and "numberOfBaths" all are "baths"."""
    spaced = _SIGNS.sub(" ", _CAMEL.sub(" ", column).casefold())
    return " ".join(_SILENT.sub(" ", spaced).split())


@lru_cache(4096)
def place_of(column: str) -> tuple[str, int] | None:
    """The field a column fills and the rank of its name; None for an unknown column."""
    return _PLACES.get(plain_name(column))


def by_field(values: Mapping[str, Any]) -> dict[str, Any]:
    """Field -> cell; where several columns mean one field, the most telling filled one counts."""
    ranked: dict[str, tuple[int, Any]] = {}
    for column, cell in values.items():
        place = place_of(column)
        if place is None or is_blank(cell):
            continue
        field, rank = place
        if field not in ranked or rank < ranked[field][0]:
            ranked[field] = rank, cell
    return {field: cell for field, (_, cell) in ranked.items()}
