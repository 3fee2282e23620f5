"""A process that joins the database of a data directory until its standard input ends.

`python member.py DATA_DIR [FILE_SIZE_LIMIT_MB]` prints one JSON object once it has joined, then
answers each line "N" by writing a document of N bytes and printing what became of it.
"""

import asyncio
import json
import resource
import sys
import time
from pathlib import Path

from agent.errors import LatchkeyError
from agent.mongo import embedded
from agent.mongo.client import Database
from agent.mongo.repository import Repository


async def main(data_dir: Path) -> None:
    async with (
        embedded.open(data_dir) as endpoint,
        Database(endpoint.uri, "members", fault=endpoint.fault) as database,
    ):
        say(uri=endpoint.uri)
        rows = Repository(database).scoped("rows", "tenant")
        while line := await asyncio.to_thread(sys.stdin.readline):
            started = time.monotonic()
            try:
                await rows.insert({"pad": "x" * int(line)})
            except LatchkeyError as error:
                say(code=error.code, seconds=time.monotonic() - started)
            else:
                say(code="ok", seconds=time.monotonic() - started)


def say(**said: object) -> None:
    print(json.dumps(said), flush=True)  # noqa: T201


if __name__ == "__main__":
    if len(sys.argv) > 2:
        most = int(sys.argv[2]) * 2**20
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    try:
        asyncio.run(main(Path(sys.argv[1])))
    except LatchkeyError as error:
        say(error=error.code, message=error.message)
        sys.exit(1)
