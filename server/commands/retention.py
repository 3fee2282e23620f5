import asyncio

from agent.bootstrap import open_services
from agent.settings import Settings
from graphs.retention import retain
from server.output import Output


def run(settings: Settings, output: Output, *, tenant: str, dry: bool) -> None:
    with output.progress("Removing") as progress:

        async def step(done: int) -> None:
            progress(done, None)

        async def opened() -> dict[str, int]:
            async with open_services(settings) as services:
                return await retain(services, tenant, step=step, dry=dry)

        done = asyncio.run(opened())
    output.result(
        {"tenant_id": tenant, "dry": dry, "removed": done},
        lambda console: console.print(
            "\n".join(f"{kind}: {count}" for kind, count in done.items())
            or "Nothing is limited; set the tenant's retention.leads, .tickets, .approvals …"
        ),
    )
