"""Every query of listings, and the version that tells caches of their names to read again."""

import base64
import json
import re
from collections.abc import Sequence
from typing import Any

from agent.listings.keys import (
    area_key,
    content_digest,
    listing_words,
    place_pattern,
    plain,
    words,
)
from agent.listings.models import Listing, ListingQuery
from agent.mongo.paging import Page, cursor_invalid
from agent.mongo.repository import Collection, Repository

_DERIVED = ("area_key", "place", "words", "digest")
_STORED = {"tenant_id": 0, **dict.fromkeys(_DERIVED, 0)}
_ORDER = [("rent", 1), ("name", 1), ("listing_id", 1)]
_FLAGS = ("pets", "furnished", "parking", "in_unit_laundry")


class ListingStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def get(self, tenant_id: str, listing_id: str) -> Listing | None:
        row = await self._listings(tenant_id).find_one(
            {"listing_id": listing_id}, projection=_STORED
        )
        return Listing.model_validate(row) if row else None

    async def by_ids(self, tenant_id: str, listing_ids: Sequence[str]) -> list[Listing]:
        """Those that exist, in the order asked for."""
        rows = await self._listings(tenant_id).find(
            {"listing_id": {"$in": list(listing_ids)}}, projection=_STORED
        )
        found = {row["listing_id"]: Listing.model_validate(row) for row in rows}
        return [found[listing_id] for listing_id in listing_ids if listing_id in found]

    async def search(
        self, tenant_id: str, query: ListingQuery, *, limit: int = 50
    ) -> list[Listing]:
        """Available homes that meet every condition; by rent, name, id."""
        rows = await self._listings(tenant_id).find(
            search_filter(query), projection=_STORED, sort=_ORDER, limit=limit
        )
        return [Listing.model_validate(row) for row in rows]

    async def page(
        self,
        tenant_id: str,
        query: ListingQuery,
        *,
        limit: int,
        cursor: str | None,
        unavailable: bool = False,
    ) -> Page[Listing]:
        """The same a page at a time; with `unavailable` homes that are not for rent too."""
        wanted = search_filter(query, unavailable=unavailable)
        if cursor is not None:
            wanted["$and"].append(_behind(cursor))
        rows = await self._listings(tenant_id).find(
            wanted, projection=_STORED, sort=_ORDER, limit=limit + 1
        )
        found = [Listing.model_validate(row) for row in rows[:limit]]
        return Page(found, _cursor(found[-1]) if len(rows) > limit else None)

    async def digests(
        self, tenant_id: str, listing_ids: Sequence[str]
    ) -> dict[str, tuple[str, int]]:
        """listing_id -> digest and version of what is stored, for those that exist."""
        rows = await self._listings(tenant_id).find(
            {"listing_id": {"$in": list(listing_ids)}},
            projection={"listing_id": 1, "digest": 1, "version": 1},
        )
        return {row["listing_id"]: (row["digest"], row.get("version", 1)) for row in rows}

    async def ids_of(self, tenant_id: str, external_ids: Sequence[str]) -> dict[str, str]:
        """external_id -> listing_id, for those that exist."""
        rows = await self._listings(tenant_id).find(
            {"external_id": {"$in": list(external_ids)}},
            projection={"external_id": 1, "listing_id": 1},
        )
        return {row["external_id"]: row["listing_id"] for row in rows}

    async def put(self, tenant_id: str, listings: Sequence[Listing]) -> None:
        """Add or replace listings by their id, and tell readers of `version`."""
        await self._listings(tenant_id).bulk_upsert(
            ["listing_id"], [_document(x) for x in listings]
        )
        await self._versions(tenant_id).update({}, {"$inc": {"version": 1}}, upsert=True)

    async def version(self, tenant_id: str) -> int:
        """Grows with every write of the tenant's inventory."""
        row = await self._versions(tenant_id).find_one({})
        return int(row["version"]) if row else 0

    async def names(self, tenant_id: str) -> tuple[list[str], list[str]]:
        """Every area and every property name."""
        listings = self._listings(tenant_id)
        areas = await listings.distinct("area", {"area": {"$ne": None}})
        return areas, await listings.distinct("name", {})

    async def published(self, tenant_id: str) -> tuple[list[str], list[str]]:
        """Every address and property name, and every phone number."""
        listings = self._listings(tenant_id)
        places = await listings.distinct("address", {}) + await listings.distinct("name", {})
        return places, await listings.distinct("phone", {"phone": {"$ne": None}})

    def _listings(self, tenant_id: str) -> Collection:
        return self._repository.scoped("listings", tenant_id)

    def _versions(self, tenant_id: str) -> Collection:
        return self._repository.scoped("inventory_versions", tenant_id)


def search_filter(query: ListingQuery, *, unavailable: bool = False) -> dict[str, Any]:
    conditions: list[dict[str, Any]] = [{} if unavailable else {"available": True}]
    if query.community_id is not None:
        conditions.append({"community_id": query.community_id})
    if keys := [key for area in query.areas if (key := area_key(area))]:
        places = [{"area_key": None, "place": {"$regex": place_pattern(key)}} for key in keys]
        conditions.append({"$or": [{"area_key": {"$in": keys}}, *places]})
    if query.bedrooms is not None:
        conditions.append({"bedrooms": query.bedrooms})
    if query.bathrooms is not None:
        operator = "$eq" if query.exact_bathrooms else "$gte"
        conditions.append({"bathrooms": {operator: query.bathrooms}})
    if query.max_rent is not None:
        conditions.append({"rent": {"$lte": query.max_rent}})
    conditions += [{flag: value} for flag in _FLAGS if (value := getattr(query, flag)) is not None]
    if query.available_by is not None:
        by = query.available_by.isoformat()
        conditions.append({"$or": [{"available_from": None}, {"available_from": {"$lte": by}}]})
    if query.q:
        conditions += [{"words": {"$regex": _word_pattern(word)}} for word in words(query.q)]
    return {"$and": conditions}


def _cursor(listing: Listing) -> str:
    place = json.dumps([listing.rent, listing.name, listing.listing_id])
    return base64.urlsafe_b64encode(place.encode()).decode()


def _behind(cursor: str) -> dict[str, Any]:
    try:
        rent, name, listing_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if not (type(rent) is int and type(name) is type(listing_id) is str):
            raise ValueError("not one of our cursors")
    except (ValueError, TypeError, RecursionError):
        raise cursor_invalid() from None
    return {
        "$or": [
            {"rent": {"$gt": rent}},
            {"rent": rent, "name": {"$gt": name}},
            {"rent": rent, "name": name, "listing_id": {"$gt": listing_id}},
        ]
    }


def _word_pattern(word: str) -> str:
    # the beginning of a word finds it, but unit 1 is not unit 114
    return f"^{re.escape(word)}$" if word.isdigit() else f"^{re.escape(word)}"


def _document(listing: Listing) -> dict[str, Any]:
    document = listing.model_dump()
    if listing.available_from is not None:
        document["available_from"] = listing.available_from.isoformat()
    return {
        **document,
        "area_key": area_key(listing.area) if listing.area else None,
        "place": plain(listing.address),
        "words": listing_words(listing),
        "digest": content_digest(listing),
    }
