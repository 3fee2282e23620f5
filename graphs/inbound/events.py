"""What the data of an inbound event may say; unknown fields are left out."""

from typing import Annotated, Literal

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from agent.leads.models import LeadProfile, Recorded, SaidConsent
from agent.privacy.models import Contact
from agent.privacy.phones import e164
from agent.tours.models import TourStatus

_Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:/-]{1,200}$")]
_Name = Annotated[str, Field(min_length=1, max_length=200)]
_Told = Literal[
    TourStatus.BOOKED,
    TourStatus.VISITED,
    TourStatus.CANCELED_BY_MANAGER,
    TourStatus.CANCELED_BY_RENTER,
    TourStatus.NO_SHOW,
]


class _Person(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    name: str | None = Field(default=None, max_length=200)
    email: str | None = Field(default=None, max_length=320, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    phone: str | None = Field(default=None, max_length=40)
    external_id: _Id | None = None
    """The lead's id in the program that tells."""
    community: _Name | None = None
    """Default: the tenant's default community."""

    @field_validator("phone")
    @classmethod
    def _number(cls, phone: str | None) -> str | None:
        if not phone:
            return None
        number = e164(phone)
        if number is None:
            raise ValueError("no phone number; write it as +15035550142")
        return number

    def contact(self) -> Contact:
        return Contact(name=self.name or None, email=self.email, phone=self.phone)


class LeadCreated(_Person):
    source: _Name | None = None
    consent: SaidConsent | None = None
    profile: LeadProfile = Field(default_factory=LeadProfile)
    message: str | None = None
    """What the lead wrote; the agent answers it in a new thread."""


class MessageReceived(_Person):
    channel: Literal["sms", "email", "chat"]
    text: str = Field(validation_alias=AliasChoices("text", "message"))
    thread_id: _Id | None = None
    """Default: the lead's newest open thread of this channel, or a new one."""

    @model_validator(mode="before")
    @classmethod
    def _from(cls, data: object) -> object:
        """`from` is the number of a text and the address of an e-mail."""
        if not isinstance(data, dict) or not isinstance(data.get("from"), str):
            return data
        kind = "phone" if data.get("channel") == "sms" else "email"
        return {kind: data["from"], **data}

    @model_validator(mode="after")
    def _somebody(self) -> "MessageReceived":
        needed = {"sms": self.phone, "email": self.email}
        known = self.thread_id or needed.get(self.channel, self.phone or self.email)
        if not (known or self.external_id):
            raise ValueError("say who wrote: phone, email, external_id or thread_id")
        return self


class TourUpdated(BaseModel):
    model_config = ConfigDict(extra="ignore")

    tour_id: _Id
    status: _Told | None = None
    starts_at: Recorded | None = None
    updated_at: Recorded | None = None
    """When it changed there; default: when the webhook was signed. Older news is left out."""


class Envelope(BaseModel):
    """The body of an inbound webhook."""

    model_config = ConfigDict(extra="ignore")

    type: str = Field(min_length=1, max_length=100)
    data: dict[str, object] = Field(default_factory=dict)


EVENTS: dict[str, type[LeadCreated | MessageReceived | TourUpdated]] = {
    "lead.created": LeadCreated,
    "message.received": MessageReceived,
    "tour.updated": TourUpdated,
}
