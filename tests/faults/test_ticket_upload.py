"""A file of tickets whose worker is killed halfway: every row once, each with a resolution."""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.services import Services
from server.ticketing import TicketParams
from tests.server.support import CASES, csv_of, demo
from tests.server.test_process import COMMAND

__all__ = ["demo"]

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("children")]

TENANT = "default"
ROWS = 120
PAST = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def start(
    mongod_uri: str, demo: Services, tmp_path: Path
) -> Iterator[Callable[[], "subprocess.Popen[str]"]]:
    workers: list[subprocess.Popen[str]] = []

    def start() -> "subprocess.Popen[str]":
        kept = {name: said for name, said in os.environ.items() if "LATCHKEY" not in name}
        worker = subprocess.Popen(
            [*COMMAND, "worker", "--json"],
            stdout=subprocess.PIPE,
            text=True,
            env={
                **kept,
                "MONGODB_URI": mongod_uri,
                "LATCHKEY_DATABASE": demo.database.name,
                "LATCHKEY_DATA_DIR": str(tmp_path),
            },
        )
        workers.append(worker)
        assert worker.stdout
        assert json.loads(worker.stdout.readline())
        return worker

    yield start
    for worker in workers:
        worker.kill()
        worker.communicate(timeout=10)


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(90):
        while not await true():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_a_killed_worker_costs_no_row(
    demo: Services, start: Callable[[], "subprocess.Popen[str]"]
) -> None:
    cases = [
        CASES[n % 30].model_copy(update={"conversation_id": f"CONV-{n}", "ticket_id": None})
        for n in range(ROWS)
    ]

    async def data() -> object:
        yield csv_of(cases)

    upload_id = await demo.uploads.save(TENANT, "tickets.csv", data())  # type: ignore[arg-type]
    params = TicketParams(name="tickets.csv", accepted=ROWS).model_dump()
    job = await demo.jobs.enqueue(
        TENANT, "ingest_tickets", params, actor="test", upload_id=upload_id
    )
    tickets = demo.repository.scoped("tickets", TENANT)
    jobs = demo.repository.scoped("jobs", TENANT)

    async def resolved(least: int) -> bool:
        return len(await tickets.find({"resolution_content": {"$ne": None}})) >= least

    for least in (1, 60):
        worker = start()
        await until(lambda least=least: resolved(least))  # type: ignore[misc]
        worker.send_signal(signal.SIGKILL)
        worker.wait(timeout=10)
        # as if the lease had lapsed
        await jobs.update({"job_id": job.job_id}, {"$set": {"due_at": PAST}})
    start()

    async def done() -> bool:
        return (await demo.jobs.get(TENANT, job.job_id)).status in ("done", "failed")

    await until(done)
    report = (await demo.jobs.get(TENANT, job.job_id)).report
    assert report is not None
    assert (report["accepted"], report["duplicates"], report["resolved"]) == (ROWS, 0, ROWS)
    rows = await tickets.find({})
    assert len(rows) == len({row["conversation_id"] for row in rows}) == ROWS
    assert all(row["resolution_content"] for row in rows)
    created = await demo.repository.scoped("events", TENANT).find({"type": "ticket.created"})
    assert len(created) == ROWS
