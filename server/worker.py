"""What runs beside the requests: deliveries, expiries, what a crash left, jobs."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

from agent.errors import LatchkeyError
from agent.services import Services
from graphs.erasure import look_again
from graphs.runtime import Runtime
from graphs.tickets.runtime import TicketDesk
from server.broadcast import PAUSE_SECONDS, Broadcast
from server.draining import Draining
from server.jobs import make_runner, queue_nightly
from tools.connectors.table import make_dispatcher, make_fan_out

log = logging.getLogger(__name__)

DISPATCH_SECONDS = 0.2
SWEEP_SECONDS = 2.0
SEAL_SECONDS = 1.0
FOLLOW_SECONDS = 2.0
ERASURE_SECONDS = 15.0
TICKET_SECONDS = 30.0
JOB_SECONDS = 0.5
JOB_SWEEP_SECONDS = 30.0
RETRY_SECONDS = 1.0


@contextlib.asynccontextmanager
async def working(
    runtime: Runtime, tickets: TicketDesk, broadcast: Broadcast, draining: Draining, *, jobs: int
) -> AsyncIterator[None]:
    """Run the background loops of this process as long as the block lasts.

    `jobs` loops do jobs until `draining`; none do where a broker carries them.
    """
    dispatcher = make_dispatcher(runtime.services)
    fan_out = make_fan_out(runtime.services)

    async def close_lapsed() -> bool:
        await runtime.close_lapsed()
        return False

    async def take_up() -> bool:
        await runtime.take_up()
        return False

    async with running(
        draining,
        dispatcher.run(draining, pause=DISPATCH_SECONDS),
        repeat(fan_out.run_once, DISPATCH_SECONDS, draining),
        repeat(broadcast.run_once, PAUSE_SECONDS, draining),
        broadcast.let_go(),
        repeat(close_lapsed, SWEEP_SECONDS, draining),
        # a slow answer holds up no expiry
        repeat(take_up, SWEEP_SECONDS, draining),
        repeat(partial(look_again, runtime.services), ERASURE_SECONDS, draining),
        repeat(runtime.services.sealer.seal_waiting, SEAL_SECONDS, draining),
        repeat(runtime.services.knowledge.follow_all, FOLLOW_SECONDS, draining),
        repeat(runtime.services.tickets.follow_all, FOLLOW_SECONDS, draining),
        repeat(tickets.sweep, TICKET_SECONDS, draining),
        *job_loops(runtime.services, draining, jobs),
    ):
        yield


@contextlib.asynccontextmanager
async def running(stopping: Draining, *loops: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run the loops beside the block; at its end set `stopping` and let them finish."""
    tasks = [asyncio.create_task(loop) for loop in loops]
    try:
        yield
    finally:
        # what runs is finished, not cut short
        stopping.set()
        _, stuck = await asyncio.wait(tasks, timeout=stopping.left)
        for task in stuck:
            task.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)


def job_loops(
    services: Services, stopping: asyncio.Event, jobs: int
) -> list[Coroutine[Any, Any, None]]:
    """What does jobs in this process until `stopping`, `jobs` at a time."""
    if not jobs:
        return []

    async def nightly() -> bool:
        await queue_nightly(services)
        return False

    runner = make_runner(services, stopping)
    return [
        repeat(nightly, JOB_SWEEP_SECONDS, stopping),
        *(repeat(runner.run_once, JOB_SECONDS, stopping) for _ in range(jobs)),
    ]


async def repeat(
    step: Callable[[], Awaitable[bool]],
    pause: float,
    stopping: asyncio.Event,
    *,
    retry: float = RETRY_SECONDS,
) -> None:
    """Take `step` until `stopping`: at once again while it finds work, else after a pause."""
    failing = False
    while not stopping.is_set():
        try:
            busy = await step()
            failing = False
        except Exception as error:
            if not failing:
                log.warning("background work waits: %s", _name(error))
            failing, busy = True, False
        if not busy:
            await _rest(retry if failing else pause, stopping)


async def _rest(seconds: float, stopping: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), seconds)


def _name(error: Exception) -> str:
    return error.code if isinstance(error, LatchkeyError) else type(error).__name__
