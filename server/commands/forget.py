import asyncio

from agent.bootstrap import open_services
from agent.settings import Settings
from agent.tickets.models import Ticket
from graphs.erasure import ErasureReport, forget
from server.output import Output


def run_ticket(settings: Settings, output: Output, ticket_id: str, *, tenant: str) -> None:
    ticket = asyncio.run(_forget_ticket(settings, ticket_id, tenant))
    output.result(
        {"ticket_id": ticket_id, "forgotten_at": ticket.forgotten_at},
        lambda console: console.print(f"Ticket {ticket_id} tells of nobody any more."),
    )


def run(settings: Settings, output: Output, lead_id: str, *, tenant: str) -> None:
    report = asyncio.run(_forget(settings, lead_id, tenant))
    output.result(
        report.model_dump(mode="json"),
        lambda console: console.print(
            "\n".join(f"{name}: {count}" for name, count in report.erased.items() if count)
            + _same(report)
        ),
    )


def _same(report: ErasureReport) -> str:
    ids = [*report.same_contact, *report.same_contact_tickets]
    return f"\nThe same address or number: {', '.join(ids)}" if ids else ""


async def _forget_ticket(settings: Settings, ticket_id: str, tenant: str) -> Ticket:
    async with open_services(settings) as services:
        await services.tenants.tenant(tenant)
        return await services.tickets.forget(tenant, ticket_id, actor="cli")


async def _forget(settings: Settings, lead_id: str, tenant: str) -> ErasureReport:
    async with open_services(settings) as services:
        await services.tenants.tenant(tenant)
        return await forget(services, tenant, lead_id, actor="cli")
