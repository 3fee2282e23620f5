"""Workers in processes of their own: killed, stopped, robbed of their broker."""

import asyncio
import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.jobs.broker import Broker
from agent.jobs.models import Job, JobStatus
from agent.jobs.service import JobService
from agent.jobs.store import JobStore
from agent.services import Services
from server.jobs import KINDS, Kind, make_runner
from server.ports import bind
from tests.faults.tally import tally

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("children")]

ROOT = Path(__file__).parents[2]
TENANT = "default"
REDIS = shutil.which("redis-server")
START_SECONDS = 30
Start = Callable[..., "subprocess.Popen[str]"]

needs_redis = pytest.mark.skipif(
    REDIS is None, reason="no redis-server here; Debian: apt-get install redis-server"
)


@pytest.fixture(autouse=True)
def kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "tally", Kind(tally))


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    assert REDIS
    with bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
    server = subprocess.Popen(
        [REDIS, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
        cwd=tmp_path_factory.mktemp("redis"),
        stdout=subprocess.DEVNULL,
    )
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.wait(timeout=10)


@pytest.fixture
def start(mongod_uri: str, services: Services, tmp_path: Path) -> Iterator[Start]:
    """Starts `latchkey worker` with the kind `tally`, in a process group of its own."""
    workers: list[subprocess.Popen[str]] = []

    def start(**environ: str) -> "subprocess.Popen[str]":
        worker = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("tally.py")), "worker", "--json"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            start_new_session=True,
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith("LATCHKEY_")},
                "PYTHONPATH": str(ROOT),
                "MONGODB_URI": mongod_uri,
                "LATCHKEY_DATABASE": services.database.name,
                "LATCHKEY_DATA_DIR": str(tmp_path),
                **environ,
            },
        )
        workers.append(worker)
        assert worker.stdout
        assert select.select([worker.stdout], [], [], START_SECONDS)[0], "not ready in time"
        assert json.loads(worker.stdout.readline())["at_once"] == 1
        return worker

    yield start
    for worker in workers:
        kill(worker)


def kill(worker: "subprocess.Popen[str]") -> None:
    """The machine is gone, with all its processes."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()
    assert worker.stdout
    worker.stdout.close()


def stop(worker: "subprocess.Popen[str]") -> float:
    """End it kindly; how long that took."""
    began = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=20) == 0
    return time.monotonic() - began


async def queue(services: Services, up_to: int, pause: float = 0.0) -> Job:
    params = {"up_to": up_to, "pause": pause}
    return await services.jobs.enqueue(TENANT, "tally", params, actor="key:1")


async def until(services: Services, job: Job, wanted: Callable[[Job], bool]) -> Job:
    for _ in range(400):
        row = await services.jobs.get(TENANT, job.job_id)
        if wanted(row):
            return row
        await asyncio.sleep(0.05)
    raise AssertionError(row)


async def lapse(services: Services) -> None:
    """As if the leases had run out and the ids had been sent long ago."""
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    await services.repository.scoped("jobs", TENANT).update_many(
        {"status": "running"}, {"$set": {"due_at": long_ago, "sent_at": long_ago}}
    )


async def take_over(services: Services) -> None:
    """What another worker would do, here."""
    assert await make_runner(services, asyncio.Event()).run_once()


async def written(services: Services, job: Job) -> tuple[list[int], list[int]]:
    """The numbers, and who wrote them, in order."""
    rows: list[dict[str, Any]] = await services.repository.scoped("tally", TENANT).find(
        {"job_id": job.job_id}, sort=[("number", 1)]
    )
    return [row["number"] for row in rows], [row["by"] for row in rows]


async def audited(services: Services, job: Job) -> list[str]:
    records = await services.audit.store.about(TENANT, job.job_id)
    return sorted(record.kind for record in records)


def is_done(job: Job) -> bool:
    return job.status is JobStatus.DONE


def is_under_way(job: Job) -> bool:
    return job.status is JobStatus.RUNNING and job.progress.done >= 5


async def assert_two_did_it_once(services: Services, job: Job, up_to: int) -> None:
    numbers, by = await written(services, job)
    assert numbers == list(range(up_to))
    assert len(set(by)) == 2
    assert by == sorted(by, key=by.index)
    assert await audited(services, job) == ["job.done", "job.queued"]


@needs_redis
class TestCelery:
    @pytest.fixture
    def carried(self, services: Services, redis_url: str) -> Services:
        """The services of a server that has the broker."""
        repository = services.repository
        broker = Broker(redis_url, services.database.name)
        store = JobStore(repository)
        jobs = JobService(repository, store, services.audit, services.clock, broker)
        return replace(services, jobs=jobs)

    async def test_each_is_done_once_whatever_becomes_of_worker_and_broker(
        self, carried: Services, start: Start, redis_url: str
    ) -> None:
        import redis

        first = start(CELERY_BROKER_URL=redis_url)
        jobs = [await queue(carried, 3) for _ in range(3)]
        for job in jobs:
            row = await until(carried, job, is_done)
            assert (row.report, row.fence) == ({"up_to": 3}, 1)
            assert await audited(carried, job) == ["job.done", "job.queued"]
        long = await queue(carried, 30, 0.1)
        await until(carried, long, is_under_way)
        kill(first)
        with redis.Redis.from_url(redis_url) as client:
            client.flushall()
        await lapse(carried)
        second = start(CELERY_BROKER_URL=redis_url)
        await until(carried, long, is_done)
        await assert_two_did_it_once(carried, long, 30)
        endless = await queue(carried, 1000, 0.1)
        await until(carried, endless, is_under_way)
        assert stop(second) < 15
        row = await carried.jobs.get(TENANT, endless.job_id)
        numbers, _ = await written(carried, endless)
        assert (row.status, row.cursor, row.deaths) == (JobStatus.QUEUED, len(numbers), 0)


class TestTheDatabaseAlone:
    async def test_killed_another_finishes(self, services: Services, start: Start) -> None:
        job = await queue(services, 20, 0.05)
        worker = start()
        await until(services, job, is_under_way)
        kill(worker)
        await lapse(services)
        await take_over(services)
        await assert_two_did_it_once(services, job, 20)

    async def test_stopped_it_gives_back_what_it_does(
        self, services: Services, start: Start
    ) -> None:
        job = await queue(services, 1000, 0.1)
        worker = start()
        await until(services, job, is_under_way)
        assert stop(worker) < 10
        row = await services.jobs.get(TENANT, job.job_id)
        numbers, _ = await written(services, job)
        assert (row.status, row.cursor, row.owner) == (JobStatus.QUEUED, len(numbers), None)


class TestFailpoints:
    @pytest.mark.parametrize("failpoint", ["job_claim", "job_step:2", "job_done"])
    async def test_dead_at_any_point_it_is_done_once(
        self, services: Services, start: Start, failpoint: str
    ) -> None:
        job = await queue(services, 3, 0.3)
        worker = start(LATCHKEY_FAILPOINT=failpoint)
        assert worker.wait(timeout=20) == 137
        assert (await services.jobs.get(TENANT, job.job_id)).status is JobStatus.RUNNING
        await lapse(services)
        await take_over(services)
        assert (await written(services, job))[0] == [0, 1, 2]
        assert await audited(services, job) == ["job.done", "job.queued"]


async def test_dead_amid_an_import_its_rows_and_its_report_are_whole(
    services: Services, start: Start
) -> None:
    async def data() -> AsyncIterator[bytes]:
        yield b"role,text,timestamp\n"
        for thread in range(700):
            yield f"lead,Do you have {thread} homes?,2026-01-05 10:00\n".encode()
            yield f"agent,Of {thread} some are left.,2026-01-05 10:01\n".encode()
            yield b",,\n,,\n"

    uploads, store = services.settings.data_dir / "uploads", services.repository.scoped
    upload_id = await services.uploads.save(TENANT, "talks.csv", data())
    job = await services.jobs.enqueue(
        TENANT, "ingest_csv", {}, actor="key:1", upload_id=upload_id, key=upload_id
    )
    worker = start(LATCHKEY_FAILPOINT="job_step")
    assert worker.wait(timeout=30) == 137
    row = await services.jobs.get(TENANT, job.job_id)
    assert 0 < row.cursor["added"] < 1400
    assert len(list(uploads.glob("*/upload.csv"))) == 1
    await lapse(services)
    await services.uploads.sweep()
    assert list(uploads.glob("*/")) == []
    await take_over(services)
    row = await services.jobs.get(TENANT, job.job_id)
    assert row.report
    assert (row.report["threads"], row.report["messages"], row.report["added"]) == (700, 1400, 1400)
    counts = [await store(name, TENANT).count({}) for name in ("threads", "messages")]
    assert counts == [700, 1400]
    assert await store("upload_chunks", TENANT).count({}) == 0
    assert await audited(services, job) == ["job.done", "job.queued"]


async def test_a_broker_that_is_away_keeps_no_one_waiting(services: Services) -> None:
    pytest.importorskip("redis")
    with bind("127.0.0.1", 0) as listener:
        url = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
    broker = Broker(url, services.database.name)
    jobs = JobService(
        services.repository,
        JobStore(services.repository),
        services.audit,
        services.clock,
        broker,
    )
    began = time.monotonic()
    job = await jobs.enqueue(TENANT, "tally", {}, actor="key:1")
    assert time.monotonic() - began < 5
    assert (await jobs.get(TENANT, job.job_id)).status is JobStatus.QUEUED
