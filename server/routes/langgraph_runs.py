"""Runs: a lead's message or a person's decision, waited for, streamed, or left to itself."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from fastapi import APIRouter, BackgroundTasks
from fastapi.responses import JSONResponse, Response

from agent.errors import InvalidInput, NotFound
from graphs.answer import StreamEvent
from graphs.runtime import Runtime
from server.actors import Actor
from server.deps import Id, TheRuntime
from server.errors import problems
from server.langgraph import assistants, runs
from server.langgraph.runs import Decided, Said
from server.langgraph.streaming import Telling
from server.langgraph.threads import View, view
from server.langgraph.wire import Run, RunRequest, RunValues
from server.limits import Speaker
from server.scopes import Scope
from server.sse import STREAM, EventStream

router = APIRouter(tags=["langgraph"])

ABOUT = (
    "`input.messages` with one message of the lead (the visitor of the thread, or "
    "`threads:write`), or `command` with a decision about the action that waits "
    "(`approvals:write`). What is decided is the stored action; arguments that come back with an "
    "approval are ignored."
)
_REFUSALS = problems(400, 401, 403, 404, 409, 410, 413, 415, 429)
_STREAM: dict[int | str, dict[str, Any]] = {200: {"content": STREAM}}


@router.post(
    "/threads/{thread_id}/runs",
    summary="Start a run and do not wait for it",
    description=ABOUT,
    responses=_REFUSALS,
)
async def create_run(
    thread_id: Id, body: RunRequest, runtime: TheRuntime, actor: Speaker, later: BackgroundTasks
) -> Run:
    task, before = await _ready(runtime, actor, thread_id, body)
    events = runs.told(runtime, actor, thread_id, task, before)
    await anext(events)
    later.add_task(_exhaust, events)
    return _run(thread_id, body, runtime.services.clock.now())


@router.post(
    "/threads/{thread_id}/runs/wait",
    response_model=RunValues,
    summary="Run and wait for the values it ends with",
    description=ABOUT,
    responses=_REFUSALS,
)
async def wait_for_run(
    thread_id: Id, body: RunRequest, runtime: TheRuntime, actor: Speaker
) -> JSONResponse:
    task, before = await _ready(runtime, actor, thread_id, body)
    return await _waited(runtime, actor, thread_id, task, before)


@router.post(
    "/threads/{thread_id}/runs/stream",
    status_code=200,
    response_class=Response,
    summary="Run and hear of it as it goes",
    description=ABOUT + " Events by `stream_mode`: metadata, values, updates, messages/partial, "
    "messages/complete, messages, events, error, end.",
    responses={**_STREAM, **_REFUSALS},
)
async def stream_run(
    thread_id: Id, body: RunRequest, runtime: TheRuntime, actor: Speaker
) -> EventStream:
    task, before = await _ready(runtime, actor, thread_id, body)
    return await _streamed(runtime, actor, thread_id, body, task, before)


@router.post(
    "/runs/wait",
    response_model=RunValues,
    summary="Open a thread, run in it, wait",
    description="The thread stays; Content-Location names it. " + ABOUT,
    responses=_REFUSALS,
)
async def wait_for_first_run(body: RunRequest, runtime: TheRuntime, actor: Speaker) -> JSONResponse:
    task = _alone(actor, body)
    thread_id = await runs.opened(runtime, actor, None, body.metadata)
    before = await view(runtime.services, actor.tenant_id, thread_id, staff=True)
    return await _waited(runtime, actor, thread_id, task, before)


@router.post(
    "/runs/stream",
    status_code=200,
    response_class=Response,
    summary="Open a thread, run in it, hear of it as it goes",
    description="The thread stays; Content-Location names it. " + ABOUT,
    responses={**_STREAM, **_REFUSALS},
)
async def stream_first_run(body: RunRequest, runtime: TheRuntime, actor: Speaker) -> EventStream:
    task = _alone(actor, body)
    thread_id = await runs.opened(runtime, actor, None, body.metadata)
    before = await view(runtime.services, actor.tenant_id, thread_id, staff=True)
    return await _streamed(runtime, actor, thread_id, body, task, before)


async def _ready(
    runtime: Runtime, actor: Actor, thread_id: str, body: RunRequest
) -> tuple[Said | Decided, View]:
    """What to do, by somebody who may, in a thread that is there."""
    task = runs.asked(body)
    runs.permit(actor, thread_id, task)
    services, staff = runtime.services, actor.thread_id is None
    try:
        before = await view(services, actor.tenant_id, thread_id, staff=staff)
    except NotFound:
        if body.if_not_exists == "reject" or not staff or isinstance(task, Decided):
            raise
        await runs.opened(runtime, actor, thread_id, body.metadata)
        before = await view(services, actor.tenant_id, thread_id, staff=staff)
    before.require(body.checkpoint, body.checkpoint_id)
    return task, before


def _alone(actor: Actor, body: RunRequest) -> Said:
    task = runs.asked(body)
    actor.require(Scope.THREADS_WRITE)
    if isinstance(task, Decided):
        raise InvalidInput("run_thread_missing", "Nothing waits in a new thread; name the thread.")
    return task


async def _waited(
    runtime: Runtime, actor: Actor, thread_id: str, task: Said | Decided, before: View
) -> JSONResponse:
    after = await runs.carried_out(runtime, actor, thread_id, task, before)
    return JSONResponse(after.result(), headers=_located(thread_id, runs.new_run_id()))


async def _streamed(
    runtime: Runtime,
    actor: Actor,
    thread_id: str,
    body: RunRequest,
    task: Said | Decided,
    before: View,
) -> EventStream:
    async def read() -> View:
        return await view(runtime.services, actor.tenant_id, thread_id, staff=before.staff)

    telling = Telling(runs.new_run_id(), thread_id, body.modes, read)
    events: AsyncIterator[StreamEvent] = runs.told(runtime, actor, thread_id, task, before)
    # a refusal comes before the first event, while there is still a status to say it with
    stream = EventStream(telling.frames(await anext(events), events))
    stream.headers.update(_located(thread_id, telling.run_id))
    return stream


async def _exhaust(events: AsyncIterator[StreamEvent]) -> None:
    async for _ in events:
        pass


def _located(thread_id: str, run_id: str) -> dict[str, str]:
    return {"Content-Location": f"/threads/{thread_id}/runs/{run_id}"}


def _run(thread_id: str, body: RunRequest, now: datetime) -> Run:
    return Run(
        run_id=runs.new_run_id(),
        thread_id=thread_id,
        assistant_id=assistants.ASSISTANT_ID,
        created_at=now,
        updated_at=now,
        status="pending",
        metadata=dict(body.metadata),
        multitask_strategy=body.multitask_strategy or "enqueue",
    )
