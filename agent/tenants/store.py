"""Every query of tenants and communities."""

from collections.abc import Sequence

from agent.mongo.repository import Collection, Repository
from agent.tenants.models import DEFAULT_COMMUNITY, Community, Tenant

_STORED = {"tenant_id": 0, "site_key": 0, "version": 0}


class TenantStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def get(self, tenant_id: str) -> Tenant | None:
        row = await self._tenants(tenant_id).find_one({})
        return Tenant.model_validate(row) if row else None

    async def put(self, tenant_id: str, tenant: Tenant) -> None:
        changes = {"$set": _fields(tenant), "$inc": {"version": 1}}
        await self._tenants(tenant_id).update({}, changes, upsert=True)

    async def version(self, tenant_id: str) -> int:
        """Grows with every change of the tenant."""
        row = await self._tenants(tenant_id).find_one({}, projection=["version"])
        return int((row or {}).get("version", 0))

    async def create(self, tenant_id: str, tenant: Tenant) -> None:
        """Write the tenant unless it stands already."""
        first = {**_fields(tenant), "version": 1}
        await self._tenants(tenant_id).update({}, {"$setOnInsert": first}, upsert=True)

    async def all(self) -> list[Tenant]:
        rows = await self._repository.across_tenants("tenants").find({}, sort=[("tenant_id", 1)])
        return [Tenant.model_validate(row) for row in rows]

    async def community(self, tenant_id: str, community_id: str) -> Community | None:
        row = await self._communities(tenant_id).find_one(
            {"community_id": community_id}, projection=_STORED
        )
        return Community.model_validate(row) if row else None

    async def communities(self, tenant_id: str) -> list[Community]:
        rows = await self._communities(tenant_id).find(
            {}, projection=_STORED, sort=[("community_id", 1)]
        )
        return [Community.model_validate(row) for row in rows]

    async def put_community(self, tenant_id: str, community: Community) -> None:
        """Write the community; raises Duplicate when another tenant owns its id."""
        await self._communities(tenant_id).update(
            {"community_id": community.community_id},
            {"$set": _document(community), "$inc": {"version": 1}},
            upsert=True,
        )

    async def community_versions(
        self, tenant_id: str, community_ids: Sequence[str]
    ) -> dict[str, int]:
        """community_id -> what grows with every change of it."""
        rows = await self._communities(tenant_id).find(
            {"community_id": {"$in": list(community_ids)}}, projection=["community_id", "version"]
        )
        return {row["community_id"]: int(row.get("version", 0)) for row in rows}

    async def create_community(self, tenant_id: str, community: Community) -> None:
        """Write the community unless it stands already."""
        await self._communities(tenant_id).update(
            {"community_id": community.community_id},
            {"$setOnInsert": _document(community)},
            upsert=True,
        )

    async def owner(self, site_key: str) -> str | None:
        """The tenant whose community a public site key names."""
        rows = await self._repository.across_tenants("communities").find(
            {"site_key": site_key}, projection={"tenant_id": 1}, limit=1
        )
        return str(rows[0]["tenant_id"]) if rows else None

    def _tenants(self, tenant_id: str) -> Collection:
        return self._repository.scoped("tenants", tenant_id)

    def _communities(self, tenant_id: str) -> Collection:
        return self._repository.scoped("communities", tenant_id)


def _fields(tenant: Tenant) -> dict[str, object]:
    # the id comes from the filter of the upsert
    return tenant.model_dump(mode="json", exclude={"tenant_id"})


def _document(community: Community) -> dict[str, object]:
    document = community.model_dump(mode="json")
    if community.community_id != DEFAULT_COMMUNITY:
        # every tenant has a default community; any other id is a public key of one tenant
        document["site_key"] = community.community_id
    return document
