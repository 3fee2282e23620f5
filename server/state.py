"""What one running process shares: services, runtime, worker."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from agent.bootstrap import open_services
from agent.services import Services
from agent.settings import Settings
from graphs.runtime import Runtime, open_runtime
from server.visitors import Visitors
from server.worker import working

STOP_SECONDS = 20.0
"""How long running turns may take to finish when the process stops."""


@dataclass(frozen=True, slots=True)
class State:
    services: Services
    runtime: Runtime
    visitors: Visitors
    draining: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the process is about to stop: open streams end, nothing new is ready."""


@contextlib.asynccontextmanager
async def open_state(settings: Settings) -> AsyncIterator[State]:
    """Open everything, with the background loops; at the end let running turns finish."""
    async with open_services(settings) as services, state_over(services) as state:
        yield state


@contextlib.asynccontextmanager
async def state_over(services: Services) -> AsyncIterator[State]:
    """The same over services that are open already."""
    async with open_runtime(services) as runtime, working(runtime):
        visitors = Visitors(services.secret_key, services.clock)
        state = State(services=services, runtime=runtime, visitors=visitors)
        try:
            yield state
        finally:
            state.draining.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_SECONDS):
                    await runtime.close()
