from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel


class TourStatus(StrEnum):
    PROPOSED = "proposed"  # held, waits for approval
    BOOKED = "booked"
    VISITED = "visited"
    CANCELED_BY_MANAGER = "canceled_by_manager"
    CANCELED_BY_RENTER = "canceled_by_renter"
    NO_SHOW = "no_show"


class Slot(BaseModel):
    """A free time for a tour of one listing."""

    slot_id: str
    label: str
    """As a person would say it, in the community's zone: "Tuesday, March 5 at 2:30 PM"."""
    starts_at: datetime
    ends_at: datetime


class Tour(BaseModel):
    tour_id: str
    thread_id: str
    lead_id: str
    listing_id: str
    community_id: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    status: TourStatus
    hold_until: datetime | None = None
    """While proposed: the slot is free again after this."""
    version: int = 1
    created_at: datetime
    updated_at: datetime
