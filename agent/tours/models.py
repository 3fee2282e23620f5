from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


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


Missed = Literal["past", "too_soon", "too_far", "closed", "full"]
"""Why a wished date has no slot; "too_soon" is the minimum notice, "too_far" the horizon."""


class SlotOffer(BaseModel):
    """Times to propose, in order."""

    slots: list[Slot]
    missed: Missed | None = None
    """Set when a date was wished and no slot is on it."""


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
    seat: int | None = None
    """Which of the tours that the staff gives at this time; None: the time is not held."""
    replaces: str | None = None
    """tour_id of the tour that this hold keeps a new time for."""
    actions: list[str] = Field(default_factory=list)
    """action_ids of the approvals it rests on, the newest last."""
    moved_from: datetime | None = None
    """Its time before the last move."""
    remind_at: datetime | None = None
    """When the lead is reminded next; None: not any more."""
    reminders: list[str] = Field(default_factory=list)
    """delivery_ids of the reminders for its present time."""
    version: int = 1
    created_at: datetime
    updated_at: datetime

    def lapsed(self, now: datetime) -> bool:
        """Whether it was proposed and its hold has ended."""
        return (
            self.status is TourStatus.PROPOSED
            and self.hold_until is not None
            and self.hold_until <= now
        )


class TourQuery(BaseModel):
    """Which tours to list; None and empty mean "any"."""

    model_config = ConfigDict(extra="forbid")

    community_id: str | None = None
    thread_id: str | None = None
    statuses: list[TourStatus] = Field(default_factory=list)
    starts_from: datetime | None = None
    starts_before: datetime | None = None
