from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ListingDraft(BaseModel):
    """One home for rent as somebody writes it down; without ids its content identifies it."""

    model_config = ConfigDict(extra="forbid")

    listing_id: str | None = Field(default=None, max_length=200)
    external_id: str | None = Field(default=None, max_length=200)
    name: str = Field(min_length=1, max_length=200)
    """The property's name; several units may share it."""
    unit: str | None = Field(default=None, max_length=40)
    area: str | None = Field(default=None, max_length=120)
    address: str = Field(default="", max_length=300)
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
    phone: str | None = Field(default=None, max_length=60)
    """The property's public number."""
    description: str = Field(default="", max_length=20_000)
    features: list[str] = Field(default_factory=list, max_length=200)
    available: bool = True
    available_from: date | None = None


class Listing(ListingDraft):
    """One home for rent, as the inventory knows it."""

    listing_id: str
    community_id: str
    updated_at: datetime
    version: int = 1
    """Grows with every change."""

    @property
    def title(self) -> str:
        """The name a person would use: "Alder Row #214"."""
        return f"{self.name} #{self.unit}" if self.unit else self.name


class ListingQuery(BaseModel):
    """What to search for; None and empty mean "any", True and False mean exactly that."""

    model_config = ConfigDict(extra="forbid")

    areas: list[str] = Field(default_factory=list)
    bedrooms: int | None = None
    """Exactly this many."""
    bathrooms: float | None = None
    """At least this many; exactly with `exact_bathrooms`."""
    exact_bathrooms: bool = False
    max_rent: int | None = None
    pets: bool | None = None
    furnished: bool | None = None
    parking: bool | None = None
    in_unit_laundry: bool | None = None
    available_by: date | None = None
    q: str | None = None
    """Free text; every word must begin a word of name, unit, address, area, features or
    description."""
    community_id: str | None = None


class Relaxed(BaseModel):
    """What a search finds without the one wish that kept it empty."""

    dropped: str
    """The field of the query that was dropped."""
    query: ListingQuery
    listings: list[Listing]
    """The nearest first: by rent, or by the distance in bedrooms."""


Outcome = Literal["added", "updated", "unchanged"]


class UpsertResult(BaseModel):
    """What became of one draft."""

    listing_id: str
    outcome: Outcome
