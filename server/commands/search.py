import asyncio
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console

from agent.bootstrap import open_services
from agent.chunks.models import Hit
from agent.errors import InvalidInput
from agent.settings import Settings
from server.output import Output

SHOWN = 300


def run(
    settings: Settings,
    output: Output,
    text: str,
    *,
    corpus: str,
    tenant: str,
    k: int,
    where: Sequence[str],
) -> None:
    hits = asyncio.run(_search(settings, text, corpus, tenant, k, conditions(where)))
    data = {"corpus": corpus, "hits": [asdict(hit) for hit in hits]}
    output.result(data, lambda console: _show(console, hits))


def conditions(where: Sequence[str]) -> dict[str, str]:
    """`field=value` as a filter. Raises InvalidInput for anything else."""
    found = {}
    for condition in where:
        field, equals, value = condition.partition("=")
        if not (field and equals):
            raise InvalidInput(
                "search_filter_invalid", "Write a filter as field=value, such as role=agent."
            )
        found[field] = value
    return found


async def _search(
    settings: Settings, text: str, corpus: str, tenant: str, k: int, where: dict[str, str]
) -> list[Hit]:
    async with open_services(settings) as services:
        await services.tenants.tenant(tenant)
        return await services.chunks.search(tenant, corpus, text, k=k, where=where)


def _show(console: Console, hits: list[Hit]) -> None:
    if not hits:
        console.print("Nothing was found.")
    for hit in hits:
        title = hit.meta.get("title") or hit.meta.get("role") or ""
        scores = ", ".join(f"{name} {score:.3f}" for name, score in hit.scores.items())
        console.print(f"{hit.source_id}  {title}  ({scores})")
        console.print(f"    {' '.join(hit.text.split())[:SHOWN]}")
