import asyncio
import os
from pathlib import Path
from typing import Any

from rich.console import Console

from agent.audit.models import Verdict
from agent.bootstrap import key_file, key_print, open_database, open_services
from agent.errors import Conflict
from agent.mongo import backup
from agent.mongo.backup import Contents, Progress
from agent.settings import NAMES, Settings
from server.commands.backup import KEYS
from server.output import Output


def run(settings: Settings, output: Output, path: Path) -> bool:
    """Fill an empty database from a backup; whether its audit holds."""
    contents = backup.check(path)
    with output.progress("Documents") as progress:
        asyncio.run(_restore(settings, path, contents, progress))
    verdicts = asyncio.run(_verified(settings))
    intact = all(verdict.broken is None for verdict in verdicts)
    output.result(
        {
            "taken_at": contents.head["taken_at"],
            "documents": contents.documents,
            "collections": contents.counts,
            "intact": intact,
            "tenants": [verdict.model_dump() for verdict in verdicts],
        },
        lambda console: _show(console, contents, intact=intact),
    )
    return intact


async def _restore(settings: Settings, path: Path, contents: Contents, progress: Progress) -> None:
    async with open_database(settings) as database:
        await backup.require_empty(database)
        await asyncio.to_thread(_put_keys, settings, contents.head)
        await backup.read(database, path, contents, progress)


def _put_keys(settings: Settings, head: dict[str, Any]) -> None:
    """Have the keys that open the backup. Raises Conflict `backup_key_missing`, `…_wrong`."""
    for name in KEYS:
        file = key_file(settings, name)
        if file is not None and not file.exists():
            if name not in head["keys"]:
                raise Conflict(
                    "backup_key_missing",
                    f"The backup holds no keys: put {file.name!r} of its data directory into "
                    f"{str(file.parent)!r}, or set {NAMES[name]}.",
                )
            _write(file, head["keys"][name])
        if key_print(settings, name) != head["prints"][name]:
            raise Conflict(
                "backup_key_wrong",
                f"The backup was written with another {NAMES[name]}; restore it with that one.",
            )


def _write(file: Path, key: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(key)


async def _verified(settings: Settings) -> list[Verdict]:
    async with open_services(settings) as services:
        return [await services.sealer.verify(each) for each in await services.sealer.tenants()]


def _show(console: Console, contents: Contents, *, intact: bool) -> None:
    console.print(f"{contents.documents} documents as they were at {contents.head['taken_at']}.")
    console.print("The audit holds." if intact else "The audit does not hold: `latchkey verify`.")
