"""Settings and communities as people change them: of the version they read, and fair."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agent.errors import Conflict, NotFound
from agent.mongo.repository import Repository
from agent.tenants.fair import require_fair
from agent.tenants.models import Community, Tenant
from agent.tenants.service import TenantService
from agent.tenants.store import TenantStore

NEW = 0
"""The version of a community that does not stand yet."""


@dataclass(frozen=True, slots=True)
class Settings:
    tenant: Tenant
    version: int


@dataclass(frozen=True, slots=True)
class Property:
    community: Community
    version: int


class TenantChanges:
    def __init__(self, repository: Repository, store: TenantStore, tenants: TenantService) -> None:
        self._repository = repository
        self._store = store
        self._tenants = tenants

    async def settings(self, tenant_id: str) -> Settings:
        tenant = await self._tenants.tenant(tenant_id)
        return Settings(tenant, await self._store.version(tenant_id))

    async def revise(self, tenant_id: str, changes: Mapping[str, Any], *, version: int) -> Settings:
        """Raises Conflict `tenant_stale`, NotFound `community_not_found`, pydantic's error."""

        async def write() -> Settings:
            now = await self.settings(tenant_id)
            if now.version != version:
                raise _stale("tenant", now.version)
            revised = Tenant.model_validate(now.tenant.model_dump() | dict(changes))
            if revised == now.tenant:
                return now
            await self._tenants.community(tenant_id, revised.default_community)
            await self._tenants.put(revised)
            return Settings(revised, version + 1)

        return await self._repository.transact(write)

    async def communities(self, tenant_id: str) -> list[Property]:
        """All, by their ids; the default one is made on demand."""
        await self._tenants.community(tenant_id)
        found = await self._tenants.communities(tenant_id)
        ids = [community.community_id for community in found]
        versions = await self._store.community_versions(tenant_id, ids)
        return [Property(each, versions.get(each.community_id, NEW)) for each in found]

    async def community(self, tenant_id: str, community_id: str) -> Property:
        community = await self._tenants.community(tenant_id, community_id)
        return Property(community, await self._version(tenant_id, community_id))

    async def save(
        self, tenant_id: str, community: Community, *, version: int | None = None
    ) -> Property:
        """Add or replace a community; with `version` only one that is at it, NEW for none.

        Raises Conflict `community_stale` or `community_id_taken`, InvalidInput `community_unfair`.
        """
        await asyncio.to_thread(require_fair, community)

        async def write() -> Property:
            standing = NEW
            try:
                standing = (await self.community(tenant_id, community.community_id)).version
            except NotFound:
                if version not in (None, NEW):
                    raise
            if version is not None and version != standing:
                raise _stale("community", standing)
            await self._tenants.put_community(tenant_id, community)
            return Property(community, standing + 1)

        return await self._repository.transact(write)

    async def _version(self, tenant_id: str, community_id: str) -> int:
        found = await self._store.community_versions(tenant_id, [community_id])
        return found.get(community_id, NEW)


def _stale(noun: str, version: int) -> Conflict:
    return Conflict(
        f"{noun}_stale", f"The {noun} is at version {version}; read it again, then change it."
    )
