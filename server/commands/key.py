import asyncio
from collections.abc import Sequence

from agent.bootstrap import open_services
from agent.settings import Settings
from agent.tenants.keys import ApiKey
from server.output import Output
from server.scopes import Scope


def run(
    settings: Settings, output: Output, name: str, *, scopes: Sequence[Scope], tenant: str
) -> None:
    key, secret = asyncio.run(_add(settings, name, scopes, tenant))
    output.result(
        {"key_id": key.key_id, "key": secret, "scopes": sorted(key.scopes)},
        lambda console: console.print(f"{secret}\nIt is not shown again. Its id is {key.key_id}."),
    )


async def _add(
    settings: Settings, name: str, scopes: Sequence[Scope], tenant: str
) -> tuple[ApiKey, str]:
    async with open_services(settings) as services:
        await services.tenants.tenant(tenant)
        return await services.keys.issue(tenant, name, scopes)
