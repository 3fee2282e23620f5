"""Every query of deliveries: what is due, who has it, what came of it."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from agent.kit.ids import new_id
from agent.mongo.paging import Order, Page, page
from agent.mongo.repository import Collection as Rows
from agent.mongo.repository import Repository
from agent.outbox.models import Delivery, DeliveryState

OPEN = (DeliveryState.PENDING, DeliveryState.FAILED, DeliveryState.LEASED)

log = logging.getLogger(__name__)

_ORDER = Order(at="created_at", key="delivery_id")


@dataclass(frozen=True, slots=True)
class Claim:
    tenant_id: str
    delivery: Delivery
    """As leased."""
    died: bool
    """Whoever had it before never said what came of it."""


class OutboxStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def insert(self, tenant_id: str, delivery: Delivery) -> None:
        await self._rows(tenant_id).insert(delivery.model_dump(mode="python") | {"open": True})

    async def insert_many(self, tenant_id: str, deliveries: Sequence[Delivery]) -> None:
        await self._rows(tenant_id).insert_many(
            [delivery.model_dump(mode="python") | {"open": True} for delivery in deliveries]
        )

    async def get(self, tenant_id: str, delivery_id: str) -> Delivery | None:
        row = await self._rows(tenant_id).find_one({"delivery_id": delivery_id})
        return Delivery.model_validate(row) if row else None

    async def page(
        self,
        tenant_id: str,
        *,
        action_id: str | None = None,
        thread_id: str | None = None,
        connector: str | None = None,
        state: DeliveryState | None = None,
        lane: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Delivery]:
        wanted = {
            "action_id": action_id,
            "thread_id": thread_id,
            "connector": connector,
            "state": state,
            "lane": lane,
        }
        query = {name: value for name, value in wanted.items() if value is not None}
        return await page(
            self._rows(tenant_id), Delivery, query, _ORDER, limit=limit, cursor=cursor
        )

    async def family(self, tenant_id: str, base: str, *, but: str) -> set[tuple[str, str | None]]:
        """(key, lane) of the row with the key `base` and of its siblings, `base@…`."""
        siblings = {"$gte": f"{base}@", "$lt": f"{base}A"}
        rows = await self._rows(tenant_id).find(
            {"$or": [{"key": base}, {"key": siblings}], "delivery_id": {"$ne": but}},
            projection=["key", "lane"],
        )
        return {(row["key"], row["lane"]) for row in rows}

    async def actions(
        self, tenant_id: str, action_ids: Collection[str], *, connector: str
    ) -> set[str]:
        """Those of `action_ids` that have a row for `connector`."""
        rows = await self._rows(tenant_id).find(
            {"action_id": {"$in": list(action_ids)}, "connector": connector},
            projection=["action_id"],
        )
        return {row["action_id"] for row in rows}

    async def reference(self, tenant_id: str, connector: str, tour_id: str) -> str | None:
        row = await self._rows(tenant_id).find_one(
            {"args.tour_id": tour_id, "connector": connector, "reference": {"$type": "string"}},
            sort=[("done_at", -1)],
        )
        return row["reference"] if row else None

    async def open(self, tenant_id: str) -> int:
        return await self._rows(tenant_id).count({"open": True})

    async def states(self, tenant_id: str) -> dict[str, int]:
        rows = await self._rows(tenant_id).aggregate(
            [{"$group": {"_id": "$state", "count": {"$sum": 1}}}]
        )
        return {row["_id"]: row["count"] for row in rows}

    async def positions(self, tenant_id: str, count: int) -> int:
        """The first of `count` positions nobody else gets; joins the caller's transaction.

        Positions are visible in their order: writers of one tenant wait for each other.
        """
        row = await self._repository.scoped("positions", tenant_id).find_and_update(
            {}, {"$inc": {"next": count}}, upsert=True
        )
        assert row is not None
        return int(row["next"]) - count

    async def claim(self, now: datetime, *, lease: timedelta, limit: int) -> list[Claim]:
        """Take at most `limit` rows that are due, of every lane only the foremost one."""
        rows = self._repository.across_tenants("outbox")
        due = await self._due(rows, now, limit)
        token, until = new_id("clm"), now + lease
        taken = 0
        for states in ((DeliveryState.PENDING, DeliveryState.FAILED), (DeliveryState.LEASED,)):
            ids = [row["delivery_id"] for row in due if row["state"] in states]
            if ids:
                taken += await rows.update_many(
                    {
                        "delivery_id": {"$in": ids},
                        "state": {"$in": states},
                        "due_at": {"$lte": now},
                    },
                    {
                        "$set": {"state": DeliveryState.LEASED, "due_at": until, "claim": token},
                        "$inc": {"fence": 1, "attempts": 1},
                    },
                )
        if taken < len(due):
            due = await self._mine(rows, due, token)
        leased = {"state": DeliveryState.LEASED, "due_at": until}
        claims = []
        for row in due:
            try:
                claims.append(_claimed(row, leased))
            except (KeyError, TypeError, ValidationError):
                log.error("delivery %s cannot be read; it is given up", row["delivery_id"])
                await self._bury(rows, row["delivery_id"], token, now)
        return claims

    async def _bury(self, rows: Rows, delivery_id: str, token: str, now: datetime) -> None:
        """Close a row that is no delivery, so that it holds up no lane."""
        dead = {"state": DeliveryState.DEAD, "error": "unreadable", "done_at": now, "open": False}
        await rows.update_many({"delivery_id": delivery_id, "claim": token}, {"$set": dead})

    async def _mine(
        self, rows: Rows, due: list[dict[str, Any]], token: str
    ) -> list[dict[str, Any]]:
        """Those of `due` that were claimed as they were read; others were faster at the rest."""
        ids = [row["delivery_id"] for row in due]
        claimed = await rows.find(
            {"delivery_id": {"$in": ids}, "claim": token}, projection=["delivery_id", "fence"]
        )
        fences = {row["delivery_id"]: row["fence"] for row in claimed}
        return [row for row in due if fences.get(row["delivery_id"]) == row["fence"] + 1]

    async def _due(self, rows: Rows, now: datetime, limit: int) -> list[dict[str, Any]]:
        """What could be claimed, the longest due first."""
        alone = await rows.find(
            {"open": True, "lane": None, "due_at": {"$lte": now}}, sort=[("due_at", 1)], limit=limit
        )
        foremost = await rows.aggregate(
            [
                {"$match": {"open": True, "lane": {"$gt": ""}}},
                {"$sort": {"lane": 1, "position": 1}},
                {"$group": {"_id": "$lane", "row": {"$first": "$$ROOT"}}},
                {"$match": {"row.due_at": {"$lte": now}}},
                {"$sort": {"row.due_at": 1}},
                {"$limit": limit},
            ]
        )
        due = [*alone, *(found["row"] for found in foremost)]
        return sorted(due, key=lambda row: row["due_at"])[:limit]

    async def held(self, tenant_id: str, deliveries: Sequence[Delivery]) -> set[tuple[str, int]]:
        """(delivery_id, fence) of the leases that stand, among those of `deliveries`."""
        ids = [delivery.delivery_id for delivery in deliveries]
        rows = await self._rows(tenant_id).find(
            {"delivery_id": {"$in": ids}, "state": DeliveryState.LEASED},
            projection=["delivery_id", "fence"],
        )
        return {(row["delivery_id"], row["fence"]) for row in rows}

    async def mark(
        self, tenant_id: str, changes: Sequence[tuple[Delivery, dict[str, Any]]]
    ) -> None:
        """Write what came of attempts, where the fence is still the delivery's."""
        await self._rows(tenant_id).bulk_update(
            ["delivery_id", "fence"],
            [
                {
                    "delivery_id": delivery.delivery_id,
                    "fence": delivery.fence,
                    **change,
                    "open": change["state"] in OPEN,
                }
                for delivery, change in changes
            ],
        )

    async def cancel(self, tenant_id: str, delivery_id: str, now: datetime) -> bool:
        """Close a row that is pending and was never tried."""
        matched = await self._rows(tenant_id).update(
            {"delivery_id": delivery_id, "state": DeliveryState.PENDING, "attempts": 0},
            {
                "$set": {"state": DeliveryState.CANCELED, "done_at": now, "open": False},
                "$inc": {"fence": 1},
            },
        )
        return bool(matched)

    async def reopen(self, tenant_id: str, delivery: Delivery, changes: dict[str, Any]) -> bool:
        """Make a row pending again, if it is still as `delivery` says."""
        matched = await self._rows(tenant_id).update(
            {
                "delivery_id": delivery.delivery_id,
                "state": delivery.state,
                "fence": delivery.fence,
            },
            {
                "$set": {**changes, "state": DeliveryState.PENDING, "open": True},
                "$inc": {"fence": 1},
            },
        )
        return bool(matched)

    def _rows(self, tenant_id: str) -> Rows:
        return self._repository.scoped("outbox", tenant_id)


def _claimed(row: Mapping[str, Any], leased: Mapping[str, Any]) -> Claim:
    counted = {"fence": row["fence"] + 1, "attempts": row["attempts"] + 1}
    return Claim(
        row["tenant_id"],
        Delivery.model_validate({**row, **leased, **counted}),
        row["state"] == DeliveryState.LEASED,
    )
