"""What runs beside the requests: deliveries, expiries, turns that a crash left."""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable

from agent.errors import LatchkeyError
from agent.outbox.dispatcher import Dispatcher
from agent.services import Services
from graphs.runtime import Runtime
from tools.connectors.record import RecordConnector

log = logging.getLogger(__name__)

DISPATCH_SECONDS = 0.2
SWEEP_SECONDS = 2.0
STOP_SECONDS = 10.0
RETRY_SECONDS = 1.0


@contextlib.asynccontextmanager
async def working(runtime: Runtime) -> AsyncIterator[None]:
    """Run the background loops of this process as long as the block lasts."""
    dispatcher = _dispatcher(runtime.services)

    async def sweep() -> bool:
        await runtime.sweep()
        return False

    stopping = asyncio.Event()
    loops = [
        asyncio.create_task(repeat(dispatcher.run_once, DISPATCH_SECONDS, stopping)),
        asyncio.create_task(repeat(sweep, SWEEP_SECONDS, stopping)),
    ]
    try:
        yield
    finally:
        # what runs is finished, not cut short
        stopping.set()
        _, stuck = await asyncio.wait(loops, timeout=STOP_SECONDS)
        for loop in stuck:
            loop.cancel()


def _dispatcher(services: Services) -> Dispatcher:
    return Dispatcher(
        services.repository,
        services.outbox.store,
        services.audit,
        services.clock,
        services.failpoints,
        {RecordConnector.name: RecordConnector(services.repository, services.clock)},
        random.Random(),
    )


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
