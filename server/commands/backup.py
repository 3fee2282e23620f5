import asyncio
from importlib.metadata import version
from pathlib import Path
from typing import Any

from agent.bootstrap import key_file, key_print, open_services
from agent.kit.clock import SystemClock
from agent.mongo import backup
from agent.mongo.backup import Contents, Progress
from agent.settings import Settings
from server.output import Output

KEYS = ("secret_key", "vault_key")


def run(settings: Settings, output: Output, path: Path, *, keys: bool) -> None:
    with output.progress("Documents") as progress:
        contents = asyncio.run(_backup(settings, path, keys=keys, progress=progress))
    output.result(
        {
            "file": str(path),
            "bytes": path.stat().st_size,
            "taken_at": contents.head["taken_at"],
            "documents": contents.documents,
            "collections": contents.counts,
            "keys": sorted(contents.head["keys"]),
        },
        lambda console: console.print(
            f"{contents.documents} documents in {path}, {path.stat().st_size} bytes."
            + ("\nIt holds the keys too: keep it as safe as the data itself." if keys else "")
        ),
    )


async def _backup(settings: Settings, path: Path, *, keys: bool, progress: Progress) -> Contents:
    async with open_services(settings) as services:
        head: dict[str, Any] = {
            "version": version("latchkey"),
            "taken_at": SystemClock().now().isoformat(),
            "prints": {name: key_print(settings, name) for name in KEYS},
            "keys": _files(settings) if keys else {},
        }
        return await backup.write(services.database, path, head, progress)


def _files(settings: Settings) -> dict[str, str]:
    """The keys that are files of the data directory; those of the environment stay there."""
    files = {name: key_file(settings, name) for name in KEYS}
    return {name: file.read_text(encoding="ascii") for name, file in files.items() if file}
