"""A person in the conversation: asked for, taking over, speaking, giving back, being rated."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from agent.threads.models import Stage, Thread, ThreadStatus
from agent.threads.service import unknown
from graphs import desk
from server.actors import Actor
from server.deps import TheRuntime, TheServices, Visitor, scoped
from server.errors import problems
from server.idempotency import derived_id
from server.routes.turns import MessageId, ThreadId
from server.scopes import Scope

router = APIRouter(prefix="/api/agent", tags=["conversation"])

Writer = Annotated[Actor, Depends(scoped(Scope.THREADS_WRITE))]
_THREAD = "thr_7k2m4n8p0q1r3s5t6v9w"
_STAFF = problems(400, 401, 403, 404, 409, 413, 415)


class FeedbackRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"thread_id": _THREAD, "turn_index": 4, "score": 5}},
    )

    thread_id: ThreadId
    turn_index: int | None = Field(default=None, ge=0, le=2**31)
    """Of one reply; without it the score is for the whole conversation."""
    score: int = Field(ge=1, le=5)
    comment: str = Field(default="", max_length=2000)
    """Contact data in it is hidden."""


class FeedbackKept(BaseModel):
    thread_id: str
    turn_index: int | None
    score: int


class HandoffRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"thread_id": _THREAD, "reason": "I'd rather call."}},
    )

    thread_id: ThreadId
    reason: str = Field(default="the lead asked for a person", min_length=1, max_length=300)


class HandedOff(BaseModel):
    thread_id: str
    status: ThreadStatus
    message: str
    """What to tell the lead: when a person is there."""


class ThreadRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"thread_id": _THREAD}})

    thread_id: ThreadId


class StaffLineRequest(ThreadRequest):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"thread_id": _THREAD, "text": "This is the office. How can I help?"}
        },
    )

    text: str
    """At most 8,000 characters; contact data that the tenant does not publish is hidden."""
    message_id: MessageId | None = None
    """Chosen by the client; the same one again says nothing twice."""


class Spoken(BaseModel):
    thread_id: str
    message_id: str
    turn_index: int
    text: str
    """As the lead reads it."""
    warnings: list[str]
    """What the agent would not have been allowed to say: rules of fair housing (`FH1` to `FH8`),
    kinds of leaks, `contact_hidden`. The line has gone out all the same."""


class Held(BaseModel):
    thread_id: str
    status: ThreadStatus
    stage: Stage
    assigned_to: str | None
    version: int

    @classmethod
    def of(cls, thread: Thread) -> "Held":
        return cls.model_validate(thread, from_attributes=True)


@router.post(
    "/feedback",
    summary="Rate a reply or the conversation",
    description="The visitor of the thread. The last score for the same reply counts.",
    responses=problems(400, 401, 403, 404, 413, 415),
)
async def feedback(body: FeedbackRequest, services: TheServices, actor: Visitor) -> FeedbackKept:
    await services.desk.rate(
        actor.tenant_id,
        _own(actor, body.thread_id),
        body.score,
        turn_index=body.turn_index,
        comment=body.comment,
    )
    services.telemetry.csat(body.score)
    return FeedbackKept(thread_id=body.thread_id, turn_index=body.turn_index, score=body.score)


@router.post(
    "/handoff",
    summary="Ask for a person",
    description="The visitor of the thread. The agent stays there until a person takes over.",
    responses=problems(400, 401, 403, 404, 413, 415),
)
async def handoff(body: HandoffRequest, runtime: TheRuntime, actor: Visitor) -> HandedOff:
    thread_id = _own(actor, body.thread_id)
    told = await desk.ask_for_a_person(runtime, actor.tenant_id, thread_id, body.reason)
    thread = await runtime.services.threads.get(actor.tenant_id, thread_id)
    return HandedOff(thread_id=thread_id, status=thread.status, message=told)


@router.post(
    "/takeover",
    summary="Answer in place of the agent",
    description="The agent is silent until `release`: what the lead says is kept and told as an "
    "event. A reply that the agent is writing comes to nothing.",
    responses=_STAFF,
)
async def takeover(body: ThreadRequest, services: TheServices, actor: Writer) -> Held:
    return Held.of(await services.desk.take_over(actor.tenant_id, body.thread_id, actor=actor.name))


@router.post(
    "/message",
    status_code=201,
    summary="Say something to the lead as a person",
    description="It reaches the visitor as a `message` event. Without `takeover` the agent goes on "
    "answering beside it.",
    responses=_STAFF,
)
async def message(
    request: Request, body: StaffLineRequest, services: TheServices, actor: Writer
) -> Spoken:
    spoken = await desk.say(
        services,
        actor.tenant_id,
        body.thread_id,
        body.text,
        actor=actor.name,
        message_id=body.message_id or derived_id(request, "message"),
    )
    line = spoken.message
    return Spoken(
        thread_id=body.thread_id,
        message_id=line.message_id,
        turn_index=line.turn_index,
        text=line.text,
        warnings=spoken.warnings,
    )


@router.post(
    "/release",
    summary="Give the conversation back to the agent",
    description="It answers what was said since the last line of a person.",
    responses=_STAFF,
)
async def release(body: ThreadRequest, runtime: TheRuntime, actor: Writer) -> Held:
    return Held.of(await runtime.release(actor.tenant_id, body.thread_id, actor=actor.name))


def _own(actor: Actor, thread_id: str) -> str:
    if thread_id != actor.thread_id:
        raise unknown(thread_id)
    return thread_id
