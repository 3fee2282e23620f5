"""Every query of knowledge. `indexed` is false while the search has not followed a change."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from agent.knowledge.models import Article, Kind, Likeness
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
        """knowledge_id, digest, kind, status and title of those that exist."""
        fields = ("knowledge_id", "digest", "kind", "status", "title")
        return await self._rows(tenant_id).find(
            {"knowledge_id": {"$in": list(knowledge_ids)}}, projection=fields
        )

    async def categories(self, tenant_id: str) -> list[str]:
        """Those that active entries are filed under."""
        found = await self._rows(tenant_id).distinct("category", {"status": "active"})
        return sorted(each for each in found if each)

    async def insert(self, tenant_id: str, article: Article) -> None:
        """Add an entry under an id of its own; an active one the search has to follow."""
        indexed = article.status != "active"
        await self._rows(tenant_id).insert({**article.model_dump(), "indexed": indexed})

    async def write(
        self, tenant_id: str, articles: Sequence[Article], replaced: Sequence[Article]
    ) -> None:
        """Add or replace articles by their id, keeping the `replaced` ones as versions.

        The search has to follow. Joins the caller's transaction.
        """
        await self._versions(tenant_id).insert_many([article.model_dump() for article in replaced])
        rows = [{**article.model_dump(), "indexed": False} for article in articles]
        await self._rows(tenant_id).bulk_upsert(["knowledge_id"], rows)

    async def change(
        self,
        tenant_id: str,
        standing: Article,
        changes: Mapping[str, Any],
        *,
        indexed: bool = False,
    ) -> Article | None:
        """Make a new version of `standing` and keep that one; None when it has moved on.

        The search has to follow, unless it is `indexed` already. Joins the caller's transaction.
        """
        row = await self._rows(tenant_id).find_and_update(
            {"knowledge_id": standing.knowledge_id, "version": standing.version},
            {"$set": {**changes, "indexed": indexed}, "$inc": {"version": 1}},
        )
        if row is None:
            return None
        await self._versions(tenant_id).insert(standing.model_dump())
        return Article.model_validate(row)

    async def erase(self, tenant_id: str, knowledge_id: str) -> None:
        """Delete an entry that the search never had, with its versions; joins the transaction."""
        for rows in (self._rows(tenant_id), self._versions(tenant_id)):
            await rows.delete_many({"knowledge_id": knowledge_id})

    async def versions(self, tenant_id: str, knowledge_id: str) -> list[Article]:
        """Those that were replaced, the newest first."""
        rows = await self._versions(tenant_id).find(
            {"knowledge_id": knowledge_id}, sort=[("version", -1)]
        )
        return [Article.model_validate(row) for row in rows]

    async def number(self, tenant_id: str, series: str) -> int:
        """The next number of a series, from 1, nobody else's; joins the caller's transaction.

        Without gaps: publishers of one tenant wait for each other.
        """
        row = await self._repository.scoped("counters", tenant_id).find_and_update(
            {"name": series}, {"$inc": {"last": 1}}, upsert=True
        )
        assert row is not None
        return int(row["last"])

    async def confirm(self, tenant_id: str, knowledge_ids: Sequence[str], now: datetime) -> None:
        """Note that a person has approved what rests on these."""
        await self._rows(tenant_id).update_many(
            {"knowledge_id": {"$in": list(knowledge_ids)}},
            {"$set": {"confirmed_at": now, "disputed": False}},
        )

    async def dispute(self, tenant_id: str, knowledge_ids: Sequence[str]) -> None:
        """Note that a person has rejected what rested on these."""
        await self._rows(tenant_id).update_many(
            {"knowledge_id": {"$in": list(knowledge_ids)}}, {"$set": {"disputed": True}}
        )

    async def liken(self, tenant_id: str, knowledge_id: str, likeness: Likeness) -> None:
        """Keep a proposal to merge, as long as nobody has changed the entry."""
        await self._rows(tenant_id).update(
            {"knowledge_id": knowledge_id, "version": 1},
            {"$set": {"similar_to": likeness.model_dump()}},
        )

    async def stale(
        self, tenant_id: str, before: datetime, *, limit: int, cursor: str | None
    ) -> Page[Article]:
        """Active ones that are disputed, or neither changed nor confirmed since; newest first."""
        unconfirmed = [{"confirmed_at": None}, {"confirmed_at": {"$lt": before}}]
        query = {
            "status": "active",
            "$or": [{"disputed": True}, {"updated_at": {"$lt": before}, "$or": unconfirmed}],
        }
        return await page(self._rows(tenant_id), Article, query, _ORDER, limit=limit, cursor=cursor)

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

    async def active(self, tenant_id: str, kinds: Sequence[Kind]) -> AsyncIterator[Article]:
        rows = self._rows(tenant_id).stream({"kind": {"$in": list(kinds)}, "status": "active"})
        async for row in rows:
            yield Article.model_validate(row)

    def _rows(self, tenant_id: str) -> Collection:
        return self._repository.scoped("knowledge", tenant_id)

    def _versions(self, tenant_id: str) -> Collection:
        return self._repository.scoped("knowledge_versions", tenant_id)
