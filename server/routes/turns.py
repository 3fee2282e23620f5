"""A turn of the conversation: something said, or something done by a button."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from agent.threads.models import OnBusy
from graphs.answer import Acted, Answer, StreamEvent
from server.deps import TheRuntime
from server.errors import problems
from server.idempotency import derived_id
from server.limits import Speaker
from server.scopes import Scope
from server.sse import STREAM, EventStream, frame

router = APIRouter(prefix="/api/agent", tags=["conversation"])

ThreadId = Annotated[str, Field(min_length=1, max_length=200)]
MessageId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,200}$")]
_THREAD = "thr_7k2m4n8p0q1r3s5t6v9w"


class ReplyRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"thread_id": _THREAD, "message": "The second one, please."}},
    )

    thread_id: ThreadId
    message: str
    message_id: MessageId | None = None
    """Chosen by the client; the same one again gives the same answer."""
    on_busy: OnBusy = "enqueue"
    """While an earlier message is being answered: be answered together with it, be refused, end
    that turn and be answered together with it, or end it and be answered in its place."""


class ActionRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "thread_id": _THREAD,
                "action": "schedule_tour",
                "args": {"listing_id": "lst_5d1c", "slot_id": "slt_9a2f"},
            }
        },
    )

    thread_id: ThreadId
    action: Annotated[str, Field(min_length=1, max_length=200)]
    args: dict[str, Any] = Field(default_factory=dict)


@router.post(
    "/reply",
    response_model=Answer,
    summary="Say something and hear the answer",
    description="The visitor of the thread, or `threads:write`. With `Accept: text/event-stream` "
    "the answer comes as the events accepted, stage, token, reset, listings, slots, pending, done "
    "or error; `token` carries `{text}`, `reset` voids the tokens before it, `done` carries the "
    "whole answer.",
    responses={
        200: {"content": STREAM},
        **problems(400, 401, 403, 404, 409, 413, 415, 429),
    },
)
async def reply(
    request: Request, body: ReplyRequest, runtime: TheRuntime, actor: Speaker
) -> Answer | EventStream:
    actor.require_thread(body.thread_id, Scope.THREADS_WRITE)
    said = (actor.tenant_id, body.thread_id, body.message)
    known_as = body.message_id or derived_id(request, "message")
    if EventStream.media_type not in request.headers.get("accept", ""):
        return await runtime.reply(*said, message_id=known_as, on_busy=body.on_busy)
    events = runtime.stream(*said, message_id=known_as, on_busy=body.on_busy)
    # a refusal comes before the first event, while there is still a status to say it with
    return EventStream(_frames(await anext(events), events))


@router.post(
    "/action",
    status_code=202,
    summary="Propose an action",
    description="The visitor of the thread, with ids that were offered there, or `actions:write`. "
    "What has an effect outside waits for a person (`pending`).",
    responses=problems(400, 401, 403, 404, 409, 415, 429),
)
async def action(body: ActionRequest, runtime: TheRuntime, actor: Speaker) -> Acted:
    actor.require_thread(body.thread_id, Scope.ACTIONS_WRITE)
    by_key = actor.thread_id is None
    return await runtime.act(
        actor.tenant_id,
        body.thread_id,
        body.action,
        body.args,
        trusted=by_key,
        scopes=actor.scopes if by_key else None,
        actor=actor.name if by_key else None,
    )


async def _frames(first: StreamEvent, rest: AsyncIterator[StreamEvent]) -> AsyncIterator[str]:
    yield frame(first.event, first.data)
    async for event in rest:
        yield frame(event.event, event.data)
