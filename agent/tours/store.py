"""Every query of tours. `active` marks the rows that hold a seat, for the unique index."""

from datetime import datetime, timedelta
from typing import Any

from agent.mongo.paging import Order, Page, page
from agent.mongo.repository import Collection, Repository
from agent.tours.models import Tour, TourQuery, TourStatus

_LONGEST = timedelta(hours=8)
"""No tour and its buffer are longer."""
_ORDER = Order(at="starts_at", key="tour_id")


class TourStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def get(self, tenant_id: str, tour_id: str) -> Tour | None:
        row = await self._tours(tenant_id).find_one({"tour_id": tour_id})
        return Tour.model_validate(row) if row else None

    async def insert(self, tenant_id: str, tour: Tour) -> None:
        """Write a new tour; raises Duplicate when its seat or id is taken."""
        await self._tours(tenant_id).insert(_document(tour))

    async def save(self, tenant_id: str, tour: Tour) -> None:
        await self._tours(tenant_id).update({"tour_id": tour.tour_id}, {"$set": _document(tour)})

    async def holding(
        self, tenant_id: str, community_id: str, start: datetime, end: datetime
    ) -> list[Tour]:
        """Tours with a seat at some moment between `start` and `end`, lapsed holds included."""
        rows = await self._tours(tenant_id).find(
            {
                "active": True,
                "community_id": community_id,
                "starts_at": {"$gt": start - _LONGEST, "$lt": end},
                "ends_at": {"$gt": start},
            }
        )
        return [Tour.model_validate(row) for row in rows]

    async def holds_for(self, tenant_id: str, tour_id: str) -> list[Tour]:
        """Holds that keep a new time for this tour."""
        rows = await self._tours(tenant_id).find(
            {"replaces": tour_id, "status": TourStatus.PROPOSED}
        )
        return [Tour.model_validate(row) for row in rows]

    async def find(self, tenant_id: str, query: TourQuery, *, limit: int) -> list[Tour]:
        rows = await self._tours(tenant_id).find(
            _filter(query), sort=[("starts_at", 1), ("tour_id", 1)], limit=limit
        )
        return [Tour.model_validate(row) for row in rows]

    async def page(
        self, tenant_id: str, query: TourQuery, *, limit: int, cursor: str | None
    ) -> Page[Tour]:
        return await page(
            self._tours(tenant_id), Tour, _filter(query), _ORDER, limit=limit, cursor=cursor
        )

    async def to_remind(self, now: datetime, *, limit: int = 100) -> list[tuple[str, str]]:
        """(tenant_id, tour_id) of every tenant's tours with a reminder due."""
        rows = await self._repository.across_tenants("tours").find(
            {"remind_at": {"$lte": now}}, sort=[("remind_at", 1)], limit=limit
        )
        return [(row["tenant_id"], row["tour_id"]) for row in rows]

    async def use_link(self, tenant_id: str, link_id: str, expires_at: datetime) -> None:
        """Note that a link was used; raises Duplicate when it was before."""
        await self._repository.scoped("tour_links", tenant_id).insert(
            {"link_id": link_id, "expires_at": expires_at}
        )

    async def link_used(self, tenant_id: str, link_id: str) -> bool:
        row = await self._repository.scoped("tour_links", tenant_id).find_one({"link_id": link_id})
        return row is not None

    async def release_lapsed(self, now: datetime) -> int:
        """Free the seats of every tenant's holds that ended; how many."""
        matched: int = await self._repository.across_tenants("tours").update_many(
            {"active": True, "status": TourStatus.PROPOSED, "hold_until": {"$lte": now}},
            {"$set": {"active": False, "seat": None, "updated_at": now}, "$inc": {"version": 1}},
        )
        return matched

    def _tours(self, tenant_id: str) -> Collection:
        return self._repository.scoped("tours", tenant_id)


def _document(tour: Tour) -> dict[str, Any]:
    return {**tour.model_dump(), "active": tour.seat is not None}


def _filter(query: TourQuery) -> dict[str, Any]:
    # a hold that only keeps a new time for another tour is no tour of its own
    wanted: dict[str, Any] = {"replaces": None}
    if query.community_id is not None:
        wanted["community_id"] = query.community_id
    if query.thread_id is not None:
        wanted["thread_id"] = query.thread_id
    if query.statuses:
        wanted["status"] = {"$in": query.statuses}
    if query.starts_from is not None:
        wanted.setdefault("starts_at", {})["$gte"] = query.starts_from
    if query.starts_before is not None:
        wanted.setdefault("starts_at", {})["$lt"] = query.starts_before
    return wanted
