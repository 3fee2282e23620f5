import asyncio
from pathlib import Path

from rich.console import Console
from rich.table import Table

from agent.bootstrap import open_services
from agent.ingest.listings import ingest_listings
from agent.ingest.report import IngestReport
from agent.settings import Settings
from server.output import Output

SHOWN = 20
"""Problems a person is shown; --json has them all."""


def run(
    settings: Settings, output: Output, file: Path, *, tenant: str, community: str | None
) -> None:
    report = asyncio.run(_ingest(settings, output, file, tenant, community))
    output.result(report.model_dump(), lambda console: show(console, report))


async def _ingest(
    settings: Settings, output: Output, file: Path, tenant: str, community: str | None
) -> IngestReport:
    async with open_services(settings) as services:
        with output.progress("listings") as progress:
            return await ingest_listings(
                services.listings,
                services.tenants,
                file,
                tenant_id=tenant,
                community_id=community,
                progress=lambda report: progress(report.read, None),
            )


def show(console: Console, report: IngestReport) -> None:
    console.print(
        f"{report.read:,} rows: {report.added:,} added, {report.updated:,} updated, "
        f"{report.unchanged:,} unchanged, {len(report.rejected):,} rejected, "
        f"{len(report.warnings):,} warnings."
    )
    problems = [*report.rejected, *report.warnings]
    if not problems:
        return
    table = Table("row", "code", "reason", box=None)
    for problem in problems[:SHOWN]:
        table.add_row(str(problem.row), problem.code, problem.reason)
    console.print(table)
    if len(problems) > SHOWN:
        console.print(f"… and {len(problems) - SHOWN:,} more; --json prints them all.")
