import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from agent.bootstrap import open_services
from agent.services import Services
from agent.settings import Settings
from server.output import Output

T = TypeVar("T")
PATH = "/api/webhooks/inbound/"


def add(settings: Settings, output: Output, name: str, *, tenant: str) -> None:
    source, secret = _with(settings, tenant, lambda services: services.inbound.add(tenant, name))
    _shown(output, source.source_id, secret)


def rotate(settings: Settings, output: Output, source_id: str, *, tenant: str) -> None:
    secret = _with(settings, tenant, lambda services: services.inbound.rotate(tenant, source_id))
    _shown(output, source_id, secret)


def remove(settings: Settings, output: Output, source_id: str, *, tenant: str) -> None:
    _with(settings, tenant, lambda services: services.inbound.remove(tenant, source_id))
    output.result({"source_id": source_id}, lambda console: console.print("Removed."))


def show(settings: Settings, output: Output, *, tenant: str) -> None:
    sources = _with(settings, tenant, lambda services: services.inbound.store.sources(tenant))
    output.result(
        {"sources": [source.model_dump(mode="json") for source in sources]},
        lambda console: console.print(
            "\n".join(f"{source.source_id}  {source.name}" for source in sources)
            or "There are none; add one."
        ),
    )


def _shown(output: Output, source_id: str, secret: str) -> None:
    path = PATH + source_id
    output.result(
        {"source_id": source_id, "path": path, "secret": secret},
        lambda console: console.print(f"{secret}\nIt is not shown again. Post to {path}."),
    )


def _with(settings: Settings, tenant: str, work: Callable[[Services], Awaitable[T]]) -> T:
    async def opened() -> T:
        async with open_services(settings) as services:
            await services.tenants.tenant(tenant)
            return await work(services)

    return asyncio.run(opened())
