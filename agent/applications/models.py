from datetime import datetime
from typing import Literal

from pydantic import BaseModel


class Application(BaseModel):
    """An application a lead has started. It is never judged here."""

    application_id: str
    thread_id: str
    lead_id: str
    listing_id: str
    community_id: str
    status: Literal["proposed", "started", "withdrawn"] = "proposed"
    criteria_version: str
    """The criteria shown before anything else."""
    disclosed_at: datetime
    """When criteria and fees were shown in the conversation."""
    fees: dict[str, int]
    """As disclosed, whole US dollars."""
    created_at: datetime
    updated_at: datetime
