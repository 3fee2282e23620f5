import asyncio

from agent.bootstrap import open_services
from agent.settings import Settings
from server.output import Output


def run(settings: Settings, output: Output, community_id: str, *, tenant: str, alone: bool) -> None:
    secret_id, secret = asyncio.run(_make(settings, community_id, tenant, alone))
    output.result(
        {"community_id": community_id, "secret_id": secret_id, "secret": secret},
        lambda console: console.print(f"{secret}\nIt is not shown again. Its id is {secret_id}."),
    )


async def _make(settings: Settings, community_id: str, tenant: str, alone: bool) -> tuple[str, str]:
    async with open_services(settings) as services:
        await services.tenants.community(tenant, community_id)
        secret_id, secret = await services.identities.new_secret(tenant, community_id, alone=alone)
        told = {"secret_id": secret_id, "alone": alone}
        await services.audit.record(tenant, "identity_secret.made", community_id, told, actor="cli")
        return secret_id, secret
