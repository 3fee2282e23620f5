"""What a caller gets back from the runtime; field names are the HTTP contract's."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from agent.approvals.models import ApprovalStatus
from agent.audit.models import Why
from agent.leads.models import LeadProfile
from agent.tenants.models import Community
from agent.threads.models import Stage, ThreadStatus


class OfferedListing(BaseModel):
    listing_id: str
    name: str
    area: str | None
    address: str
    rent: int
    bedrooms: int
    bathrooms: float
    reason: str
    """Why it is offered: the wishes it meets."""


class OfferedSlot(BaseModel):
    slot_id: str
    label: str
    starts_at: datetime
    ends_at: datetime


class PendingAction(BaseModel):
    action_id: str
    action: str
    args: dict[str, Any]
    status: ApprovalStatus


class Answer(BaseModel):
    """The reply to one message, the same for every message that was answered together."""

    thread_id: str
    turn_index: int
    message_id: str
    coalesced: list[str] = Field(default_factory=list)
    """message_ids answered together with this one."""
    stage: Stage
    reply: str
    listings: list[OfferedListing] = Field(default_factory=list)
    slots: list[OfferedSlot] = Field(default_factory=list)
    pending_actions: list[PendingAction] = Field(default_factory=list)
    profile: LeadProfile
    why: Why


class Started(BaseModel):
    thread_id: str
    lead_id: str
    community: Community
    disclosure: str
    stage: Stage
    answer: Answer | None = None


class ThreadView(BaseModel):
    """What a visitor may see of their own thread besides its messages."""

    thread_id: str
    stage: Stage
    status: ThreadStatus
    profile: LeadProfile
    shortlist: list[OfferedListing]
    pending_actions: list[PendingAction]


class Acted(BaseModel):
    action_id: str | None
    status: Literal["pending", "done"]


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One server-sent event of a streamed reply: accepted, stage, token, reset, listings, slots,
    pending, done or error."""

    event: str
    data: dict[str, Any]
