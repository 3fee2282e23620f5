"""Every query of subscriptions."""

from datetime import datetime
from typing import Any

from agent.mongo.repository import Collection, Repository
from agent.webhooks.models import Subscription

_ACTIVE = {"status": "active"}


class SubscriptionStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def insert(
        self, tenant_id: str, subscription: Subscription, *, same: str, sealed: bytes
    ) -> None:
        """Raises Duplicate where a subscription with the same `same` stands."""
        row = subscription.model_dump(mode="python") | {"same": same, "secret": sealed}
        await self._rows(tenant_id).insert(row)

    async def standing(self, tenant_id: str, same: str) -> Subscription | None:
        row = await self._rows(tenant_id).find_one({"same": same})
        return Subscription.model_validate(row) if row else None

    async def get(self, tenant_id: str, subscription_id: str) -> tuple[Subscription, bytes] | None:
        """A subscription and its sealed secret."""
        row = await self._rows(tenant_id).find_one({"subscription_id": subscription_id})
        return (Subscription.model_validate(row), row["secret"]) if row else None

    async def all(self, tenant_id: str) -> list[Subscription]:
        rows = await self._rows(tenant_id).find(
            {}, sort=[("created_at", -1), ("subscription_id", -1)]
        )
        return [Subscription.model_validate(row) for row in rows]

    async def active(self, tenant_id: str) -> list[Subscription]:
        rows = await self._rows(tenant_id).find(_ACTIVE, sort=[("subscription_id", 1)])
        return [Subscription.model_validate(row) for row in rows]

    async def count(self, tenant_id: str) -> int:
        return await self._rows(tenant_id).count({})

    async def change(
        self,
        tenant_id: str,
        subscription_id: str,
        changes: dict[str, Any],
        *,
        only: dict[str, Any] | None = None,
    ) -> bool:
        """Whether it stood, as `only` says."""
        matched = await self._rows(tenant_id).update(
            {"subscription_id": subscription_id, **(only or {})}, {"$set": changes}
        )
        return bool(matched)

    async def remove(self, tenant_id: str, subscription_id: str) -> bool:
        return bool(await self._rows(tenant_id).delete_many({"subscription_id": subscription_id}))

    async def remove_expired(self, tenant_id: str, now: datetime) -> None:
        await self._rows(tenant_id).delete_many({"expiration_date": {"$lte": now}})

    def _rows(self, tenant_id: str) -> Collection:
        return self._repository.scoped("subscriptions", tenant_id)
