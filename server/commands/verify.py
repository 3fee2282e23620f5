import asyncio

from rich.console import Console

from agent.audit.models import Verdict
from agent.bootstrap import open_services
from agent.settings import Settings
from server.output import Output


def run(settings: Settings, output: Output, *, tenant: str | None) -> bool:
    """Walk the audit chains of one tenant, or of all; whether every one holds."""
    verdicts = asyncio.run(_verify(settings, tenant))
    intact = all(verdict.broken is None for verdict in verdicts)
    output.result(
        {"intact": intact, "tenants": [verdict.model_dump() for verdict in verdicts]},
        lambda console: _show(console, verdicts),
    )
    return intact


async def _verify(settings: Settings, tenant: str | None) -> list[Verdict]:
    async with open_services(settings) as services:
        if tenant is not None:
            await services.tenants.tenant(tenant)
        tenants = [tenant] if tenant is not None else await services.sealer.tenants()
        return [await services.sealer.verify(tenant_id) for tenant_id in tenants]


def _show(console: Console, verdicts: list[Verdict]) -> None:
    for verdict in verdicts:
        said = f"{verdict.tenant_id}: {verdict.records} records in order"
        if broken := verdict.broken:
            said += f"; record {broken.seq} is {broken.reason}"
            said += f" ({broken.audit_id})" if broken.audit_id else ""
        console.print(said)
    if not verdicts:
        console.print("Nothing has been audited yet.")
