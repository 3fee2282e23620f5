"""Approved actions on their way out."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from agent.outbox.models import Delivery, DeliveryState
from server.actors import Actor
from server.deps import TheServices, scoped
from server.errors import problems
from server.listed import Cursor, Limit, Listed
from server.scopes import Scope

router = APIRouter(prefix="/api/deliveries", tags=["deliveries"])

Reader = Annotated[Actor, Depends(scoped(Scope.ACTIONS_READ))]


class DeliveryItem(BaseModel):
    delivery_id: str
    action_id: str
    action: str
    thread_id: str
    connector: str
    status: DeliveryState
    attempts: int
    error: str | None
    created_at: datetime
    done_at: datetime | None

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryItem":
        return cls.model_validate({**dict(delivery), "status": delivery.state})


@router.get("", summary="Deliveries, the newest first", responses=problems(401, 403))
async def list_deliveries(
    services: TheServices, actor: Reader, limit: Limit = 50, cursor: Cursor = None
) -> Listed[DeliveryItem]:
    page = await services.outbox.store.page(actor.tenant_id, limit=limit, cursor=cursor)
    return Listed(
        items=[DeliveryItem.of(delivery) for delivery in page.items], next_cursor=page.next_cursor
    )
