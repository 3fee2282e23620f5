from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field


class Source(BaseModel):
    """A program that may tell us of events; its id is unique over all tenants and in its URL."""

    source_id: str
    tenant_id: str
    name: str
    created_at: datetime
    rotated_at: datetime | None = None


class Secrets(BaseModel):
    """A source with the secrets it may sign with, the newest first."""

    source: Source
    sealed: Sequence[bytes]


class Receipt(BaseModel):
    """That a message of a source was taken in, kept for a day: it has no second effect."""

    source_id: str
    message_id: str
    type: str
    result: dict[str, Any] = Field(default_factory=dict)
    """Ids of what came of it."""
    received_at: datetime
