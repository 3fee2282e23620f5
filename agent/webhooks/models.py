from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field


class Subscription(BaseModel):
    """Who wants to hear of which events, and where."""

    subscription_id: str
    target_url: str
    events: list[str]
    """Types, sorted; as in agent/events/models.py."""
    expiration_date: datetime | None = None
    status: Literal["active", "disabled"] = "active"
    """disabled: it has not answered for days; subscribe anew."""
    failing_since: datetime | None = None
    created_at: datetime

    def takes(self, now: datetime) -> bool:
        return self.status == "active" and not self.expired(now)

    def expired(self, now: datetime) -> bool:
        return self.expiration_date is not None and self.expiration_date <= now


class Payload(BaseModel):
    """What a subscriber gets: of an event references only, never who somebody is."""

    id: str
    type: str
    timestamp: datetime
    data: dict[str, Any] = Field(default_factory=dict)
