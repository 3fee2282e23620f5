from datetime import datetime

from pydantic import BaseModel, Field


class ResponseTime(BaseModel):
    """Seconds from a lead's first words to the first reply of the agent or of staff."""

    p50: float | None
    p95: float | None


class TourCounts(BaseModel):
    """Tours asked for in the period, and what they are now."""

    proposed: int = 0
    """All of them; a move to another time is no new one."""
    booked: int = 0
    """Those that stand or took place."""
    visited: int = 0
    no_show: int = 0
    canceled: int = 0


class Waiting(BaseModel):
    """What waits for a person now, whenever it was proposed."""

    count: int = 0
    oldest_seconds: float | None = None
    mean_seconds: float | None = None


class Handoffs(BaseModel):
    rate: float | None
    """Of the conversations."""
    reasons: dict[str, int] = Field(default_factory=dict)
    """The most frequent ones; others under `other`."""


class Csat(BaseModel):
    average: float | None
    """1 to 5."""
    count: int


class Spent(BaseModel):
    usd: float
    """By list prices."""
    unpriced_tokens: int
    """Of models whose price is not known; not in `usd`."""
    per_lead_usd: float | None


class Funnel(BaseModel):
    """From the first word to the application; shares are null where there is nothing to share."""

    since: datetime
    until: datetime
    community_id: str | None
    leads: int
    """Who began a conversation in the period."""
    threads: int
    first_response_seconds: ResponseTime
    after_hours_share: float | None
    """Conversations whose first words came while the office was closed."""
    tours: TourCounts
    applications: int
    """Started."""
    opt_outs: int
    """Of those leads, who wants no more messages."""
    approvals_waiting: Waiting
    handoff: Handoffs
    csat: Csat
    action_success: float | None
    """Delivered, of what was approved and has come to an end."""
    retrieval_hit_rate: float | None
    """Answered from what is written down, of the questions that needed it."""
    cost: Spent


class Begun(BaseModel):
    """A conversation of the period."""

    thread_id: str
    lead_id: str
    community_id: str
    handoff_reason: str | None = None
    scores: list[int] = Field(default_factory=list)


class Talk(BaseModel):
    """What its messages say of a conversation."""

    asked_at: datetime | None
    """When the lead first wrote."""
    answered_at: datetime | None


class Tokens(BaseModel):
    """What one model took."""

    model: str
    fresh: int
    cached: int
    output: int
