"""What a process of a Celery worker does before its database is there."""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from agent.errors import Unavailable
from agent.jobs.models import JobStatus
from agent.services import Services
from agent.settings import Settings
from server.celery_app import _Child
from server.ports import bind


async def test_a_database_that_comes_after_the_worker_is_found(
    services: Services, mongod_uri: str, tmp_path: Path
) -> None:
    port = int(re.findall(r":(\d+)/", mongod_uri)[0])
    with bind("127.0.0.1", 0) as listener:
        later = listener.getsockname()[1]
    child = _Child(
        Settings(
            mongodb_uri=SecretStr(
                mongod_uri.replace(f":{port}/", f":{later}/") + "&serverSelectionTimeoutMS=300"
            ),
            database=services.database.name,
            data_dir=tmp_path,
        )
    )
    job = await services.jobs.enqueue("default", "dataset", {}, actor="key:1")
    await asyncio.to_thread(child.open)
    with pytest.raises(Unavailable):
        await asyncio.to_thread(child.run_job, job.job_id)
    async with await asyncio.start_server(_to(port), "127.0.0.1", later):
        await asyncio.to_thread(child.run_job, job.job_id)
        await asyncio.to_thread(child.sweep)
        await asyncio.to_thread(child.close)
    done = await services.jobs.get("default", job.job_id)
    assert done.status is JobStatus.FAILED
    assert done.error
    assert done.error.code == "dataset_empty"


def _to(port: int) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """Hands every connection on to `port`."""

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, thither = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_copy(reader, thither), _copy(there, writer))

    return connect


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await source.read(1 << 16):
            target.write(data)
            await target.drain()
    target.close()
