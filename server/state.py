"""What one running process shares: services, runtime, worker."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from agent.bootstrap import open_services
from agent.services import Services
from agent.settings import Settings
from graphs.chatbot.runtime import Chatbot
from graphs.runtime import Runtime, open_runtime
from graphs.tickets.runtime import TicketDesk, open_desk
from server.admission import MOST, Turns
from server.broadcast import Broadcast
from server.draining import Draining
from server.visitors import Visitors
from server.worker import working

READERS = 2


@dataclass(frozen=True, slots=True)
class State:
    services: Services
    runtime: Runtime
    tickets: TicketDesk
    chatbot: Chatbot
    visitors: Visitors
    broadcast: Broadcast
    draining: Draining
    """Set when the process is about to stop: open streams and jobs end, nothing new is ready."""
    turns: Turns
    reading: asyncio.Semaphore
    """Held while a file is looked through that was just sent: each may take a process."""


@contextlib.asynccontextmanager
async def open_state(settings: Settings, *, jobs: int = 1) -> AsyncIterator[State]:
    """Open everything, with the background loops; at the end let running turns finish."""
    async with open_services(settings) as services, state_over(services, jobs=jobs) as state:
        yield state


@contextlib.asynccontextmanager
async def state_over(services: Services, *, jobs: int = 1) -> AsyncIterator[State]:
    """The same over services that are open already."""
    if services.settings.celery_broker_url is not None:
        jobs = 0
    draining = Draining()
    broadcast = Broadcast(services, draining)
    async with (
        open_runtime(services) as runtime,
        open_desk(services) as tickets,
        working(runtime, tickets, broadcast, draining, jobs=jobs),
    ):
        state = State(
            services=services,
            runtime=runtime,
            tickets=tickets,
            chatbot=Chatbot(services),
            visitors=Visitors(services.secret_key, services.clock),
            broadcast=broadcast,
            draining=draining,
            turns=Turns(MOST[services.settings.policy]),
            reading=asyncio.Semaphore(READERS),
        )
        try:
            yield state
        finally:
            state.draining.set()
            await runtime.close(draining.left)
