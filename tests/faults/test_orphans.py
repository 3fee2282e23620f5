"""What a process leaves open when it is killed within a transaction."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from agent.errors import Unavailable
from agent.mongo.repository import Repository

pytestmark = pytest.mark.proof

ROOT = Path(__file__).parents[2]
FREE_SECONDS = 20.0
HOLDS = """
import asyncio, sys
from agent.mongo.client import Database
from agent.mongo.repository import Repository

async def main(uri, name):
    async with Database(uri, name) as database:
        repository = Repository(database)

        async def write():
            await repository.scoped("threads", "t").update({"thread_id": "a"}, {"$inc": {"n": 1}})
            print("held", flush=True)
            await asyncio.sleep(600)

        await repository.transact(write)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_its_documents_are_free_again_soon(repository: Repository) -> None:
    threads = repository.scoped("threads", "t")
    await threads.insert({"thread_id": "a", "n": 0})
    database = repository._database
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", HOLDS, database.uri, database.name),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout
    assert await child.stdout.readline() == b"held\n"
    os.kill(child.pid, signal.SIGKILL)
    await child.wait()
    began = time.monotonic()

    async def write() -> None:
        await threads.update({"thread_id": "a"}, {"$inc": {"n": 1}})

    while True:
        try:
            await repository.transact(write)
            break
        except Unavailable:
            assert time.monotonic() - began < FREE_SECONDS
    assert time.monotonic() - began < FREE_SECONDS
    assert await threads.find_one({}, projection=["n"]) == {"n": 1}
