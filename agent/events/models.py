from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

OUTBOUND = frozenset(
    {
        "tour.proposed",
        "tour.booked",
        "tour.rescheduled",
        "tour.canceled",
        "documents.requested",
        "application.started",
        "message.sent",
        "listing.favorited",
        "handoff.requested",
        "lead.created",
        "thread.started",
        "thread.stage_changed",
        "optout.received",
        "ticket.created",
        "ticket.approved",
        "ticket.rejected",
        "knowledge.published",
    }
)
"""The types that other programs may subscribe to."""


class Event(BaseModel):
    """Something that happened, for whoever listens."""

    type: str
    """As in the action table: tour.booked, handoff.requested, thread.stage_changed, …"""
    data: dict[str, Any] = Field(default_factory=dict)


class StoredEvent(Event):
    thread_id: str
    """An id of its own (`evt_…`) for what belongs to no thread."""
    seq: int
    """Counts from 0 in every thread, without gaps."""
    at: datetime
