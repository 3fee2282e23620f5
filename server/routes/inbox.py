"""Listening to a whole tenant."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header
from fastapi.responses import Response

from agent.errors import Unavailable
from agent.events.following import Following, start_of
from agent.events.models import StoredEvent
from agent.events.store import APART
from agent.services import Services
from server.actors import Actor
from server.deps import Serving, scoped
from server.errors import problems
from server.reading import noted_many
from server.scopes import Scope
from server.sse import LIFETIME_SECONDS, PING_SECONDS, EventStream, frame
from server.state import State

router = APIRouter(prefix="/api", tags=["conversation"])

POLL_SECONDS = 0.5
Reader = Annotated[Actor, Depends(scoped(Scope.THREADS_READ))]


@router.get(
    "/events",
    status_code=200,
    response_class=Response,
    summary="Listen to all threads of the tenant",
    description="What happens from now on, or since `Last-Event-ID`, whichever server wrote it. "
    "Nothing is left out; what happened in the 15 seconds before comes again when you connect, so "
    "know events by `event_id` in their data. On a `restart` event connect again.",
    responses={
        200: {"content": {EventStream.media_type: {"schema": {"type": "string"}}}},
        **problems(401, 403),
    },
)
async def tenant_events(
    state: Serving,
    actor: Reader,
    last_event_id: Annotated[str | None, Header(min_length=1, max_length=40)] = None,
) -> EventStream:
    now = state.services.clock.now()
    start = min(start_of(last_event_id), now) if last_event_id else now
    await noted_many(state.services, actor, None)
    following = Following(state.services.events, actor.tenant_id, start)
    return EventStream(_frames(state, actor.tenant_id, following))


async def _frames(state: State, tenant_id: str, following: Following) -> AsyncIterator[str]:
    clock = asyncio.get_running_loop().time
    ends = clock() + LIFETIME_SECONDS
    spoke = clock()
    yield ": hello\n\n"
    while clock() < ends and not state.draining.is_set():
        try:
            async for event in following.news():
                data = await _data(state.services, tenant_id, event)
                yield frame(event.type, data, event_id=following.cursor)
                spoke = clock()
        except Unavailable:
            break
        if clock() - spoke > PING_SECONDS:
            yield ": ping\n\n"
            spoke = clock()
        try:
            await asyncio.wait_for(state.draining.wait(), POLL_SECONDS)
        except TimeoutError:
            continue
    yield frame("restart", {})


async def _data(services: Services, tenant_id: str, event: StoredEvent) -> dict[str, Any]:
    data = {
        "event_id": f"{event.thread_id}:{event.seq}",
        "thread_id": None if event.thread_id.startswith(APART) else event.thread_id,
        "at": event.at.isoformat(),
        **event.data,
    }
    if event.type == "message":
        message = await services.threads.store.message(
            tenant_id, event.thread_id, event.data["message_id"]
        )
        if message:
            data["message"] = message.model_dump(mode="json", exclude={"answers"})
    return data
