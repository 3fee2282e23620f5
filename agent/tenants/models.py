import re
from datetime import date, time
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from agent.kit.ids import stable_id

DEFAULT_TENANT = "default"
DEFAULT_COMMUNITY = "default"
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
PerWindow = Annotated[int, Field(ge=0, le=10_000)]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _written(value: Any) -> Any:
    if not isinstance(value, str | time):
        raise ValueError("write it as 09:30")
    return value


WallTime = Annotated[
    time,
    BeforeValidator(_written),
    WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"}),
]
"""A time on the wall; the zone is the community's."""


class Opening(BaseModel):
    model_config = ConfigDict(extra="forbid")

    opens: WallTime
    closes: WallTime

    @model_validator(mode="after")
    def _ordered(self) -> "Opening":
        if self.opens >= self.closes:
            raise ValueError("opens must be before closes")
        return self


class TourRules(BaseModel):
    model_config = ConfigDict(extra="forbid")

    minutes: int = Field(default=30, ge=5, le=240)
    buffer_minutes: int = Field(default=0, ge=0, le=240)
    """Free time after each tour; slots start every `minutes + buffer_minutes`."""
    notice_minutes: int = Field(default=120, ge=0)
    """The earliest a tour may start after it is proposed."""
    capacity: int = Field(default=1, ge=1, le=10_000)
    """Tours the staff can give at the same time."""
    horizon_days: int = Field(default=30, ge=1, le=365)


class Fee(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    amount: int = Field(ge=0)
    """Whole US dollars."""
    note: str = ""
    pet: bool = False
    """Owed by those who bring a pet."""


class PetRules(BaseModel):
    model_config = ConfigDict(extra="forbid")

    allowed: bool = True
    text: str = ""
    """The rule in words, quoted as it is."""


class Criteria(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: str
    text: str
    """Quoted, never judged by."""


class Community(BaseModel):
    """A property with an office: where it is, when it is open, what its rules are."""

    model_config = ConfigDict(extra="forbid")

    community_id: str
    name: str
    zone: str = "America/Los_Angeles"
    """IANA time zone; every local time of the community is in it."""
    area: str = ""
    address: str = ""
    phone: str = ""
    hours: dict[Weekday, list[Opening]] = Field(default_factory=dict)
    """Days that are absent are closed."""
    holidays: list[date] = Field(default_factory=list)
    tour: TourRules = TourRules()
    policies: dict[str, str] = Field(default_factory=dict)
    """Topic (parking, smoking, utilities, lease_months, amenities, …) -> the answer, quoted."""
    pets: PetRules | None = None
    fees: list[Fee] = Field(default_factory=list)
    criteria: Criteria | None = None
    application_url: str = ""
    privacy_url: str = ""
    """Where the privacy notice of the community stands."""
    documents: list[str] = Field(default_factory=list)
    """Papers an application needs."""
    specials: list[str] = Field(default_factory=list)
    origins: list[str] = Field(default_factory=list)
    """Web origins whose pages may start a conversation; empty: any."""
    senior_housing: bool = False
    """Housing for older persons as the law defines it: only then may an age be named."""
    approval: dict[str, Literal["required", "auto"]] = Field(default_factory=dict)
    """Action -> whether a person must approve it; absent: required."""

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"{zone!r} is no IANA time zone, such as America/Denver") from None
        return zone

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def terms_id(self) -> str:
        """Identifies criteria and fees as they stand: what an applicant must have been shown."""
        return stable_id("terms", self.community_id, repr(self.criteria), repr(self.fees))


class QuietHours(BaseModel):
    """From when until when no text is sent, by the recipient's clock; both alike: never quiet."""

    model_config = ConfigDict(extra="forbid")

    starts: WallTime = time(21)
    ends: WallTime = time(8)


class RateLimits(BaseModel):
    """How often; 0: as often as they like. Browsers are what sends an Origin header."""

    model_config = ConfigDict(extra="forbid")

    address_messages_per_minute: PerWindow = 60
    """Messages of browsers at one address."""
    address_threads_per_hour: PerWindow = 10
    """Conversations that browsers at one address start."""
    thread_messages_per_minute: PerWindow = 20
    """Messages of browsers in one thread."""
    key_requests_per_minute: PerWindow = 0
    """Messages and starts of one API key or user."""
    address_logins_per_minute: PerWindow = 30
    """Attempts to log in from one address, whatever sends them."""
    account_logins_per_minute: PerWindow = 10
    """Attempts to log in to one account."""
    visitor_streams: PerWindow = 20
    """Streams of events that the visitor of a thread holds open at once, in one process."""


ExternalAction = Literal[
    "schedule_tour", "reschedule_tour", "cancel_tour", "request_docs", "apply_now", "send_message"
]


Toolkit = Literal["googlecalendar", "gmail", "twilio"]
_PINNED = "20251027_00"


class ComposioSettings(BaseModel):
    """Whose accounts Composio uses for a tenant, and which versions of its tools."""

    model_config = ConfigDict(extra="forbid")

    user_id: str = Field(default="default", min_length=1, max_length=200)
    versions: dict[Toolkit, str] = Field(default_factory=dict, validate_default=True)
    """Toolkit -> version; "latest" is none."""
    tools: dict[str, str] = Field(default_factory=dict, max_length=20)
    """Action -> another tool of the same toolkit; send_message:email and send_message:sms."""

    @field_validator("versions")
    @classmethod
    def _pinned(cls, versions: dict[Toolkit, str]) -> dict[Toolkit, str]:
        for version in versions.values():
            if not re.fullmatch(r"\d{8}_\d{2}", version):
                raise ValueError(f"{version!r} is no version of a toolkit, such as {_PINNED}")
        return {**dict.fromkeys(get_args(Toolkit), _PINNED), **versions}


class Retention(BaseModel):
    """After how many days something is removed; None: never."""

    model_config = ConfigDict(extra="forbid")

    leads: Annotated[int, Field(ge=1, le=36500)] | None = None
    """Nothing was heard of a lead: it is forgotten with all its conversations."""
    deliveries: Annotated[int, Field(ge=1, le=36500)] | None = None
    """Since a delivery ended."""
    approvals: Annotated[int, Field(ge=1, le=36500)] | None = None
    """Since an action was decided or expired."""
    tickets: Annotated[int, Field(ge=1, le=36500)] | None = None
    """Since a ticket was decided: its contact is forgotten with all that they said."""


class Tenant(BaseModel):
    """One customer of Latchkey; every document belongs to exactly one."""

    tenant_id: str
    name: str
    default_community: str = DEFAULT_COMMUNITY
    registration: Literal["open", "closed"] = "open"
    """Whether people may make their own accounts."""
    four_eyes: bool = False
    """Whether high-risk actions need two people, neither of whom proposed them."""
    undo_seconds: int = Field(default=0, ge=0, le=3600)
    """How long an approval can be taken back before it leaves the house."""
    approval_hours: dict[Literal["low", "medium", "high"], Annotated[int, Field(ge=1, le=720)]] = (
        Field(default_factory=dict)
    )
    """Risk -> how long a proposal waits for a person; absent: 24."""
    quiet_hours: QuietHours = QuietHours()
    retention: Retention = Retention()
    limits: RateLimits = RateLimits()
    connectors: dict[ExternalAction, Literal["record", "zapier", "composio"]] = Field(
        default_factory=dict
    )
    """Action -> what carries it out; absent: record, which sends nothing."""
    composio: ComposioSettings = ComposioSettings()
