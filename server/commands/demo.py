import asyncio

from rich.console import Console

from agent.bootstrap import open_services
from agent.demo.knowledge import load_knowledge
from agent.demo.load import load_demo
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
        await services.knowledge.follow(DEFAULT_TENANT)
        return reports
