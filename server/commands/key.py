import asyncio
from collections.abc import Sequence

from rich.table import Table

from agent.bootstrap import open_services
from agent.errors import NotFound
from agent.services import Services
from agent.settings import Settings
from agent.tenants.keys import ADMIN, ApiKey
from server.output import Output
from server.scopes import Scope


def add(
    settings: Settings, output: Output, name: str, *, scopes: Sequence[Scope], tenant: str
) -> None:
    key, secret = asyncio.run(_add(settings, name, scopes, tenant))
    output.result(
        {"key_id": key.key_id, "key": secret, "scopes": sorted(key.scopes)},
        lambda console: console.print(f"{secret}\nIt is not shown again. Its id is {key.key_id}."),
    )


def show(settings: Settings, output: Output, tenant: str) -> None:
    keys = asyncio.run(_all(settings, tenant))
    table = Table("Key", "For", "Made", "Revoked", "Scopes", box=None)
    for key in keys:
        revoked = f"{key.revoked_at:%Y-%m-%d}" if key.revoked_at else ""
        scopes = "all" if key.scopes >= set(Scope) else ", ".join(sorted(key.scopes))
        table.add_row(key.key_id, key.name, f"{key.created_at:%Y-%m-%d}", revoked, scopes)
    output.result(
        {"items": [key.model_dump(mode="json") for key in keys]},
        lambda console: console.print(table),
    )


def revoke(settings: Settings, output: Output, key_id: str, *, tenant: str) -> None:
    asyncio.run(_revoke(settings, key_id, tenant))
    output.result(
        {"key_id": key_id, "revoked": True},
        lambda console: console.print(f"{key_id} works no more."),
    )


async def first(services: Services, tenant_id: str) -> str | None:
    """The secret of the tenant's admin key, if it had none."""
    secret = await services.keys.first_admin(tenant_id, Scope)
    if secret:
        told = {"name": ADMIN, "scopes": sorted(Scope)}
        await services.audit.record(tenant_id, "key.issued", ADMIN, told, actor="cli")
    return secret


async def _add(
    settings: Settings, name: str, scopes: Sequence[Scope], tenant: str
) -> tuple[ApiKey, str]:
    async with open_services(settings) as services:
        await services.tenants.tenant(tenant)
        key, secret = await services.keys.issue(tenant, name, scopes)
        told = {"name": name, "scopes": sorted(scopes)}
        await services.audit.record(tenant, "key.issued", key.key_id, told, actor="cli")
        return key, secret


async def _all(settings: Settings, tenant: str) -> list[ApiKey]:
    async with open_services(settings) as services:
        await services.tenants.tenant(tenant)
        return await services.keys.all(tenant)


async def _revoke(settings: Settings, key_id: str, tenant: str) -> None:
    async with open_services(settings) as services:
        await services.tenants.tenant(tenant)
        if not await services.keys.revoke(tenant, key_id):
            raise NotFound("key_not_found", f"No key {key_id[:80]!r} works here; see `key list`.")
        await services.audit.record(tenant, "key.revoked", key_id, {}, actor="cli")
