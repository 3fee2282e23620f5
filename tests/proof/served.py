"""`latchkey serve` as a child, beside an event loop that goes on."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Served:
    process: asyncio.subprocess.Process
    url: str
    key: str | None

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)


@asynccontextmanager
async def served(
    uri: str, database: str, home: Path, environ: Mapping[str, str] = {}
) -> AsyncIterator[Served]:
    """A server on a database that exists; killed at the end if it still runs."""
    kept = {name: value for name, value in os.environ.items() if "LATCHKEY" not in name}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", "from server.cli import main; main()", "serve", "--demo", "--port", "0", "--json"),
        cwd=ROOT,
        env={**kept, **_environ(uri, database, home), **environ},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdout
        line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
        ready = json.loads(line)
        yield Served(process, ready["base_url"], ready["admin_key"])
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _environ(uri: str, database: str, home: Path) -> dict[str, str]:
    return {
        "PYTHONPATH": str(ROOT),
        "MONGODB_URI": uri,
        "LATCHKEY_DATABASE": database,
        "LATCHKEY_DATA_DIR": str(home),
        "LATCHKEY_NIGHTLY": "off",
    }
