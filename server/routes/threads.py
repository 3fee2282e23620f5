"""Threads and their transcripts, for staff and programs."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel

from agent.audit.models import Why
from agent.leads.models import LeadProfile
from agent.threads.models import Message, Role, Stage, Thread, ThreadStatus
from server.actors import Actor
from server.deps import Id, TheServices, scoped
from server.errors import problems
from server.listed import Cursor, Limit, Listed
from server.scopes import Scope

router = APIRouter(prefix="/api/leads/threads", tags=["threads"])

Reader = Annotated[Actor, Depends(scoped(Scope.THREADS_READ))]


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
    source: str | None
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, thread: Thread) -> "ThreadSummary":
        return cls.model_validate(thread, from_attributes=True)


class ThreadDetail(ThreadSummary):
    profile: LeadProfile
    shortlist: list[dict[str, Any]]
    favorites: list[str]


@router.get("", summary="Threads, the newest first", responses=problems(401, 403))
async def list_threads(
    services: TheServices,
    actor: Reader,
    stage: Stage | None = None,
    status: ThreadStatus | None = None,
    updated_after: AwareDatetime | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Listed[ThreadSummary]:
    page = await services.threads.store.page(
        actor.tenant_id,
        stage=stage,
        status=status,
        updated_after=updated_after,
        limit=limit,
        cursor=cursor,
    )
    return Listed(
        items=[ThreadSummary.of(thread) for thread in page.items], next_cursor=page.next_cursor
    )


@router.get("/{thread_id}", summary="One thread", responses=problems(401, 403, 404))
async def read_thread(thread_id: Id, services: TheServices, actor: Reader) -> ThreadDetail:
    thread = await services.threads.get(actor.tenant_id, thread_id)
    lead = await services.leads.get(actor.tenant_id, thread.lead_id)
    return ThreadDetail.model_validate({**dict(thread), "profile": lead.profile})


@router.get(
    "/{thread_id}/messages", summary="A thread's transcript", responses=problems(401, 403, 404)
)
async def read_messages(
    thread_id: Id,
    services: TheServices,
    actor: Reader,
    limit: Limit = 100,
    cursor: Annotated[int, Query(ge=-1, le=2**53, description="Default: from the start.")] = -1,
) -> Listed[StaffLine]:
    await services.threads.get(actor.tenant_id, thread_id)
    found = await services.threads.store.messages(
        actor.tenant_id, thread_id, after=cursor, limit=limit + 1
    )
    lines = [StaffLine.model_validate(message, from_attributes=True) for message in found[:limit]]
    return Listed(
        items=lines, next_cursor=str(lines[-1].turn_index) if len(found) > limit else None
    )
