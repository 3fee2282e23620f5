import asyncio
from pathlib import Path

from agent.bootstrap import open_services
from agent.errors import InvalidInput
from agent.privacy.export import Manifest, Progress, export
from agent.settings import Settings
from server.exporting import export_knowledge, export_tickets
from server.output import Output


def run(settings: Settings, output: Output, folder: Path, *, tenant: str) -> None:
    with output.progress("Exporting") as progress:
        manifest = asyncio.run(_export(settings, folder, tenant, progress))
    rows = sum(file.rows for file in manifest.files)
    output.result(
        manifest.model_dump(mode="json") | {"rows": rows},
        lambda console: console.print(
            f"{rows} rows in {len(manifest.files)} files; manifest.json has their hashes."
        ),
    )


async def _export(settings: Settings, folder: Path, tenant: str, progress: Progress) -> Manifest:
    async with open_services(settings) as services:
        await services.tenants.tenant(tenant)
        # first: an export that is cut short has told something too
        await services.audit.record(tenant, "tenant.exported", tenant, {}, actor="cli")
        now = services.clock.now()
        return await export(services.repository, tenant, folder, now, progress)


def tickets(
    settings: Settings, output: Output, file: Path, *, tenant: str, status: str | None
) -> None:
    require_writable(file)

    async def write() -> int:
        async with open_services(settings) as services:
            await services.tenants.tenant(tenant)
            return await export_tickets(services, tenant, file, actor="cli", status=status)

    _told(output, file, asyncio.run(write()))


def knowledge(settings: Settings, output: Output, file: Path, *, tenant: str) -> None:
    require_writable(file)

    async def write() -> int:
        async with open_services(settings) as services:
            await services.tenants.tenant(tenant)
            return await export_knowledge(services, tenant, file, actor="cli")

    _told(output, file, asyncio.run(write()))


def require_writable(file: Path) -> None:
    """Raises InvalidInput `export_unwritable` before anything is read for it."""
    try:
        file.open("ab").close()
    except OSError as error:
        raise InvalidInput(
            "export_unwritable", f"{str(file)!r} cannot be written: {error.strerror}; name another."
        ) from None


def _told(output: Output, file: Path, rows: int) -> None:
    output.result(
        {"file": str(file), "rows": rows},
        lambda console: console.print(f"{rows:,} rows in {file.name}."),
    )
