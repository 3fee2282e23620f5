import asyncio

from agent.bootstrap import open_services
from agent.settings import Settings
from graphs.erasure import ErasureReport, forget
from server.output import Output


def run(settings: Settings, output: Output, lead_id: str, *, tenant: str) -> None:
    report = asyncio.run(_forget(settings, lead_id, tenant))
    output.result(
        report.model_dump(mode="json"),
        lambda console: console.print(
            "\n".join(f"{name}: {count}" for name, count in report.erased.items() if count)
            + (
                f"\nThe same address or number: {', '.join(report.same_contact)}"
                if report.same_contact
                else ""
            )
        ),
    )


async def _forget(settings: Settings, lead_id: str, tenant: str) -> ErasureReport:
    async with open_services(settings) as services:
        await services.tenants.tenant(tenant)
        return await forget(services, tenant, lead_id, actor="cli")
