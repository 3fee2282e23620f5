import asyncio
from typing import Any

from rich.console import Console
from rich.table import Table

from agent.bootstrap import open_services
from agent.settings import Settings
from agent.threads.models import Stage
from agent.training.models import Deployment
from server.learning import model_report
from server.output import Output

SHOWN = 200


def list_all(settings: Settings, output: Output, *, tenant: str) -> None:
    rows = asyncio.run(_list(settings, tenant))
    output.result({"models": rows}, lambda console: _show(console, rows))


def deploy(
    settings: Settings, output: Output, version: str, *, stage: Stage | None, tenant: str
) -> None:
    async def switch() -> Deployment:
        async with open_services(settings) as services:
            return await services.training.deploy(tenant, version, stage=stage, actor="cli")

    _tell(output, asyncio.run(switch()))


def rollback(
    settings: Settings, output: Output, version: str, *, stage: Stage | None, tenant: str
) -> None:
    async def switch() -> Deployment:
        async with open_services(settings) as services:
            return await services.training.rollback(tenant, version, stage=stage, actor="cli")

    _tell(output, asyncio.run(switch()))


async def _list(settings: Settings, tenant: str) -> list[dict[str, Any]]:
    async with open_services(settings) as services:
        page = await services.training.store.models(tenant, limit=SHOWN)
        in_use = await services.training.store.deployments(tenant)
        return [
            {
                **model_report(model),
                "in_use_as": [each.slot for each in in_use if each.version == model.version],
                "created_at": model.created_at.isoformat(),
            }
            for model in page.items
        ]


def _tell(output: Output, deployment: Deployment) -> None:
    said = f"{deployment.version or 'Nothing learnt'} is in use as {deployment.slot}."
    fields = {"slot", "version", "history", "revision"}
    output.result(deployment.model_dump(include=fields), lambda console: console.print(said))


def _show(console: Console, rows: list[dict[str, Any]]) -> None:
    if not rows:
        console.print("There are no models yet; run `latchkey train stages`.")
        return
    table = Table("version", "kind", "base", "status", "in use as", "created", box=None)
    for row in rows:
        slots = ", ".join(row["in_use_as"])
        created = row["created_at"][:16]
        table.add_row(row["version"], row["kind"], row["base"], row["status"], slots, created)
    console.print(table)
