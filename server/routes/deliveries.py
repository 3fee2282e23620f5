"""What is on its way out: approved actions and events for subscribers."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from agent.outbox.models import Delivery, DeliveryState
from server.actors import Actor
from server.deps import Id, TheServices, scoped
from server.errors import problems
from server.listed import Cursor, Limit, Listed
from server.scopes import Scope

router = APIRouter(prefix="/api/deliveries", tags=["deliveries"])

Reader = Annotated[Actor, Depends(scoped(Scope.ACTIONS_READ))]
Writer = Annotated[Actor, Depends(scoped(Scope.ACTIONS_WRITE))]
Filter = Annotated[str | None, Query(max_length=200)]


class DeliveryItem(BaseModel):
    delivery_id: str
    action_id: str | None
    """null: an event for a subscriber"""
    action: str
    """The action, or the type of the event."""
    thread_id: str
    connector: str
    subscription_id: str | None
    status: DeliveryState
    attempts: int
    error: str | None
    due_at: datetime
    """When it is tried next, while it is pending or failed."""
    created_at: datetime
    done_at: datetime | None

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryItem":
        return cls.model_validate(
            {**dict(delivery), "status": delivery.state, "subscription_id": delivery.lane}
        )


@router.get("", summary="Deliveries, the newest first", responses=problems(401, 403))
async def list_deliveries(
    services: TheServices,
    actor: Reader,
    status: DeliveryState | None = None,
    action_id: Filter = None,
    thread_id: Filter = None,
    subscription_id: Filter = None,
    connector: Literal["record", "zapier", "composio", "webhook"] | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Listed[DeliveryItem]:
    page = await services.outbox.store.page(
        actor.tenant_id,
        state=status,
        action_id=action_id,
        thread_id=thread_id,
        lane=subscription_id,
        connector=connector,
        limit=limit,
        cursor=cursor,
    )
    return Listed(
        items=[DeliveryItem.of(delivery) for delivery in page.items], next_cursor=page.next_cursor
    )


@router.post(
    "/{delivery_id}/replay",
    summary="Send what is dead, unknown or failed anew",
    responses=problems(401, 403, 404, 409),
)
async def replay(services: TheServices, actor: Writer, delivery_id: Id) -> DeliveryItem:
    return DeliveryItem.of(
        await services.outbox.replay(actor.tenant_id, delivery_id, actor=actor.name)
    )
