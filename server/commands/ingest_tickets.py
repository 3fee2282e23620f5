import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

from agent.bootstrap import open_services
from agent.kit.ids import new_id
from agent.settings import Settings
from graphs.tickets.runtime import open_desk
from server.commands.ingest import show_problems
from server.output import Output
from server.ticketing import Checked, TicketReport, check, take_in


def run(settings: Settings, output: Output, file: Path, *, tenant: str) -> None:
    checked, report = asyncio.run(_ingest(settings, output, file, tenant))
    told = report.model_dump() | {
        "rows": [
            {"row": each.row, "code": each.code, "message": each.message}
            for each in checked.rejected
        ],
        "warned": [asdict(each) for each in checked.warnings],
        "columns": checked.file.columns,
        "ignored_columns": checked.file.ignored_columns,
    }
    output.result(told, lambda console: _show(console, checked, report))


async def _ingest(
    settings: Settings, output: Output, file: Path, tenant: str
) -> tuple[Checked, TicketReport]:
    async with open_services(settings) as services, open_desk(services) as desk:
        await services.tenants.tenant(tenant)
        checked = await check(services, tenant, file, file.name)
        with output.progress("tickets") as progress:

            async def step(done: int, total: int | None, cursor: Any) -> None:
                progress(done, total)

            report = await take_in(
                services,
                desk,
                file,
                file.name,
                tenant_id=tenant,
                created_by="cli",
                job_id=new_id("imp"),
                expected=checked.accepted,
                step=step,
            )
        return checked, report


def _show(console: Console, checked: Checked, report: TicketReport) -> None:
    console.print(
        f"{report.accepted:,} tickets, {report.resolved:,} with a resolution; "
        f"{len(checked.rejected):,} rows rejected, {report.duplicates:,} of them duplicates; "
        f"{len(checked.warnings):,} cells left out."
    )
    ignored = ", ".join(checked.file.ignored_columns)
    if ignored:
        console.print(f"Columns that were not read: {ignored}.")
    rows = [(each.row, each.code, each.message) for each in checked.rejected]
    show_problems(console, rows, len(rows))
