from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from agent.audit.models import AuditRecord, Head, SealedRecord
from agent.mongo.paging import Order, Page, page
from agent.mongo.repository import Collection, Repository

_ORDER = Order(at="at", key="audit_id")
_FREE = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class AuditStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def append(self, tenant_id: str, row: Mapping[str, Any]) -> None:
        await self._rows(tenant_id).insert({**row, "sealed": False})

    async def append_many(self, tenant_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
        await self._rows(tenant_id).insert_many([{**row, "sealed": False} for row in rows])

    async def about(self, tenant_id: str, subject: str) -> list[AuditRecord]:
        rows = await self._rows(tenant_id).find(
            {"subject": subject}, sort=[("at", 1), ("audit_id", 1)]
        )
        return [AuditRecord.model_validate(row) for row in rows]

    async def page(
        self,
        tenant_id: str,
        *,
        thread_id: str | None = None,
        actor: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[SealedRecord]:
        """The newest first; `thread_id` also finds what is about the thread itself."""
        query: dict[str, Any] = {}
        if thread_id is not None:
            query["$or"] = [{"thread_id": thread_id}, {"subject": thread_id}]
        if actor is not None:
            query["actor"] = actor
        times = {"$gte": since, "$lt": until}
        if times := {name: time for name, time in times.items() if time is not None}:
            query["at"] = times
        return await page(
            self._rows(tenant_id), SealedRecord, query, _ORDER, limit=limit, cursor=cursor
        )

    async def waiting(self) -> list[str]:
        """The tenants that have records without a place in their chain."""
        rows = self._repository.across_tenants("audit")
        return [str(tenant) for tenant in await rows.distinct("tenant_id", {"sealed": False})]

    async def tenants(self) -> set[str]:
        rows = self._repository.across_tenants("audit")
        return {str(tenant) for tenant in await rows.distinct("tenant_id", {})}

    async def unsealed(self, tenant_id: str, *, limit: int) -> list[dict[str, Any]]:
        """In the order in which they will be sealed."""
        return await self._rows(tenant_id).find(
            {"sealed": False}, sort=[("at", 1), ("audit_id", 1)], limit=limit
        )

    async def seal(self, tenant_id: str, links: Sequence[Mapping[str, Any]]) -> int:
        """Write `audit_id`, `seq` and `hash` of each link into its record; how many stood."""
        return await self._rows(tenant_id).bulk_update(
            ["audit_id"], [{**link, "sealed": True} for link in links]
        )

    async def sealed(
        self, tenant_id: str, *, after: int = 0, limit: int = 1_000
    ) -> list[dict[str, Any]]:
        """Whole rows by their number."""
        query: dict[str, Any] = {"sealed": {"$ne": False}}
        if after:
            query["seq"] = {"$not": {"$lte": after}}
        return await self._rows(tenant_id).find(query, sort=[("seq", 1)], limit=limit)

    async def head(self, tenant_id: str) -> Head | None:
        row = await self._heads(tenant_id).find_one({})
        return Head.model_validate(row) if row else None

    async def move_head(self, tenant_id: str, before: Head | None, head: Head) -> None:
        """Replace `before`, and let go of the lease; raises Duplicate when it is another one."""
        known = {"seq": before.seq} if before else {"seq": 0}
        await self._heads(tenant_id).update(
            known, {"$set": {**head.model_dump(), "leased_until": _FREE}}, upsert=True
        )

    async def lease(self, tenant_id: str, *, now: datetime, until: datetime) -> bool:
        """Whether the caller may seal now; a chain that has not begun needs no lease."""
        heads = self._heads(tenant_id)
        free = {"leased_until": {"$lte": now}}
        if await heads.update(free, {"$set": {"leased_until": until}}):
            return True
        return await heads.find_one({}) is None

    def _rows(self, tenant_id: str) -> Collection:
        return self._repository.scoped("audit", tenant_id)

    def _heads(self, tenant_id: str) -> Collection:
        return self._repository.scoped("audit_heads", tenant_id)
