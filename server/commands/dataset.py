import asyncio
import json
from pathlib import Path
from typing import Any

from agent.bootstrap import open_services
from agent.errors import InvalidInput
from agent.services import Services
from agent.settings import Settings
from agent.training.models import Dataset
from server.learning import build, dataset_report
from server.output import Output


def run(settings: Settings, output: Output, *, tenant: str, out: Path | None) -> None:
    report = asyncio.run(_build(settings, output, tenant, out))
    output.result(report, lambda console: console.print_json(data=report))


async def _build(
    settings: Settings, output: Output, tenant: str, out: Path | None
) -> dict[str, Any]:
    async with open_services(settings) as services:
        await services.tenants.tenant(tenant)
        with output.progress("threads") as progress:

            async def step(done: int, total: int | None, cursor: Any = None) -> None:
                progress(done, total)

            dataset = await build(services, tenant, step, actor="cli")
        if out is not None:
            await _write(services, tenant, dataset, out)
        return dataset_report(dataset)


async def _write(services: Services, tenant: str, dataset: Dataset, out: Path) -> None:
    """The files, and `manifest.json` beside them."""
    try:
        await asyncio.to_thread(out.mkdir, parents=True, exist_ok=True)
        for name in dataset.files:
            with (out / name).open("wb") as file:
                async for piece in services.training.file(tenant, dataset, name):
                    await asyncio.to_thread(file.write, piece)
        manifest = json.dumps(dataset.model_dump(mode="json"), indent=2) + "\n"
        await asyncio.to_thread((out / "manifest.json").write_text, manifest, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(
            "out_unwritable",
            f"The folder for the files cannot be written to: {error.strerror}; name another. "
            f"The dataset {dataset.dataset_id} is built.",
        ) from None
