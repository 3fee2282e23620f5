import asyncio
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from agent.bootstrap import open_services
from agent.errors import InvalidInput
from agent.ingest.conversations.ingest import ingest_conversations
from agent.ingest.conversations.models import ConversationReport
from agent.ingest.listings import ingest_listings
from agent.ingest.report import IngestReport
from agent.settings import Settings
from server.importing import guesser
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


def conversations(
    settings: Settings,
    output: Output,
    file: Path,
    *,
    tenant: str,
    community: str | None,
    zone: str | None,
    rejected: Path | None,
) -> None:
    given = _zone(zone) if zone else None

    async def ingest() -> ConversationReport:
        async with open_services(settings) as services:
            with output.progress("rows") as progress:

                async def step(done: int, total: int | None, cursor: object) -> None:
                    progress(done, total)

                return await ingest_conversations(
                    services,
                    file,
                    tenant_id=tenant,
                    community_id=community,
                    zone=given,
                    rejected=rejected,
                    guess=await guesser(services, tenant),
                    step=step,
                )

    report = asyncio.run(ingest())
    output.result(report.model_dump(), lambda console: show_conversations(console, report))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise InvalidInput(
            "zone_unknown", "There is no such time zone; name one such as America/Chicago."
        ) from None


def show_conversations(console: Console, report: ConversationReport) -> None:
    taken = ", ".join(f"{count:,} {kind}" for kind, count in sorted(report.pii.items()))
    console.print(
        f"{report.threads:,} threads, {report.messages:,} messages: {report.added:,} added, "
        f"{report.duplicates:,} duplicates left out, {report.rejected_count:,} rows rejected, "
        f"{report.warnings_count:,} warnings. Taken out: {taken or 'nothing'}. "
        f"{report.rows_per_second:,.0f} rows a second."
    )
    rows = [
        (row["line"], row["code"], row["reason"]) for row in (*report.rejected, *report.warnings)
    ]
    show_problems(console, rows, report.rejected_count + report.warnings_count)


def show(console: Console, report: IngestReport) -> None:
    console.print(
        f"{report.read:,} rows: {report.added:,} added, {report.updated:,} updated, "
        f"{report.unchanged:,} unchanged, {len(report.rejected):,} rejected, "
        f"{len(report.warnings):,} warnings."
    )
    problems = [(row.row, row.code, row.reason) for row in (*report.rejected, *report.warnings)]
    show_problems(console, problems, len(problems))


def show_problems(console: Console, problems: Sequence[tuple[int, str, str]], count: int) -> None:
    if not problems:
        return
    table = Table("row", "code", "reason", box=None)
    for row, code, reason in problems[:SHOWN]:
        table.add_row(str(row), code, reason)
    console.print(table)
    if count > SHOWN:
        console.print(f"… and {count - SHOWN:,} more; --json prints them.")
