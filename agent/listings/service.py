"""The rules of the inventory: what stands in when nothing matches, and which home a row is."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta

from agent.ai.understanding.models import Gazetteer
from agent.errors import Conflict, NotFound
from agent.kit.clock import Clock
from agent.kit.ids import stable_id
from agent.listings.keys import content_digest, plain
from agent.listings.models import (
    Listing,
    ListingDraft,
    ListingQuery,
    Outcome,
    Relaxed,
    UpsertResult,
)
from agent.listings.public import public_values
from agent.listings.store import ListingStore
from agent.mongo.paging import Page
from agent.mongo.repository import Repository

RELAXABLE = (
    "q",
    "furnished",
    "in_unit_laundry",
    "parking",
    "bathrooms",
    "available_by",
    "max_rent",
    "bedrooms",
    "areas",
    "pets",
)
"""Wishes in the order in which leads give them up most easily."""

SEEN = timedelta(seconds=1)
"""How long a process may read by what has been changed elsewhere."""
FOUND = 128
"""Searches whose result is kept as long as the inventory stays as it is."""
HOMES = 1_000
"""Homes that are kept as long."""


class ListingService:
    def __init__(self, repository: Repository, store: ListingStore, clock: Clock) -> None:
        self._repository = repository
        self._store = store
        self._clock = clock
        self._gazetteers: dict[str, tuple[int, Gazetteer]] = {}
        self._versions: dict[str, tuple[datetime, int]] = {}
        self._public: dict[str, tuple[int, frozenset[str]]] = {}
        self._found: OrderedDict[tuple[str, int, str], list[Listing]] = OrderedDict()
        self._homes: OrderedDict[tuple[str, int, str], Listing] = OrderedDict()

    async def search(
        self, tenant_id: str, query: ListingQuery, *, limit: int = 50
    ) -> list[Listing]:
        """Available homes that meet every condition; by rent, name, id. `limit` 0: all.

        As the inventory was at most a second ago.
        """
        if not limit:
            return await self._store.search(tenant_id, query, limit=0)
        version = await self._version(tenant_id)
        wanted = (tenant_id, version, f"{limit} {query.model_dump_json()}")
        found = self._found.get(wanted)
        if found is None:
            found = self._found[wanted] = await self._store.search(tenant_id, query, limit=limit)
            self._keep(tenant_id, version, found)
            if len(self._found) > FOUND:
                self._found.popitem(last=False)
        self._found.move_to_end(wanted)
        return list(found)

    async def get(self, tenant_id: str, listing_id: str) -> Listing:
        """Raises NotFound `listing_not_found`."""
        listing = await self._store.get(tenant_id, listing_id)
        if listing is None:
            raise _unknown(listing_id)
        return listing

    async def seen(self, tenant_id: str, listing_id: str) -> Listing:
        """The same as the inventory was at most a second ago, to talk about; do not change it."""
        found = await self.seen_by_ids(tenant_id, [listing_id])
        if not found:
            raise _unknown(listing_id)
        return found[0]

    async def seen_by_ids(self, tenant_id: str, listing_ids: Sequence[str]) -> list[Listing]:
        """Those that exist, in the order asked for, as they were at most a second ago."""
        version = await self._version(tenant_id)
        kept = {each: self._homes.get((tenant_id, version, each)) for each in listing_ids}
        missing = [each for each, home in kept.items() if home is None]
        if missing:
            read = await self._store.by_ids(tenant_id, missing)
            self._keep(tenant_id, version, read)
            kept |= {home.listing_id: home for home in read}
        return [home for each in listing_ids if (home := kept[each])]

    async def by_ids(self, tenant_id: str, listing_ids: Sequence[str]) -> list[Listing]:
        """Those that exist, in the order asked for."""
        return await self._store.by_ids(tenant_id, listing_ids)

    async def named(self, tenant_id: str, external_id: str) -> Listing | None:
        """The home that another program calls `external_id`, or that has this id."""
        ids = await self._store.ids_of(tenant_id, [external_id])
        return await self._store.get(tenant_id, ids.get(external_id, external_id))

    async def relaxed(
        self, tenant_id: str, query: ListingQuery, *, limit: int = 3
    ) -> Relaxed | None:
        """What dropping a single wish finds; None when no single one is to blame."""
        for wish in RELAXABLE:
            if getattr(query, wish) in (None, []):
                continue
            wider = query.model_copy(update={wish: [] if wish == "areas" else None})
            if wish == "bedrooms":
                found = await self._nearest_bedrooms(tenant_id, query, wider, limit)
            else:
                found = await self.search(tenant_id, wider, limit=limit)
            if found:
                return Relaxed(dropped=wish, query=wider, listings=found)
        return None

    async def gazetteer(self, tenant_id: str) -> Gazetteer:
        """The areas and property names of the inventory, unavailable homes included."""
        version = await self._version(tenant_id)
        cached = self._gazetteers.get(tenant_id)
        if cached is None or cached[0] != version:
            areas, properties = await self._store.names(tenant_id)
            cached = version, Gazetteer(frozenset(areas), frozenset(properties))
            self._gazetteers[tenant_id] = cached
        return cached[1]

    async def public(self, tenant_id: str) -> frozenset[str]:
        """Addresses and phones of the inventory, unavailable homes included; see `public.py`."""
        version = await self._version(tenant_id)
        cached = self._public.get(tenant_id)
        if cached is None or cached[0] != version:
            cached = version, public_values(*await self._store.published(tenant_id))
            self._public[tenant_id] = cached
        return cached[1]

    async def upsert(
        self, tenant_id: str, community_id: str, drafts: Sequence[ListingDraft]
    ) -> list[UpsertResult]:
        """Add or replace homes, all or none; one result a draft, in order.

        A home is known by its listing_id, else its external_id, else property, unit and address,
        else by all it says.
        """

        async def write() -> list[UpsertResult]:
            return await self._write(tenant_id, community_id, drafts)

        try:
            return await self._repository.transact(write)
        finally:
            self._versions.pop(tenant_id, None)

    def _keep(self, tenant_id: str, version: int, homes: Sequence[Listing]) -> None:
        for home in homes:
            self._homes[tenant_id, version, home.listing_id] = home
        while len(self._homes) > HOMES:
            self._homes.popitem(last=False)

    async def _version(self, tenant_id: str) -> int:
        """Of the inventory as it was at most a second ago."""
        now = self._clock.now()
        if kept := self._versions.get(tenant_id):
            read_at, version = kept
            if now - SEEN < read_at <= now:
                return version
        version = await self._store.version(tenant_id)
        self._versions[tenant_id] = now, version
        return version

    async def page(
        self,
        tenant_id: str,
        query: ListingQuery,
        *,
        limit: int,
        cursor: str | None = None,
        unavailable: bool = False,
    ) -> Page[Listing]:
        """What `search` finds, a page at a time; with `unavailable` homes not for rent too."""
        return await self._store.page(
            tenant_id, query, limit=limit, cursor=cursor, unavailable=unavailable
        )

    async def replace(
        self, tenant_id: str, listing_id: str, draft: ListingDraft, *, version: int
    ) -> Listing:
        """Write a home anew that is at `version`; raises NotFound, Conflict `listing_stale`."""

        async def write() -> Listing:
            standing = await self.get(tenant_id, listing_id)
            if standing.version != version:
                raise Conflict(
                    "listing_stale",
                    f"The listing is at version {standing.version}; read it again, then change it.",
                )
            revised = standing.model_copy(
                update={**dict(draft), "listing_id": listing_id, "version": version + 1}
            )
            if content_digest(revised) == content_digest(standing):
                return standing
            revised.updated_at = self._clock.now()
            await self._store.put(tenant_id, [revised])
            return revised

        try:
            return await self._repository.transact(write)
        finally:
            self._versions.pop(tenant_id, None)

    async def _nearest_bedrooms(
        self, tenant_id: str, query: ListingQuery, wider: ListingQuery, limit: int
    ) -> list[Listing]:
        found = await self._store.search(tenant_id, wider, limit=0)
        wished = query.bedrooms or 0
        return sorted(found, key=lambda listing: abs(listing.bedrooms - wished))[:limit]

    async def _write(
        self, tenant_id: str, community_id: str, drafts: Sequence[ListingDraft]
    ) -> list[UpsertResult]:
        listings = await self._identify(tenant_id, community_id, drafts)
        known = await self._store.digests(tenant_id, [x.listing_id for x in listings])
        changed: dict[str, Listing] = {}
        results = []
        for listing in listings:
            listing_id, now = listing.listing_id, content_digest(listing)
            before, version = known.get(listing_id, (None, 0))
            if before != now:
                known[listing_id] = now, version + 1
                changed[listing_id] = listing.model_copy(update={"version": version + 1})
            results.append(UpsertResult(listing_id=listing_id, outcome=_outcome(before, now)))
        if changed:
            await self._store.put(tenant_id, list(changed.values()))
        return results

    async def _identify(
        self, tenant_id: str, community_id: str, drafts: Sequence[ListingDraft]
    ) -> list[Listing]:
        external_ids = [d.external_id for d in drafts if d.external_id and not d.listing_id]
        known = await self._store.ids_of(tenant_id, external_ids) if external_ids else {}
        now = self._clock.now()
        return [
            Listing(
                **draft.model_dump(exclude={"listing_id"}),
                listing_id=draft.listing_id
                or known.get(draft.external_id or "")
                or _derived_id(community_id, draft),
                community_id=community_id,
                updated_at=now,
            )
            for draft in drafts
        ]


def _unknown(listing_id: str) -> NotFound:
    return NotFound("listing_not_found", f"There is no listing {listing_id[:80]!r}; search again.")


def _outcome(before: str | None, now: str) -> Outcome:
    if before is None:
        return "added"
    return "unchanged" if before == now else "updated"


def _derived_id(community_id: str, draft: ListingDraft) -> str:
    if draft.external_id:
        return stable_id("lst", "external", draft.external_id)
    if draft.unit:
        place = (plain(part) for part in (draft.name, draft.unit, draft.address))
        return stable_id("lst", "unit", community_id, *place)
    return stable_id("lst", "content", community_id, content_digest(draft))
