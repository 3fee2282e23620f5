"""Listening to a thread."""

from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import Response

from agent.errors import InvalidInput, TooBusy
from server.deps import Serving, Someone
from server.errors import problems
from server.reading import noted
from server.scopes import Scope
from server.sse import STREAM, EventStream, tail
from server.state import State

router = APIRouter(prefix="/api/agent", tags=["conversation"])


@router.get(
    "/events",
    status_code=200,
    response_class=Response,
    summary="Listen to a thread",
    description="The visitor of the thread, or `threads:read`. What has happened since "
    "`Last-Event-ID` (default: since the start), then what happens: messages, approval results, "
    "stage changes. On a `restart` event connect again.",
    responses={
        200: {"content": STREAM},
        **problems(401, 403, 404, 429),
    },
)
async def events(
    state: Serving,
    actor: Someone,
    thread_id: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
    last_event_id: Annotated[int, Header(ge=-1, le=2**53)] = -1,
) -> EventStream:
    wanted = thread_id or actor.thread_id
    if wanted is None:
        raise InvalidInput("thread_unnamed", "Say which thread: ?thread_id=…")
    actor.require_thread(wanted, Scope.THREADS_READ)
    await state.services.threads.get(actor.tenant_id, wanted)
    if actor.thread_id is not None:
        await _require_room(state, actor.tenant_id, wanted)
    await noted(state.services, actor, wanted)
    return EventStream(
        tail(
            state.services,
            state.broadcast,
            (actor.tenant_id, wanted),
            after=last_event_id,
            draining=state.draining,
        )
    )


async def _require_room(state: State, tenant_id: str, thread_id: str) -> None:
    """Raises TooBusy `streams_full` where a visitor listens in too many places already."""
    most = (await state.services.tenants.settings(tenant_id)).limits.visitor_streams
    if most and state.broadcast.listeners((tenant_id, thread_id)) >= most:
        raise TooBusy(
            "streams_full",
            f"{most} streams of this thread are open already; close one first.",
            retry_after=5,
        )
