import asyncio
from pathlib import Path

from rich.console import Console

from agent.bootstrap import open_services
from agent.demo.knowledge import load_knowledge
from agent.demo.load import load_demo
from agent.demo.support import COLUMNS, demo_cases, load_support
from agent.ingest.report import IngestReport
from agent.settings import Settings
from agent.tenants.models import DEFAULT_TENANT
from server.output import Output


def run(settings: Settings, output: Output) -> None:
    reports = asyncio.run(_load(settings))
    data = {name: report.model_dump() for name, report in reports.items()}

    def show(console: Console) -> None:
        for name, report in reports.items():
            console.print(f"{name}: {report.read} homes ({report.added} new)")

    output.result({"communities": data}, show)


async def _load(settings: Settings) -> dict[str, IngestReport]:
    async with open_services(settings) as services:
        reports = await load_demo(services.tenants, services.listings, services.clock)
        await load_knowledge(services.knowledge)
        await load_support(services.knowledge)
        await services.knowledge.follow(DEFAULT_TENANT)
        return reports


def write_tickets(output: Output, file: Path) -> None:
    from agent.kit.workbooks import write_rows
    from server.commands.export import require_writable

    require_writable(file)
    cases = demo_cases()
    rows = [[getattr(case, field) for field in COLUMNS] for case in cases]
    write_rows(file, "Tickets", list(COLUMNS.values()), rows)
    output.result(
        {"file": str(file), "tickets": len(cases)},
        lambda console: console.print(f"{len(cases)} made-up tickets in {file.name}."),
    )
