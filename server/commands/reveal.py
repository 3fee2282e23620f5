import asyncio

from agent.bootstrap import open_services
from agent.leads.reveal import reveal
from agent.privacy.models import Contact
from agent.settings import Settings
from server.output import Output


def run(settings: Settings, output: Output, lead_id: str, *, tenant: str) -> None:
    contact = asyncio.run(_reveal(settings, lead_id, tenant))
    known = contact.model_dump()
    output.result(
        {"lead_id": lead_id, "contact": known},
        lambda console: console.print(
            "\n".join(f"{field}: {value}" for field, value in known.items() if value)
            or "Nothing is known of this lead."
        ),
    )


async def _reveal(settings: Settings, lead_id: str, tenant: str) -> Contact:
    async with open_services(settings) as services:
        await services.tenants.tenant(tenant)
        return await reveal(
            services.leads, services.vault, services.audit, tenant, lead_id, actor="cli"
        )
