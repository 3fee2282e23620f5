"""Whose tenant it is, and which community a conversation, a listing or a tour belongs to."""

from datetime import datetime, time, timedelta

from agent.errors import Conflict, Duplicate, NotFound
from agent.kit.clock import Clock
from agent.tenants.models import (
    DEFAULT_COMMUNITY,
    DEFAULT_TENANT,
    WEEKDAYS,
    Community,
    Opening,
    Tenant,
)
from agent.tenants.store import TenantStore

KEPT = timedelta(seconds=5)
"""How long a process may act by settings that have been changed elsewhere."""


class TenantService:
    def __init__(self, store: TenantStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._kept: dict[str, tuple[datetime, Tenant]] = {}
        self._communities: dict[tuple[str, str], tuple[datetime, Community]] = {}

    async def tenant(self, tenant_id: str) -> Tenant:
        """The tenant; the default one is made on demand. Raises NotFound `tenant_not_found`."""
        tenant = await self._store.get(tenant_id)
        if tenant is None and tenant_id == DEFAULT_TENANT:
            tenant = Tenant(tenant_id=DEFAULT_TENANT, name="Latchkey Homes")
            await self._store.create(tenant_id, tenant)
        if tenant is None:
            raise NotFound(
                "tenant_not_found", f"There is no tenant {tenant_id[:80]!r}; add it first."
            )
        return tenant

    async def settings(self, tenant_id: str) -> Tenant:
        """The tenant as it was at most 5 s ago, for hot paths; do not change it."""
        now = self._clock.now()
        if kept := self._kept.get(tenant_id):
            read_at, tenant = kept
            if now - KEPT < read_at <= now:
                return tenant
        tenant = await self.tenant(tenant_id)
        self._kept[tenant_id] = now, tenant
        return tenant

    async def tenants(self) -> list[Tenant]:
        return await self._store.all()

    async def add(self, tenant: Tenant) -> None:
        """Raises Conflict `tenant_id_taken`."""
        if await self._store.get(tenant.tenant_id) is not None:
            raise Conflict("tenant_id_taken", f"There is a tenant {tenant.tenant_id!r} already.")
        await self._store.create(tenant.tenant_id, tenant)

    async def put(self, tenant: Tenant) -> None:
        await self._store.put(tenant.tenant_id, tenant)
        self._kept.pop(tenant.tenant_id, None)

    async def community(self, tenant_id: str, community_id: str | None = None) -> Community:
        """The named community, else the tenant's default one, made on demand.

        Raises NotFound `community_not_found`.
        """
        if community_id is None:
            community_id = (await self.tenant(tenant_id)).default_community
        community = await self._store.community(tenant_id, community_id)
        if community is None and community_id == DEFAULT_COMMUNITY:
            tenant = await self.tenant(tenant_id)
            community = default_community(tenant.name)
            await self._store.create_community(tenant_id, community)
        if community is None:
            raise _unknown(community_id)
        return community

    async def community_of(self, tenant_id: str, community_id: str) -> Community:
        """The same as it was at most 5 s ago, for hot paths; do not change it."""
        now, key = self._clock.now(), (tenant_id, community_id)
        if kept := self._communities.get(key):
            read_at, community = kept
            if now - KEPT < read_at <= now:
                return community
        community = await self.community(tenant_id, community_id)
        self._communities[key] = now, community
        return community

    async def communities(self, tenant_id: str) -> list[Community]:
        return await self._store.communities(tenant_id)

    async def put_community(self, tenant_id: str, community: Community) -> None:
        """Add or replace a community; raises Conflict `community_id_taken` by another tenant."""
        await self.tenant(tenant_id)
        self._communities.pop((tenant_id, community.community_id), None)
        try:
            await self._store.put_community(tenant_id, community)
        except Duplicate:
            raise Conflict(
                "community_id_taken",
                f"Choose another id; {community.community_id!r} names a community elsewhere.",
            ) from None

    async def site(self, community_id: str | None = None) -> tuple[str, Community]:
        """The tenant and community of a public site key; without one the default tenant's.

        Raises NotFound `community_not_found`.
        """
        if community_id is None or community_id == DEFAULT_COMMUNITY:
            return DEFAULT_TENANT, await self.community(DEFAULT_TENANT, community_id)
        owner = await self._store.owner(community_id)
        if owner is None:
            raise _unknown(community_id)
        return owner, await self.community(owner, community_id)


def default_community(name: str) -> Community:
    """Open Monday to Saturday 9 to 18 in Los Angeles time, one 30-minute tour at a time."""
    day = [Opening(opens=time(9), closes=time(18))]
    return Community(
        community_id=DEFAULT_COMMUNITY,
        name=name,
        hours={weekday: day for weekday in WEEKDAYS if weekday != "sun"},
    )


def _unknown(community_id: str) -> NotFound:
    return NotFound(
        "community_not_found",
        f"There is no community {community_id[:80]!r}; name another, or add it "
        "(`latchkey demo load` adds those of the demo).",
    )
