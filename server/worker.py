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
_RETRY_SECONDS = 1.0


@contextlib.asynccontextmanager
async def working(runtime: Runtime) -> AsyncIterator[None]:
    """Run the background loops of this process as long as the block lasts."""
    dispatcher = _dispatcher(runtime.services)

    async def sweep() -> bool:
        await runtime.sweep()
        return False

    loops = [
        asyncio.create_task(_repeat(dispatcher.run_once, DISPATCH_SECONDS), name="dispatcher"),
        asyncio.create_task(_repeat(sweep, SWEEP_SECONDS), name="sweeper"),
    ]
    try:
        yield
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)


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


async def _repeat(step: Callable[[], Awaitable[bool]], pause: float) -> None:
    """Take `step` for ever: at once again while it finds work, else after `pause` seconds."""
    failing = False
    while True:
        try:
            busy = await step()
            failing = False
        except Exception as error:
            if not failing:
                log.warning("background work waits: %s", _name(error))
            failing, busy = True, False
        if not busy:
            await asyncio.sleep(_RETRY_SECONDS if failing else pause)


def _name(error: Exception) -> str:
    return error.code if isinstance(error, LatchkeyError) else type(error).__name__
