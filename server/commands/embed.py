import asyncio
from collections.abc import Sequence

from rich.console import Console

from agent.bootstrap import open_services
from agent.chunks.models import Run
from agent.settings import Settings
from server.embedding import CorpusName, chosen, embed, run_report
from server.output import Output


def run(
    settings: Settings, output: Output, corpus: str | None, *, tenant: str, rebuild: bool
) -> None:
    runs = asyncio.run(_embed(settings, output, chosen(corpus), tenant, rebuild))
    data = {"runs": [run_report(run) for run in runs]}
    output.result(data, lambda console: _show(console, runs))


async def _embed(
    settings: Settings,
    output: Output,
    corpora: Sequence[CorpusName],
    tenant: str,
    rebuild: bool,
) -> list[Run]:
    runs = []
    async with open_services(settings) as services:
        await services.tenants.tenant(tenant)
        for name in corpora:
            with output.progress(name) as progress:

                async def shown(done: int, total: int | None) -> None:
                    progress(done, total)

                runs.append(await embed(services, tenant, name, shown, rebuild=rebuild))
    return runs


def _show(console: Console, runs: list[Run]) -> None:
    for run in runs:
        cost = "unknown" if run.cost is None else f"${run.cost:,.4f}"
        console.print(
            f"{run.corpus} {run.embedding_version} by {run.model}: {run.sources:,} texts "
            f"({run.skipped:,} there already), {run.chunks:,} chunks ({run.cached:,} from the "
            f"cache), {run.tokens:,} tokens, cost {cost}, {run.seconds:,.1f} s"
        )
