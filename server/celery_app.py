"""A Celery worker whose tasks do jobs, and its beat that looks after those left behind."""

import asyncio
import contextlib
import multiprocessing
import os
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, TypeVar

from celery import Celery, signals  # type: ignore[import-untyped]

from agent.bootstrap import open_services
from agent.errors import LatchkeyError
from agent.jobs.broker import RUN_JOB, Broker
from agent.jobs.runner import Runner
from agent.services import Services
from agent.settings import Settings
from server.jobs import make_runner, queue_nightly

SWEEP = "latchkey.sweep"
SWEEP_SECONDS = 5.0
_WATCH_SECONDS = 0.2
_T = TypeVar("_T")


def worker(settings: Settings, broker: Broker, *, jobs: int, ready: Callable[[], None]) -> Any:
    """A Celery worker with `jobs` processes and a beat; `start()` returns after SIGTERM."""
    app = broker.app
    child = _Child(settings)
    _add_tasks(app, child)
    sweep = {"task": SWEEP, "schedule": SWEEP_SECONDS, "options": {"expires": SWEEP_SECONDS}}
    app.conf.update(beat_scheduler="celery.beat:Scheduler", beat_schedule={"sweep": sweep})
    _connect(app, child, ready)
    return app.Worker(
        concurrency=jobs,
        beat=True,
        pool="prefork",
        optimization="fair",
        loglevel="WARNING",
        hostname=f"latchkey-{os.getpid()}@%h",
        without_gossip=True,
        without_mingle=True,
        quiet=True,
    )


class _Child:
    """What one pool process keeps open between its tasks, on an event loop in a thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # made before the fork: the parent sets it, the children see it
        self.stopping = multiprocessing.get_context("fork").Event()
        self._opened: tuple[Services, Runner] | None = None

    def open(self) -> None:
        self._parent = os.getppid()
        self._loop = asyncio.new_event_loop()
        self._stack = AsyncExitStack()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        with contextlib.suppress(LatchkeyError):
            self._do(self._open())

    def close(self) -> None:
        self._do(self._stack.aclose())

    def run_job(self, job_id: str) -> None:
        _, runner = self._do(self._open())
        self._do(runner.run_once(job_id))

    def sweep(self) -> None:
        services, _ = self._do(self._open())
        self._do(queue_nightly(services))
        self._do(services.jobs.send_due())

    async def _open(self) -> tuple[Services, Runner]:
        """Once; a task tries again what failed at the start, as when the database comes later."""
        if self._opened is not None:
            return self._opened
        services = await self._stack.enter_async_context(open_services(self._settings))
        stopping = asyncio.Event()
        watching = asyncio.create_task(self._watch(stopping))
        self._stack.callback(watching.cancel)
        self._opened = services, make_runner(services, stopping)
        return self._opened

    async def _watch(self, stopping: asyncio.Event) -> None:
        """Stop with the parent, whether it says so or is gone."""
        while not self.stopping.is_set() and os.getppid() == self._parent:  # noqa: ASYNC110
            await asyncio.sleep(_WATCH_SECONDS)
        stopping.set()

    def _do(self, work: Awaitable[_T]) -> _T:
        async def do() -> _T:
            return await work

        return asyncio.run_coroutine_threadsafe(do(), self._loop).result()


def _add_tasks(app: Celery, child: _Child) -> None:
    @app.task(name=RUN_JOB)  # type: ignore[untyped-decorator]
    def run_job(job_id: str) -> None:
        child.run_job(job_id)

    @app.task(name=SWEEP, acks_late=False)  # type: ignore[untyped-decorator]
    def sweep() -> None:
        child.sweep()


def _connect(app: Celery, child: _Child, ready: Callable[[], None]) -> None:
    def opened(**_: Any) -> None:
        child.open()

    def closed(**_: Any) -> None:
        child.close()

    def kept(**_: Any) -> None:
        return None

    def stopping(**_: Any) -> None:
        child.stopping.set()

    def started(**_: Any) -> None:
        # at once, not at the first beat: what the last worker left may wait
        app.send_task(SWEEP)
        ready()

    def beating(**_: Any) -> None:
        threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()

    # a receiver keeps Celery from logging in a way of its own
    signals.setup_logging.connect(kept, weak=False)
    signals.worker_process_init.connect(opened, weak=False)
    signals.worker_process_shutdown.connect(closed, weak=False)
    signals.worker_shutting_down.connect(stopping, weak=False)
    signals.worker_ready.connect(started, weak=False)
    signals.beat_embedded_init.connect(beating, weak=False)


def _end_with(parent: int) -> None:
    """A beat whose worker was killed must not go on alone."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
