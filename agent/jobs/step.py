import asyncio
import time
from typing import Any

from agent.errors import Conflict
from agent.jobs.models import Job
from agent.jobs.service import JobService
from agent.kit.failpoints import Failpoints

SAVE_SECONDS = 0.25


class Stopped(Exception):
    """The worker stops; the job is given back where it stands."""


class Step:
    """Called by a handler after each batch: keeps the lease, saves the cursor."""

    def __init__(
        self,
        jobs: JobService,
        job: Job,
        failpoints: Failpoints,
        stopping: asyncio.Event,
        *,
        save_seconds: float = SAVE_SECONDS,
    ) -> None:
        self._jobs = jobs
        self._job = job
        self._failpoints = failpoints
        self._stopping = stopping
        self._save_seconds = save_seconds
        self._saved_at = float("-inf")
        self._lost = False
        self.unsaved: dict[str, Any] = {}
        """What the handler reached since the last save."""
        self.further = False
        """Whether it got further than anyone before."""

    async def __call__(self, done: int, total: int | None = None, cursor: Any = None) -> None:
        """Note that all up to `cursor` is written; saved four times a second at most.

        Raises Conflict `job_lease_lost` when another worker has the job: write nothing more.
        Raises Stopped when this worker stops.
        """
        self.unsaved = {"progress": {"done": done, "total": total}, "cursor": cursor}
        if done > self._job.progress.done:
            self.further = True
            self.unsaved |= {"attempts": 0, "deaths": 0}
        if self._lost:
            raise _lost(self._job)
        if self._stopping.is_set():
            raise Stopped
        if time.monotonic() - self._saved_at < self._save_seconds:
            await asyncio.sleep(0)
            return
        await self._save()
        self._failpoints.reach("job_step")

    async def renew(self) -> None:
        """Keep the lease during a long batch."""
        self._lost = self._lost or not await self._jobs.renew(self._job)

    async def _save(self) -> None:
        self._saved_at = time.monotonic()
        if not await self._jobs.renew(self._job, self.unsaved):
            self._lost = True
            raise _lost(self._job)
        self.unsaved = {}


def _lost(job: Job) -> Conflict:
    return Conflict("job_lease_lost", f"Another worker has taken over the job {job.job_id!r}.")
