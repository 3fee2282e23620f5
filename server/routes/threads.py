"""Threads and their transcripts, for staff and programs."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from agent.audit.models import Why
from agent.leads.models import LeadProfile
from agent.threads.desk import Revision
from agent.threads.models import Feedback, Message, Role, Stage, Thread, ThreadStatus
from agent.threads.searching import searched
from graphs.opening import opened
from server.actors import Actor
from server.deps import Id, TheServices, scoped
from server.errors import problems
from server.listed import Cursor, Limit, Listed
from server.moments import Moment
from server.reading import noted
from server.scopes import Scope

router = APIRouter(prefix="/api/leads/threads", tags=["threads"])

Reader = Annotated[Actor, Depends(scoped(Scope.THREADS_READ))]
Writer = Annotated[Actor, Depends(scoped(Scope.THREADS_WRITE))]
Label = Annotated[str, Field(pattern=r"^[\w .:/-]{1,40}$")]
Value = Annotated[str, Field(max_length=500)] | int | float | bool | None


class Line(BaseModel):
    """One message of a transcript; contact data in it is replaced by `[email]`, `[phone]`, …"""

    turn_index: int
    message_id: str
    role: Role
    text: str
    timestamp: datetime
    stage: Stage | None
    listings: list[dict[str, Any]]
    slots: list[dict[str, Any]]
    action_id: str | None
    """On a system message: the action it tells the outcome of."""

    @classmethod
    def of(cls, message: Message) -> "Line":
        return cls.model_validate(message, from_attributes=True)


class StaffLine(Line):
    why: Why | None
    """What the agent looked up and which rules fired."""


class ThreadSummary(BaseModel):
    thread_id: str
    lead_id: str
    community_id: str
    stage: Stage
    status: ThreadStatus
    handoff_reason: str | None
    labels: list[str]
    assigned_to: str | None
    source: str | None
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, thread: Thread) -> "ThreadSummary":
        return cls.model_validate(thread, from_attributes=True)


class ThreadDetail(ThreadSummary):
    feedback: dict[str, Feedback]
    """turn_index of a reply, or `thread` for the whole -> the lead's last score."""
    metadata: dict[str, Any]
    profile: LeadProfile
    shortlist: list[dict[str, Any]]
    favorites: list[str]


class NewThread(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"lead_id": "lead_7k2m4n8p0q1r3s5t6v9w", "source": "crm", "metadata": {}}
        },
    )

    lead_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """Default: a new lead of whom nothing is known."""
    thread_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,200}$")] | None = None
    """Default: a new id."""
    community: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    source: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    metadata: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,60}$")], Value] = Field(
        default_factory=dict, max_length=50, json_schema_extra={"additionalProperties": False}
    )
    """Notes of your own; `listing_id` is the home the conversation begins with. Contact data is
    hidden."""


class ThreadCreated(BaseModel):
    thread_id: str
    lead_id: str
    stage: Stage
    created_at: datetime


class ThreadPatch(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"stage": "approval", "labels": ["hot"], "version": 1},
        },
    )

    stage: Stage | None = None
    labels: Annotated[list[Label], Field(max_length=20)] | None = None
    status: Literal["open", "handed_off", "closed"] | None = None
    """To answer in place of the agent use `POST /api/agent/takeover`."""
    assigned_to: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{0,200}$")] | None = None
    """A person as the audit names them (`user:…`); empty: nobody."""
    version: Annotated[int, Field(ge=0, le=2**53)]


@router.get(
    "",
    summary="Threads, the newest first",
    description="With `q` only those in which every word begins a word that somebody said. Such a "
    "page looks through 1,000 threads at most: it may hold fewer than `limit`, none even, and "
    "`next_cursor` goes on where it stopped.",
    responses=problems(401, 403),
)
async def list_threads(
    services: TheServices,
    actor: Reader,
    stage: Stage | None = None,
    status: ThreadStatus | None = None,
    q: Annotated[str | None, Query(min_length=1, max_length=200, pattern=r"\w")] = None,
    updated_after: Moment | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Listed[ThreadSummary]:
    page = await searched(
        services.threads.store,
        actor.tenant_id,
        q or "",
        stage=stage,
        status=status,
        updated_after=updated_after,
        limit=limit,
        cursor=cursor,
    )
    return Listed(
        items=[ThreadSummary.of(thread) for thread in page.items], next_cursor=page.next_cursor
    )


@router.post(
    "",
    status_code=201,
    summary="Start a thread for a lead",
    description="Its first line tells the lead that a machine answers. Then speak for the lead "
    "with `POST /api/agent/reply`.",
    responses=problems(400, 401, 403, 404, 409, 413, 415),
)
async def create_thread(body: NewThread, services: TheServices, actor: Writer) -> ThreadCreated:
    thread = await opened(
        services,
        actor.tenant_id,
        lead_id=body.lead_id,
        thread_id=body.thread_id,
        community_id=body.community,
        source=body.source,
        metadata=body.metadata,
    )
    return ThreadCreated.model_validate(thread, from_attributes=True)


@router.get("/{thread_id}", summary="One thread", responses=problems(401, 403, 404))
async def read_thread(thread_id: Id, services: TheServices, actor: Reader) -> ThreadDetail:
    thread = await services.threads.get(actor.tenant_id, thread_id)
    lead = await services.leads.get(actor.tenant_id, thread.lead_id)
    return ThreadDetail.model_validate({**dict(thread), "profile": lead.profile})


@router.patch(
    "/{thread_id}",
    summary="Change a thread",
    description="Stage, labels, status and whose it is. A new stage is told as "
    "`thread.stage_changed`; every change is audited.",
    responses=problems(400, 401, 403, 404, 409, 413, 415),
)
async def revise_thread(
    thread_id: Id, body: ThreadPatch, services: TheServices, actor: Writer
) -> ThreadDetail:
    revision = Revision(
        stage=body.stage,
        labels=body.labels,
        status=ThreadStatus(body.status) if body.status else None,
        assigned_to=body.assigned_to,
    )
    thread = await services.desk.revise(
        actor.tenant_id, thread_id, body.version, revision, actor=actor.name
    )
    lead = await services.leads.get(actor.tenant_id, thread.lead_id)
    return ThreadDetail.model_validate({**dict(thread), "profile": lead.profile})


@router.get(
    "/{thread_id}/messages",
    summary="A thread's transcript",
    description="Each reading is audited as `thread.read`.",
    responses=problems(401, 403, 404),
)
async def read_messages(
    thread_id: Id,
    services: TheServices,
    actor: Reader,
    limit: Limit = 100,
    cursor: Annotated[int, Query(ge=-1, le=2**53, description="Default: from the start.")] = -1,
) -> Listed[StaffLine]:
    await services.threads.get(actor.tenant_id, thread_id)
    await noted(services, actor, thread_id)
    found = await services.threads.store.messages(
        actor.tenant_id, thread_id, after=cursor, limit=limit + 1
    )
    lines = [StaffLine.model_validate(message, from_attributes=True) for message in found[:limit]]
    return Listed(
        items=lines, next_cursor=str(lines[-1].turn_index) if len(found) > limit else None
    )
