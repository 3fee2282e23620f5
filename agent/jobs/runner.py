"""Takes due jobs, lets their handlers do them, and writes down what came of it."""

import asyncio
import contextlib
import logging
import os
import random
import socket
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from agent.errors import Conflict, InvalidInput, LatchkeyError, TooBusy, TooLarge, Unavailable
from agent.jobs.models import Handler, Job, JobError
from agent.jobs.service import LEASE, JobService
from agent.jobs.step import SAVE_SECONDS, Step, Stopped
from agent.kit.failpoints import Failpoints
from agent.kit.ids import new_id

log = logging.getLogger(__name__)

ATTEMPTS = 5
DEATHS = 3
FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=5)
RENEW_SECONDS = LEASE.total_seconds() / 3
STOP_SECONDS = 15.0
WRITE_SECONDS = LEASE.total_seconds()
"""How long the outcome of a job is held on to while the database is away."""
WRITE_PAUSE = 1.0

Discard = Callable[[str, str], Awaitable[None]]


class Runner:
    def __init__(
        self,
        jobs: JobService,
        handlers: Mapping[str, Handler],
        failpoints: Failpoints,
        rng: random.Random,
        discard: Discard,
        *,
        stopping: asyncio.Event | None = None,
        save_seconds: float = SAVE_SECONDS,
        stop_seconds: float = STOP_SECONDS,
    ) -> None:
        """`discard(tenant_id, upload_id)` is called once the job of an upload is closed.

        Set `stopping` and a running job is given back at its next step, or after `stop_seconds`.
        """
        self._jobs = jobs
        self._handlers = handlers
        self._failpoints = failpoints
        self._rng = rng
        self._discard = discard
        self._stopping = stopping or asyncio.Event()
        self._save_seconds = save_seconds
        self._stop_seconds = stop_seconds
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{new_id('run')[-6:]}"

    async def run_once(self, job_id: str | None = None) -> bool:
        """Do the job that is due longest, or just `job_id`; False when it is not due."""
        job = await self._jobs.claim(self._owner, self._handlers.keys(), job_id)
        if job is None:
            return False
        self._failpoints.reach("job_claim")
        step = Step(
            self._jobs, job, self._failpoints, self._stopping, save_seconds=self._save_seconds
        )
        if job.deaths >= DEATHS:
            await self._fail(
                job, step, "job_keeps_dying", f"{DEATHS} workers died during it; look at its input."
            )
            return True
        try:
            await self._attempt(job, step)
        except asyncio.CancelledError:
            await self._jobs.release(job, step.unsaved)
            raise
        return True

    async def _attempt(self, job: Job, step: Step) -> None:
        try:
            async with _renewing(step), _ending(self._stopping, self._stop_seconds):
                report = await self._handlers[job.kind](job, step)
        except Stopped:
            await self._write(lambda: self._jobs.release(job, step.unsaved))
        except (TooBusy, Unavailable) as error:
            await self._retry(job, step, error)
        except LatchkeyError as error:
            if not _is_lost(error):
                await self._fail(job, step, error.code, error.message)
        except Exception as error:
            _tell(job, error)
            await self._fail(
                job, step, "internal", f"Something broke; report the job {job.job_id}."
            )
        else:
            self._failpoints.reach("job_done")
            await self._finish(job, step, report)

    async def _finish(self, job: Job, step: Step, report: Mapping[str, Any]) -> None:
        try:
            await self._close(job, lambda: self._jobs.finish(job, step.unsaved, report))
        except (InvalidInput, TooLarge) as error:
            await self._fail(job, step, error.code, f"Its report cannot be kept: {error.message}")

    async def _retry(self, job: Job, step: Step, error: LatchkeyError) -> None:
        failures = (0 if step.further else job.attempts) + 1
        if failures >= ATTEMPTS:
            await self._fail(job, step, error.code, error.message)
            return
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2**failures)
        wait = timedelta(seconds=error.retry_after or 0)
        pause = min(LONGEST_PAUSE, max(wait, longest * self._rng.uniform(0.5, 1)))
        await self._write(
            lambda: self._jobs.release(
                job,
                {**step.unsaved, "attempts": failures},
                after=pause,
                error=JobError(code=error.code, message=error.message),
            )
        )

    async def _fail(self, job: Job, step: Step, code: str, message: str) -> None:
        error = JobError(code=code, message=message)
        reached = {name: step.unsaved[name] for name in step.unsaved if name == "progress"}
        await self._close(job, lambda: self._jobs.fail(job, reached, error))

    async def _close(self, job: Job, write: Callable[[], Awaitable[bool]]) -> None:
        if await self._write(write) and job.upload_id is not None:
            await self._discard(job.tenant_id, job.upload_id)

    async def _write(self, write: Callable[[], Awaitable[bool]]) -> bool:
        """Write the outcome, for as long as the lease can be ours while the database is away."""
        loop = asyncio.get_running_loop()
        give_up = loop.time() + WRITE_SECONDS
        while True:
            try:
                return await write()
            except Unavailable:
                if loop.time() > give_up or self._stopping.is_set():
                    raise
            await asyncio.sleep(WRITE_PAUSE)


@contextlib.asynccontextmanager
async def _renewing(step: Step) -> AsyncIterator[None]:
    """Keep the lease while a batch takes longer than it."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            with contextlib.suppress(LatchkeyError):
                await step.renew()

    renewing = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)


@contextlib.asynccontextmanager
async def _ending(stopping: asyncio.Event, seconds: float) -> AsyncIterator[None]:
    """Once it is `stopping`, let a batch take `seconds` more, then raise Stopped in it."""
    try:
        async with asyncio.timeout(None) as limit:

            async def watch() -> None:
                await stopping.wait()
                limit.reschedule(asyncio.get_running_loop().time() + seconds)

            watching = asyncio.create_task(watch())
            try:
                yield
            finally:
                watching.cancel()
    except TimeoutError:
        if not limit.expired():
            raise
        raise Stopped from None


def _is_lost(error: LatchkeyError) -> bool:
    return isinstance(error, Conflict) and error.code == "job_lease_lost"


def _tell(job: Job, error: Exception) -> None:
    # where, not what: the text of an unexpected error may quote a person
    where = traceback.extract_tb(error.__traceback__)[-3:]
    path = " > ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in where)
    log.error("%s: %s at %s", job.job_id, type(error).__name__, path)
