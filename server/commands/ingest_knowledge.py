import asyncio
from pathlib import Path

from agent.bootstrap import open_services
from agent.ingest.knowledge import ingest_knowledge
from agent.ingest.report import IngestReport
from agent.knowledge.models import Kind
from agent.settings import Settings
from server.commands.ingest import show
from server.output import Output


def run(settings: Settings, output: Output, file: Path, *, tenant: str, kind: Kind) -> None:
    report = asyncio.run(_ingest(settings, output, file, tenant, kind))
    output.result(report.model_dump(), lambda console: show(console, report))


async def _ingest(
    settings: Settings, output: Output, file: Path, tenant: str, kind: Kind
) -> IngestReport:
    async with open_services(settings) as services:
        with output.progress("articles") as progress:

            async def step(report: IngestReport) -> None:
                progress(report.read, None)

            return await ingest_knowledge(
                services.knowledge,
                file,
                tenant_id=tenant,
                kind=kind,
                step=step,
            )
