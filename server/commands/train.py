import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from agent.bootstrap import open_services
from agent.services import Services
from agent.settings import Settings
from agent.training.datasets.build import Step
from agent.training.models import Model
from agent.training.tuning.run import estimate
from server.learning import FineTuneParams, model_report, tune
from server.output import Output

Learn = Callable[[Services, Step], Awaitable[Model]]


def stages(settings: Settings, output: Output, *, tenant: str) -> None:
    async def learn(services: Services, step: Step) -> Model:
        return await services.training.train_stages(tenant, step, actor="cli")

    report = asyncio.run(_learn(settings, output, tenant, learn))
    output.result(report, lambda console: console.print_json(data=report))


def fine_tune(
    settings: Settings, output: Output, params: FineTuneParams, *, tenant: str, only_estimate: bool
) -> None:
    async def learn(services: Services, step: Step) -> Model:
        return await tune(services, tenant, params, step, actor="cli")

    if only_estimate:
        report = asyncio.run(_estimate(settings, tenant, params))
    else:
        report = asyncio.run(_learn(settings, output, tenant, learn))
    output.result(report, lambda console: console.print_json(data=report))


async def _learn(settings: Settings, output: Output, tenant: str, learn: Learn) -> dict[str, Any]:
    async with open_services(settings) as services:
        await services.tenants.tenant(tenant)
        with output.progress("training") as progress:

            async def step(done: int, total: int | None, cursor: Any = None) -> None:
                progress(done, total)

            return model_report(await learn(services, step))


async def _estimate(settings: Settings, tenant: str, params: FineTuneParams) -> dict[str, Any]:
    async with open_services(settings) as services:
        dataset = await services.training.dataset(tenant, params.dataset_id)
        return estimate(dataset, params.base or settings.chat_model)
