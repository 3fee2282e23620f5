from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field


class Listing(BaseModel):
    """One home for rent, as the inventory knows it."""

    model_config = ConfigDict(extra="forbid")

    listing_id: str
    external_id: str | None = None
    community_id: str
    name: str
    """The property's name; several units may share it."""
    unit: str | None = None
    area: str | None = None
    address: str = ""
    rent: int = Field(ge=1, le=200_000)
    """Whole US dollars a month."""
    bedrooms: int = Field(ge=0, le=20)
    """0 is a studio."""
    bathrooms: float = Field(ge=0, le=20)
    square_feet: int | None = Field(default=None, ge=50, le=100_000)
    pets: bool | None = None
    furnished: bool | None = None
    parking: bool | None = None
    in_unit_laundry: bool | None = None
    phone: str | None = None
    """The property's public number."""
    description: str = ""
    features: list[str] = Field(default_factory=list)
    available: bool = True
    available_from: date | None = None
    updated_at: datetime


class ListingQuery(BaseModel):
    """What to search for; None and empty mean "any"."""

    model_config = ConfigDict(extra="forbid")

    areas: list[str] = Field(default_factory=list)
    bedrooms: int | None = None
    """Exactly this many."""
    bathrooms: float | None = None
    """At least this many; exactly with `exact_bathrooms`."""
    max_rent: int | None = None
    pets: bool | None = None
    furnished: bool | None = None
    parking: bool | None = None
    in_unit_laundry: bool | None = None
    available_by: date | None = None
    q: str | None = None
    """Free text over name, unit, address, features and description."""
    community_id: str | None = None
