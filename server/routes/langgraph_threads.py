"""Threads and their state as LangGraph's clients ask for them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from agent.errors import Conflict, InvalidInput
from agent.services import Services
from graphs.erasure import forget
from server.actors import Actor
from server.deps import Id, Someone, TheRuntime, TheServices, scoped
from server.errors import problems
from server.langgraph import assistants
from server.langgraph.runs import ENDED, clean, decide, lead_told, opened
from server.langgraph.threads import View, view, views
from server.langgraph.wire import (
    HistoryRequest,
    StateUpdate,
    Thread,
    ThreadCreate,
    ThreadPatch,
    ThreadSearch,
    ThreadState,
    ThreadStatus,
    Updated,
)
from server.reading import noted, noted_many
from server.scopes import Scope

router = APIRouter(prefix="/threads", tags=["langgraph"])

Reader = Annotated[Actor, Depends(scoped(Scope.THREADS_READ))]
Writer = Annotated[Actor, Depends(scoped(Scope.THREADS_WRITE))]
Decider = Annotated[Actor, Depends(scoped(Scope.APPROVALS_WRITE))]
Eraser = Annotated[Actor, Depends(scoped(Scope.PII_ERASE))]
Subgraphs = Annotated[bool, Query(description="There are none to see.")]
Before = Annotated[str | None, Query(max_length=200, description="A checkpoint_id.")]
KEYS = 50
"""Names in the metadata of a thread."""
_BODY = (400, 401, 403, 413, 415)
_SORTS = {"state_updated_at": "updated_at"}


@router.post("", summary="Open a thread", responses=problems(*_BODY, 404, 409))
async def create_thread(body: ThreadCreate, runtime: TheRuntime, actor: Someone) -> Thread:
    """A visitor can only be given the thread that is theirs."""
    if body.thread_id is None or actor.thread_id is None:
        actor.require(Scope.THREADS_WRITE)
    elif body.if_exists == "do_nothing":
        return (await _seen(runtime.services, actor, body.thread_id)).item()
    else:
        actor.require_thread(body.thread_id, Scope.THREADS_WRITE)
    try:
        thread_id = await opened(runtime, actor, body.thread_id, body.metadata)
    except Conflict as error:
        if error.code != "thread_exists" or body.if_exists == "raise" or not body.thread_id:
            raise
        thread_id = body.thread_id
    return (await view(runtime.services, actor.tenant_id, thread_id, staff=True)).item()


@router.post("/search", summary="Threads, by place in the list", responses=problems(*_BODY))
async def search_threads(body: ThreadSearch, services: TheServices, actor: Reader) -> list[Thread]:
    metadata = dict(body.metadata or {})
    named = {metadata.pop(name, None) for name in ("graph_id", "assistant_id")} - {None}
    if body.status == "error" or not named <= assistants.NAMES:
        return []
    found = await services.threads.store.search(
        actor.tenant_id,
        **await _with_status(services, actor.tenant_id, body.status, body.ids),
        metadata=metadata,
        sort=(_SORTS.get(body.sort_by, body.sort_by), -1 if body.sort_order == "desc" else 1),
        offset=body.offset,
        limit=body.limit,
    )
    if found:
        await noted_many(services, actor, [thread.thread_id for thread in found])
    return [seen.item() for seen in await views(services, actor.tenant_id, found, staff=True)]


@router.get("/{thread_id}", summary="One thread", responses=problems(401, 403, 404))
async def read_thread(thread_id: Id, services: TheServices, actor: Someone) -> Thread:
    return (await _seen(services, actor, thread_id)).item()


@router.patch("/{thread_id}", summary="Set metadata of a thread", responses=problems(*_BODY, 404))
async def patch_thread(
    thread_id: Id, body: ThreadPatch, services: TheServices, actor: Writer
) -> Thread:
    thread = await services.threads.get(actor.tenant_id, thread_id)
    metadata = clean(body.metadata)
    if len(thread.metadata | metadata) > KEYS:
        raise InvalidInput("metadata_too_large", f"A thread holds {KEYS} names at most.")
    await services.threads.store.set_metadata(
        actor.tenant_id, thread_id, metadata, services.clock.now()
    )
    return (await _seen(services, actor, thread_id, Scope.THREADS_WRITE)).item()


@router.delete(
    "/{thread_id}",
    status_code=204,
    summary="Forget whoever speaks in a thread",
    description="For `pii:erase`: the lead is erased with the thread. 409 where other threads of "
    "the lead stand; then erase the lead itself.",
    responses=problems(401, 403, 404, 409),
)
async def delete_thread(thread_id: Id, services: TheServices, actor: Eraser) -> None:
    thread = await services.threads.get(actor.tenant_id, thread_id)
    own = await services.threads.store.page(actor.tenant_id, lead_id=thread.lead_id, limit=2)
    if len(own.items) > 1:
        raise Conflict(
            "thread_not_alone", f"Other threads of the lead stand; erase {thread.lead_id} itself."
        )
    await forget(services, actor.tenant_id, thread.lead_id, actor=actor.name)


@router.get(
    "/{thread_id}/state", summary="The state of a thread", responses=problems(401, 403, 404)
)
async def read_state(
    thread_id: Id, services: TheServices, actor: Someone, subgraphs: Subgraphs = False
) -> ThreadState:
    return (await _seen(services, actor, thread_id)).state()


@router.post(
    "/{thread_id}/state",
    summary="Dismiss the action that waits",
    responses=problems(*_BODY, 404, 409, 410),
)
async def update_state(
    thread_id: Id, body: StateUpdate, runtime: TheRuntime, actor: Decider
) -> Updated:
    before = await _seen(runtime.services, actor, thread_id, Scope.APPROVALS_WRITE)
    before.require(body.checkpoint, body.checkpoint_id)
    await decide(runtime, actor, before, ENDED)
    await lead_told(runtime, actor, thread_id)
    after = await _seen(runtime.services, actor, thread_id, Scope.APPROVALS_WRITE)
    return Updated(checkpoint=after.checkpoint)


@router.get(
    "/{thread_id}/history",
    summary="The states of a thread: the present one",
    responses=problems(401, 403, 404),
)
async def read_history(
    thread_id: Id,
    services: TheServices,
    actor: Someone,
    limit: Annotated[int, Query(ge=1, le=1000)] = 10,
    before: Before = None,
) -> list[ThreadState]:
    seen = await _seen(services, actor, thread_id)
    return [] if before else [seen.state()]


@router.post(
    "/{thread_id}/history",
    summary="The states of a thread: the present one",
    responses=problems(*_BODY, 404),
)
async def search_history(
    thread_id: Id, body: HistoryRequest, services: TheServices, actor: Someone
) -> list[ThreadState]:
    seen = await _seen(services, actor, thread_id)
    marked = all(seen.metadata.get(name) == value for name, value in (body.metadata or {}).items())
    return [seen.state()] if marked and body.before is None else []


async def _seen(
    services: Services, actor: Actor, thread_id: str, scope: Scope = Scope.THREADS_READ
) -> View:
    """A thread as whoever asks may see it."""
    actor.require_thread(thread_id, scope)
    seen = await view(services, actor.tenant_id, thread_id, staff=actor.thread_id is None)
    if scope is Scope.THREADS_READ:
        await noted(services, actor, thread_id)
    return seen


async def _with_status(
    services: Services, tenant_id: str, status: ThreadStatus | None, ids: list[str] | None
) -> dict[str, Any]:
    """The part of a search that finds threads of this status."""
    if status is None or status == "busy":
        return {"ids": ids, "unanswered": True if status else None}
    waiting = set(await services.approvals.store.waiting_threads(tenant_id))
    if status == "interrupted":
        return {"ids": sorted(waiting & set(ids) if ids else waiting), "unanswered": False}
    if ids is not None:
        return {"ids": sorted(set(ids) - waiting), "unanswered": False}
    return {"but_not": sorted(waiting), "unanswered": False}
