from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from pydantic import BaseModel, Field


class DeliveryState(StrEnum):
    PENDING = "pending"
    LEASED = "leased"
    DONE = "done"
    FAILED = "failed"  # will be tried again at `due_at`
    DEAD = "dead"
    UNKNOWN = "unknown"  # it may have arrived; a person must look
    CANCELED = "canceled"  # taken back before anybody tried


class Delivery(BaseModel):
    """An approved action on its way to the outside."""

    delivery_id: str
    key: str
    """`tenant:action_id`, the idempotency key; one row a key, for ever."""
    action_id: str
    action: str
    args: dict[str, Any]
    args_hash: str
    thread_id: str
    connector: str = "record"
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    due_at: datetime
    fence: int = 0
    error: str | None = None
    created_at: datetime
    done_at: datetime | None = None


class Refused(Exception):
    """The provider will never take this; do not try again. Its text is kept: nothing personal."""


class Held(Exception):
    """It may not leave yet; it is tried again at `until`, which counts as no attempt."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"held until {until.isoformat()}")
        self.until = until


class Connector(Protocol):
    """A way out of the house."""

    name: str
    idempotent: bool
    """Whether the provider drops a second delivery of the same key."""

    async def deliver(self, tenant_id: str, delivery: Delivery) -> None:
        """Hand it over once.

        Raises Refused for good; TooBusy or Unavailable where it certainly did not arrive, to be
        tried again. After anything else it may have arrived: it is tried again only where the
        provider is idempotent.
        """
        ...


class Sent(BaseModel):
    """What the `record` connector would have sent."""

    key: str
    action: str
    args: dict[str, Any] = Field(default_factory=dict)
    at: datetime
