"""What the data of an inbound event may say; unknown fields are left out."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import (
    AliasChoices,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from agent.leads.models import Consent, LeadProfile
from agent.privacy.models import Contact
from agent.privacy.phones import e164
from agent.tours.models import TourStatus

_Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:/-]{1,200}$")]
_Name = Annotated[str, Field(min_length=1, max_length=200)]
_Moment = Annotated[
    AwareDatetime,
    Field(ge=datetime(2000, 1, 1, tzinfo=UTC), lt=datetime(2100, 1, 1, tzinfo=UTC)),
]
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


class SmsConsent(BaseModel):
    model_config = ConfigDict(extra="ignore")

    sms: bool = False
    text: str = Field(default="", max_length=2000)
    """The exact words that the lead agreed to."""
    source: str = Field(default="", max_length=200)
    at: _Moment | None = None

    @model_validator(mode="after")
    def _in_words(self) -> "SmsConsent":
        if self.sms and not self.text.strip():
            raise ValueError("a consent needs the words the lead agreed to in text")
        return self

    def consent(self) -> Consent:
        return Consent(sms=self.sms, text=self.text, source=self.source or "webhook", at=self.at)


class LeadCreated(_Person):
    source: _Name | None = None
    consent: SmsConsent | None = None
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
    starts_at: _Moment | None = None
    updated_at: _Moment | None = None
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
