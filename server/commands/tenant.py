import asyncio
import json
import re
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from rich.table import Table

from agent.bootstrap import open_services
from agent.errors import InvalidInput
from agent.settings import Settings
from agent.tenants.models import Tenant
from server.commands import key
from server.output import Output

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def add(settings: Settings, output: Output, tenant_id: str, *, name: str) -> None:
    if not _ID.fullmatch(tenant_id):
        raise InvalidInput(
            "tenant_id_invalid", "A tenant's id has small letters, digits and -, 63 at most."
        )
    key = asyncio.run(_add(settings, Tenant(tenant_id=tenant_id, name=name)))
    output.result(
        {"tenant_id": tenant_id, "name": name, "admin_key": key},
        lambda console: console.print(f"Admin key: {key}\nIt is not shown again."),
    )


def show(settings: Settings, output: Output) -> None:
    tenants = asyncio.run(_all(settings))
    table = Table("Tenant", "Name", box=None)
    for tenant in tenants:
        table.add_row(tenant.tenant_id, tenant.name)
    items = [tenant.model_dump(mode="json") for tenant in tenants]
    output.result({"items": items}, lambda console: console.print(table))


def change(settings: Settings, output: Output, tenant_id: str, changes: Sequence[str]) -> None:
    tenant = asyncio.run(_change(settings, tenant_id, [_parted(text) for text in changes]))
    output.result(
        tenant.model_dump(mode="json"),
        lambda console: console.print(f"{tenant.name} has changed: {', '.join(changes)}."),
    )


async def _add(settings: Settings, tenant: Tenant) -> str | None:
    async with open_services(settings) as services:
        await services.tenants.add(tenant)
        await services.tenants.community(tenant.tenant_id)
        await services.audit.record(
            tenant.tenant_id, "tenant.added", tenant.tenant_id, {}, actor="cli"
        )
        return await key.first(services, tenant.tenant_id)


async def _all(settings: Settings) -> list[Tenant]:
    async with open_services(settings) as services:
        return await services.tenants.tenants()


async def _change(
    settings: Settings, tenant_id: str, changes: Sequence[tuple[list[str], Any]]
) -> Tenant:
    async with open_services(settings) as services:
        standing = await services.properties.settings(tenant_id)
        fields = standing.tenant.model_dump(mode="json")
        for path, value in changes:
            _set(fields, path, value)
        del fields["tenant_id"]
        try:
            revised = await services.properties.revise(tenant_id, fields, version=standing.version)
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise InvalidInput("tenant_setting_invalid", f"{wrong}.") from None
        told = {"settings": sorted({path[0] for path, _ in changes})}
        await services.audit.record(tenant_id, "tenant.changed", tenant_id, told, actor="cli")
        return revised.tenant


def _parted(change: str) -> tuple[list[str], Any]:
    """`limits.account_logins_per_minute=5` as its path and its value."""
    path, equals, text = change.partition("=")
    if not equals or path.partition(".")[0] not in Tenant.model_fields.keys() - {"tenant_id"}:
        known = ", ".join(sorted(Tenant.model_fields.keys() - {"tenant_id"}))
        raise InvalidInput(
            "tenant_setting_unknown", f"Write PATH=VALUE, not {change[:80]!r}; there are {known}."
        )
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    return path.split("."), value


def _set(fields: dict[str, Any], path: Sequence[str], value: Any) -> None:
    *groups, name = path
    for group in groups:
        inner = fields.get(group)
        if not isinstance(inner, dict):
            raise InvalidInput(
                "tenant_setting_unknown", f"{group!r} holds one value; write {group}=VALUE."
            )
        fields = inner
    if value is None:
        fields.pop(name, None)
    else:
        fields[name] = value
