from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field


class Model(BaseModel):
    """The model that was asked for a reply, and what all calls of that turn took."""

    name: str
    calls: int = 0
    input_tokens: int = 0
    """Of them `cached_tokens` were cached."""
    output_tokens: int = 0
    cached_tokens: int = 0


class Why(BaseModel):
    """Why a reply says what it says."""

    retrieved: list[str] = Field(default_factory=list)
    rules: list[str] = Field(default_factory=list)
    model: Model | None = None


class AuditRecord(BaseModel):
    """One fact that must be provable later; never changed, never personal."""

    audit_id: str
    at: datetime
    kind: str
    """noun.verb, such as approval.approved or delivery.done."""
    subject: str
    """The id it is about."""
    actor: str
    data: dict[str, Any] = Field(default_factory=dict)
