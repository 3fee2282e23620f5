from datetime import datetime, timedelta
from typing import Any

from agent.mongo.paging import Order, Page, page
from agent.mongo.repository import Repository
from agent.outbox.models import Delivery, DeliveryState

OPEN = (DeliveryState.PENDING, DeliveryState.FAILED, DeliveryState.LEASED)

_ORDER = Order(at="created_at", key="delivery_id")


class OutboxStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def insert(self, tenant_id: str, delivery: Delivery) -> None:
        await self._rows(tenant_id).insert(delivery.model_dump(mode="python"))

    async def page(
        self,
        tenant_id: str,
        *,
        action_id: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Delivery]:
        query = {"action_id": action_id} if action_id else {}
        return await page(
            self._rows(tenant_id), Delivery, query, _ORDER, limit=limit, cursor=cursor
        )

    async def claim(
        self, now: datetime, *, lease: timedelta
    ) -> tuple[str, Delivery, DeliveryState] | None:
        """Take the row that is due longest: (tenant_id, row as leased, its state before)."""
        row = await self._repository.across_tenants("outbox").find_and_update(
            {"state": {"$in": OPEN}, "due_at": {"$lte": now}},
            {
                "$set": {"state": DeliveryState.LEASED, "due_at": now + lease},
                "$inc": {"fence": 1, "attempts": 1},
            },
            sort=[("due_at", 1)],
            before=True,
        )
        if row is None:
            return None
        before = Delivery.model_validate(row)
        leased = before.model_copy(
            update={
                "state": DeliveryState.LEASED,
                "fence": before.fence + 1,
                "attempts": before.attempts + 1,
            }
        )
        return row["tenant_id"], leased, before.state

    async def mark(self, tenant_id: str, delivery: Delivery, changes: dict[str, Any]) -> bool:
        """Write the outcome of an attempt, if the lease is still ours."""
        matched = await self._rows(tenant_id).update(
            {
                "delivery_id": delivery.delivery_id,
                "state": DeliveryState.LEASED,
                "fence": delivery.fence,
            },
            {"$set": changes},
        )
        return bool(matched)

    async def cancel(self, tenant_id: str, delivery_id: str, now: datetime) -> bool:
        """Close a row that is pending and was never tried."""
        matched = await self._rows(tenant_id).update(
            {"delivery_id": delivery_id, "state": DeliveryState.PENDING, "attempts": 0},
            {"$set": {"state": DeliveryState.CANCELED, "done_at": now}, "$inc": {"fence": 1}},
        )
        return bool(matched)

    def _rows(self, tenant_id: str) -> Any:
        return self._repository.scoped("outbox", tenant_id)
