from datetime import datetime
from typing import Any, Literal

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
    thread_id: str | None = None
    """The conversation it belongs to, where there is one."""
    actor: str
    data: dict[str, Any] = Field(default_factory=dict)


class SealedRecord(AuditRecord):
    """A record as it is read back."""

    seq: int | None = None
    """Its place in the tenant's chain, from 1; None until it is sealed, within seconds."""


class Head(BaseModel):
    """The end of a tenant's chain."""

    seq: int
    hash: str
    signature: str


class Broken(BaseModel):
    """The first place where a chain is not what was written."""

    seq: int
    reason: Literal[
        "edited",
        "missing",
        "reordered",
        "forged",
        "added",
        "truncated",
        "head_invalid",
        "anchor_invalid",
    ]
    audit_id: str | None = None
    """Of the record that stands there, if one does."""


class Verdict(BaseModel):
    tenant_id: str
    records: int
    """How many were found in order."""
    broken: Broken | None = None
