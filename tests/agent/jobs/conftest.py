import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from agent.jobs.models import Handler, Job
from agent.jobs.runner import Runner
from agent.jobs.service import LEASE
from agent.jobs.step import Step
from agent.kit.clock import ManualClock
from agent.services import Services

TENANT = "default"
BATCHES = 4


class Bench:
    """Jobs of one tenant, whose handlers a test decides."""

    def __init__(self, services: Services, clock: ManualClock) -> None:
        self.services = services
        self.clock = clock
        self.jobs = services.jobs
        self.handlers: dict[str, Handler] = {"count": self.count}
        self.stopping = asyncio.Event()
        self.discarded: list[str] = []
        self.wrote: list[int] = []
        self.before: Callable[[int], Awaitable[None]] | None = None
        """Called before a batch is written."""

    async def count(self, job: Job, step: Step) -> Mapping[str, Any]:
        """Write the batches that are left, one a step."""
        for batch in range(job.cursor or 0, BATCHES):
            if self.before:
                await self.before(batch)
            self.wrote.append(batch)
            await step(batch + 1, BATCHES, cursor=batch + 1)
        return {"batches": BATCHES}

    def runner(self, stop_seconds: float = 5) -> Runner:
        async def discard(tenant_id: str, upload_id: str) -> None:
            self.discarded.append(upload_id)

        return Runner(
            self.jobs,
            self.handlers,
            self.services.failpoints,
            random.Random(0),
            discard,
            stopping=self.stopping,
            save_seconds=0,
            stop_seconds=stop_seconds,
        )

    async def queue(self, kind: str = "count", **more: Any) -> Job:
        return await self.jobs.enqueue(TENANT, kind, {}, actor="key:1", **more)

    async def row(self, job: Job) -> Job:
        return await self.jobs.get(TENANT, job.job_id)

    async def dies(self) -> None:
        """A worker takes the job and is gone."""
        assert await self.jobs.claim("dead", self.handlers.keys())
        self.clock.advance(LEASE + timedelta(seconds=1))

    async def audited(self, job: Job) -> list[str]:
        records = await self.services.audit.store.about(TENANT, job.job_id)
        return sorted(record.kind for record in records)


@pytest.fixture
def bench(services: Services, clock: ManualClock) -> Bench:
    return Bench(services, clock)
