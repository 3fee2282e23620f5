from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field


class Event(BaseModel):
    """Something that happened in a thread, for whoever listens."""

    type: str
    """As in the action table: tour.booked, handoff.requested, thread.stage_changed, …"""
    data: dict[str, Any] = Field(default_factory=dict)


class StoredEvent(Event):
    thread_id: str
    seq: int
    """Counts from 0 in every thread, without gaps."""
    at: datetime
