"""The web application: middleware, routes, and what is open while it runs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from importlib.metadata import version

from fastapi import FastAPI

from agent.bootstrap import open_services
from agent.kit.clock import Clock
from agent.settings import Settings
from graphs.runtime import open_runtime
from server import errors
from server.body import BodyGuard
from server.middleware import Guard
from server.origins import CrossOrigin
from server.routes import (
    approvals,
    deliveries,
    events,
    health,
    pages,
    stages,
    threads,
    turns,
    visits,
)
from server.state import State
from server.visitors import Visitors
from server.worker import working

STOP_SECONDS = 20.0
"""How long running turns may take to finish when the server stops."""


def create_app(settings: Settings, *, clock: Clock | None = None) -> FastAPI:
    """The application over `settings`; its lifespan opens the database and the worker."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_state(settings, clock=clock) as state:
            app.state.serving = state
            yield

    app = FastAPI(
        title="Latchkey",
        version=version("latchkey"),
        summary="Conversational leasing agent: threads, tours, approvals, deliveries.",
        description=errors.__doc__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    # the last one added is the first one passed
    app.add_middleware(BodyGuard)
    app.add_middleware(CrossOrigin)
    app.add_middleware(Guard)
    errors.install(app)
    for routes in (health, stages, visits, turns, events, threads, approvals, deliveries):
        app.include_router(routes.router)
    pages.mount(app)
    return app


@contextlib.asynccontextmanager
async def open_state(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[State]:
    async with (
        open_services(settings, clock=clock) as services,
        open_runtime(services) as runtime,
        working(runtime),
    ):
        state = State(
            services=services,
            runtime=runtime,
            visitors=Visitors(services.secret_key, services.clock),
        )
        try:
            yield state
        finally:
            state.draining.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STOP_SECONDS):
                    await runtime.close()
