"""Every query of knowledge. `indexed` is false while the search has not followed a change."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any

from agent.knowledge.models import Article, Kind
from agent.mongo.paging import Order, Page, page
from agent.mongo.repository import Collection, Repository

_ORDER = Order(at="updated_at", key="knowledge_id")


class KnowledgeStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def get(self, tenant_id: str, knowledge_id: str) -> Article | None:
        row = await self._rows(tenant_id).find_one({"knowledge_id": knowledge_id})
        return Article.model_validate(row) if row else None

    async def by_ids(self, tenant_id: str, knowledge_ids: Iterable[str]) -> dict[str, Article]:
        """knowledge_id -> article, for those that exist."""
        rows = await self._rows(tenant_id).find({"knowledge_id": {"$in": [*knowledge_ids]}})
        return {row["knowledge_id"]: Article.model_validate(row) for row in rows}

    async def page(
        self,
        tenant_id: str,
        *,
        kind: Kind | None = None,
        product: str | None = None,
        category: str | None = None,
        status: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Article]:
        """The newest first."""
        wanted = {"kind": kind, "product": product, "category": category, "status": status}
        query = {field: value for field, value in wanted.items() if value is not None}
        return await page(self._rows(tenant_id), Article, query, _ORDER, limit=limit, cursor=cursor)

    async def heads(self, tenant_id: str, knowledge_ids: Sequence[str]) -> list[dict[str, Any]]:
        """knowledge_id, digest, version, status and created_at of those that exist."""
        fields = ("knowledge_id", "digest", "version", "status", "created_at")
        return await self._rows(tenant_id).find(
            {"knowledge_id": {"$in": list(knowledge_ids)}}, projection=fields
        )

    async def write(self, tenant_id: str, articles: Sequence[Article]) -> None:
        """Add or replace articles by their id; the search has to follow."""
        rows = [{**article.model_dump(), "indexed": False} for article in articles]
        await self._rows(tenant_id).bulk_upsert(["knowledge_id"], rows)

    async def retire(self, tenant_id: str, knowledge_id: str, now: datetime) -> Article | None:
        """The article, retired by this call; None when it is not active."""
        row = await self._rows(tenant_id).find_and_update(
            {"knowledge_id": knowledge_id, "status": "active"},
            {
                "$set": {"status": "retired", "indexed": False, "updated_at": now},
                "$inc": {"version": 1},
            },
        )
        return Article.model_validate(row) if row else None

    async def behind(self, tenant_id: str, *, limit: int) -> list[Article]:
        """Those that the search has not followed yet."""
        rows = await self._rows(tenant_id).find({"indexed": False}, limit=limit)
        return [Article.model_validate(row) for row in rows]

    async def tenants_behind(self) -> list[str]:
        """Tenants whose search has to follow, for a background worker."""
        found: list[str] = await self._repository.across_tenants("knowledge").distinct(
            "tenant_id", {"indexed": False}
        )
        return found

    async def followed(self, tenant_id: str, articles: Sequence[Article]) -> int:
        """Note that the search has these very versions; how many of them still stand."""
        if not articles:
            return 0
        same = [
            {"knowledge_id": a.knowledge_id, "version": a.version, "digest": a.digest}
            for a in articles
        ]
        return await self._rows(tenant_id).update_many({"$or": same}, {"$set": {"indexed": True}})

    async def fell_behind(self, tenant_id: str, knowledge_ids: Sequence[str]) -> None:
        """Let the search follow these once more."""
        await self._rows(tenant_id).update_many(
            {"knowledge_id": {"$in": list(knowledge_ids)}}, {"$set": {"indexed": False}}
        )

    async def active(self, tenant_id: str, kind: Kind) -> AsyncIterator[Article]:
        rows = self._rows(tenant_id).stream({"kind": kind, "status": "active"})
        async for row in rows:
            yield Article.model_validate(row)

    def _rows(self, tenant_id: str) -> Collection:
        return self._repository.scoped("knowledge", tenant_id)
