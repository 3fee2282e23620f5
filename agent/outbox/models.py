from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from pydantic import BaseModel, Field

from agent.kit.retry import Retry


class DeliveryState(StrEnum):
    PENDING = "pending"
    LEASED = "leased"
    DONE = "done"
    FAILED = "failed"  # will be tried again at `due_at`
    DEAD = "dead"
    UNKNOWN = "unknown"  # it may have arrived; a person must look
    CANCELED = "canceled"  # taken back before anybody tried


class Delivery(BaseModel):
    """An approved action, or an event for a subscriber, on its way to the outside."""

    delivery_id: str
    key: str
    """The idempotency key; one row a key, for ever."""
    action_id: str | None = None
    """None: an event."""
    action: str
    """The name of the action, or the type of the event."""
    args: dict[str, Any]
    """Of an event: what its subscriber is told."""
    args_hash: str
    thread_id: str
    connector: str = "record"
    lane: str | None = None
    """The subscription it goes to; those of one lane go one after the other, by `position`."""
    position: int = 0
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    due_at: datetime
    """While leased: the end of the lease."""
    fence: int = 0
    error: str | None = None
    reference: str | None = None
    """What the provider calls the thing it made."""
    created_at: datetime
    done_at: datetime | None = None


class Refused(Exception):
    """The provider will never take this; do not try again. Its text is kept: nothing personal."""


class Held(Exception):
    """It may not leave yet; it is tried again at `until`, which counts as no attempt."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"held until {until.isoformat()}")
        self.until = until


class Readdressed(Exception):
    """It goes to each of `lanes`; nothing was sent yet."""

    def __init__(self, lanes: Sequence[str]) -> None:
        super().__init__(lanes)
        self.lanes = list(lanes)


class Connector(Protocol):
    """A way out of the house."""

    name: str
    idempotent: bool
    """Whether the provider drops a second delivery of the same key."""
    retry: Retry

    async def deliver(self, tenant_id: str, delivery: Delivery) -> str | None:
        """Hand it over once; returns what the provider calls the thing it made, if it does.

        Raises Refused for good; TooBusy or Unavailable where it certainly did not arrive, to be
        tried again; Readdressed where its lane is not known yet. After anything else it may have
        arrived: it is tried again only where the provider is idempotent.
        """
        ...


class Sent(BaseModel):
    """What the `record` connector would have sent."""

    key: str
    action: str
    args: dict[str, Any] = Field(default_factory=dict)
    at: datetime


class Told(BaseModel):
    """An event and the subscription that is told of it."""

    lane: str
    key: str
    type: str
    thread_id: str
    payload: dict[str, Any]
