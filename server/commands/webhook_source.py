import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from agent.bootstrap import open_services
from agent.inbound.models import Source
from agent.services import Services
from agent.settings import Settings
from server.output import Output

T = TypeVar("T")
PATH = "/api/webhooks/inbound/"


def add(settings: Settings, output: Output, name: str, *, tenant: str) -> None:
    async def made(services: Services) -> tuple[Source, str]:
        source, secret = await services.inbound.add(tenant, name)
        await _audited(services, tenant, "webhook_source.added", source.source_id)
        return source, secret

    source, secret = _with(settings, tenant, made)
    _shown(output, source.source_id, secret)


def rotate(settings: Settings, output: Output, source_id: str, *, tenant: str) -> None:
    async def rotated(services: Services) -> str:
        secret = await services.inbound.rotate(tenant, source_id)
        await _audited(services, tenant, "webhook_source.rotated", source_id)
        return secret

    secret = _with(settings, tenant, rotated)
    _shown(output, source_id, secret)


def remove(settings: Settings, output: Output, source_id: str, *, tenant: str) -> None:
    async def removed(services: Services) -> None:
        await services.inbound.remove(tenant, source_id)
        await _audited(services, tenant, "webhook_source.removed", source_id)

    _with(settings, tenant, removed)
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


async def _audited(services: Services, tenant: str, kind: str, source_id: str) -> None:
    await services.audit.record(tenant, kind, source_id, {}, actor="cli")


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
