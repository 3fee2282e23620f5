"""The web application: middleware, routes, and what is open while it runs."""

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from importlib.metadata import version

from fastapi import FastAPI

from server import errors
from server.admission import Admission
from server.body import BodyGuard
from server.idempotency import Idempotency, document
from server.middleware import Guard
from server.origins import CONVERSATION, LANGGRAPH, CrossOrigin
from server.routes import (
    approvals,
    audit,
    auth,
    chatbot,
    communities,
    deliveries,
    desk,
    events,
    funnel,
    health,
    inbound,
    inbox,
    intake,
    jobs,
    knowledge,
    knowledge_files,
    knowledge_versions,
    langgraph_runs,
    langgraph_server,
    langgraph_threads,
    leads,
    listings,
    metrics,
    pages,
    rag,
    stages,
    subscriptions,
    tenant,
    threads,
    ticket_files,
    ticket_review,
    tickets,
    tour_links,
    tours,
    training,
    training_models,
    turns,
    users,
    visits,
)
from server.state import State

ABOUT = """
A conversational agent for apartment leasing. A lead starts a thread and talks; what would have an
effect outside waits as an approval; a person decides; the delivery follows.

Every answer carries `X-Trace-Id`. Errors have one shape, `{"error": {code, message, trace_id,
details}}`. Credentials travel as `Authorization: Bearer …`.
"""

ROUTES = (
    health,
    auth,
    users,
    stages,
    visits,
    turns,
    desk,
    events,
    inbox,
    leads,
    threads,
    communities,
    tenant,
    listings,
    approvals,
    tour_links,
    tours,
    deliveries,
    subscriptions,
    inbound,
    intake,
    # before what has an id in the same place
    knowledge_files,
    knowledge_versions,
    knowledge,
    ticket_files,
    ticket_review,
    tickets,
    rag,
    chatbot,
    training,
    training_models,
    jobs,
    audit,
    funnel,
    metrics,
)
THEIRS = (langgraph_server, langgraph_threads, langgraph_runs)
"""What LangGraph's clients ask, and its own server answers itself."""
Opening = Callable[[], AbstractAsyncContextManager[State]]


def create_app(opening: Opening, *, langgraph: bool = True) -> FastAPI:
    """The application; its lifespan is that of the state that `opening` opens.

    Without `langgraph` it leaves the paths of LangGraph's own server to that server.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opening() as state:
            app.state.serving = state
            yield

    app = FastAPI(
        title="Latchkey",
        version=version("latchkey"),
        summary="Conversational leasing agent: threads, tours, approvals, deliveries.",
        description=ABOUT,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    # the last one added is the first one passed
    app.add_middleware(Idempotency)
    app.add_middleware(BodyGuard)
    app.add_middleware(Admission)
    app.add_middleware(CrossOrigin, prefixes=CONVERSATION + (LANGGRAPH if langgraph else ()))
    app.add_middleware(Guard)
    errors.install(app)
    for routes in ROUTES + (THEIRS if langgraph else ()):
        app.include_router(routes.router)
    pages.mount(app)
    document(app)
    return app
