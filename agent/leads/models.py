from datetime import UTC, date, datetime
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

Recorded = Annotated[
    AwareDatetime,
    Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2100, 1, 1, tzinfo=UTC)),
]
"""A moment that somebody may have lived to record."""


class LeadProfile(BaseModel):
    """What a lead is looking for. Nothing a fair-housing class could be read from."""

    model_config = ConfigDict(extra="forbid")

    budget: int | None = None
    """Highest rent, whole US dollars a month."""
    move_date: date | None = None
    areas: list[str] = Field(default_factory=list)
    bedrooms: int | None = None
    """0 is a studio."""
    bathrooms: float | None = None
    pets: bool | None = None
    furnished: bool | None = None
    parking: bool | None = None
    in_unit_laundry: bool | None = None
    lease_months: int | None = None
    occupants: int | None = None
    """A count, never who they are."""
    preferences: list[str] = Field(default_factory=list)
    tour_date: date | None = None
    property: str | None = None

    def known(self) -> dict[str, Any]:
        """What has been said, as plain JSON; nothing for what has not."""
        values = self.model_dump(mode="json", exclude_none=True)
        return {name: value for name, value in values.items() if value != []}


class Consent(BaseModel):
    """A recorded consent to be texted: the exact words shown, when, and through what."""

    sms: bool = False
    text: str = ""
    at: datetime | None = None
    source: str = ""
    opted_out_at: datetime | None = None
    """When the lead asked to be written to no more; ends every channel."""
    introduced_at: datetime | None = None
    """When a text first told the lead who writes and how to stop it."""


class SaidConsent(BaseModel):
    """A consent to be texted, as another program tells of it: none without its words."""

    sms: bool = False
    """Whether the lead agreed to be texted."""
    text: str = Field(default="", max_length=2000)
    """The exact words that the lead agreed to."""
    source: str = Field(default="", max_length=200)
    """Where: the form, the call, …"""
    at: Recorded | None = None
    """When; default: now. Only a dated consent ends an opt-out, if it is later."""

    @model_validator(mode="after")
    def _in_words(self) -> Self:
        if self.sms and not self.text.strip():
            raise ValueError("a consent needs the words the lead agreed to in text")
        return self

    def consent(self, source: str) -> Consent:
        """To be recorded; `source` stands in where none was said."""
        return Consent(sms=self.sms, text=self.text, source=self.source or source, at=self.at)


class ConsentRecord(BaseModel):
    """One change of a consent, kept whatever follows."""

    lead_id: str
    given: bool
    """False: withdrawn."""
    text: str
    """The words shown to the lead, or those the lead used."""
    source: str
    at: datetime
    phone: str | None = None
    """The keyed hash of the number."""


class Lead(BaseModel):
    """A prospective renter. Contact data lives in the vault under `contact_ref` only."""

    lead_id: str
    contact_ref: str | None = None
    hashes: dict[str, str] = Field(default_factory=dict)
    """Keyed HMACs: name, email, phone."""
    external_id: str | None = None
    source: str | None = None
    consent: Consent = Consent()
    profile: LeadProfile = Field(default_factory=LeadProfile)
    vouched: bool = False
    """Their address and number came from the tenant or from a site it trusts, not from a chat."""
    created_at: datetime
    updated_at: datetime

    @property
    def reachable(self) -> bool:
        """The vault knows an e-mail address or a phone number."""
        return bool({"email", "phone"} & self.hashes.keys())
