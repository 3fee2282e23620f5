"""Knowledge over time: what it said before, back to that, two entries as one, what is stale."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from agent.knowledge.models import ID, Stale
from server.deps import TheServices
from server.errors import problems
from server.listed import Cursor, Limit, Listed
from server.routes.knowledge import KnowledgeId, KnowledgeItem, Reader, Writer, seen
from server.whole import AS_JSON

router = APIRouter(prefix="/api/knowledge", tags=["knowledge"])

_CHANGED = problems(400, 401, 403, 404, 409, 413, 415)


class StaleItem(KnowledgeItem):
    reason: Literal["disputed", "unused"]
    """The last resolution that rested on it was rejected; or for a long time nobody changed it or
    approved one that rests on it."""

    @classmethod
    def stale(cls, stale: Stale) -> "StaleItem":
        return cls(**dict(KnowledgeItem.of(stale.article)), reason=stale.reason)


class RollbackRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"version": 1}})

    version: Annotated[int, Field(strict=True, ge=1, le=2**31), AS_JSON]
    """One of its history."""


class MergeRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"into": "KB-NEW-0001"}}
    )

    into: Annotated[str, Field(pattern=ID)]
    """What stays; its words are not changed."""


@router.get(
    "/stale",
    summary="What somebody should look at, the last changed first",
    responses=problems(401, 403),
)
async def list_stale(
    services: TheServices,
    actor: Writer,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Listed[StaleItem]:
    page = await services.curator.stale(actor.tenant_id, limit=limit, cursor=cursor)
    return Listed(
        items=[StaleItem.stale(each) for each in page.items], next_cursor=page.next_cursor
    )


@router.get(
    "/{knowledge_id}/history",
    summary="Every version, the newest first",
    responses=problems(401, 403, 404),
)
async def read_history(
    knowledge_id: KnowledgeId, services: TheServices, actor: Reader
) -> Listed[KnowledgeItem]:
    await seen(services, actor, knowledge_id)
    versions = await services.curator.history(actor.tenant_id, knowledge_id)
    return Listed(items=[KnowledgeItem.of(article) for article in versions])


@router.post(
    "/{knowledge_id}/rollback",
    summary="Go back to what it said before",
    description="As a new version, active again where it was retired.",
    responses=_CHANGED,
)
async def rollback(
    knowledge_id: KnowledgeId, body: RollbackRequest, services: TheServices, actor: Writer
) -> KnowledgeItem:
    return KnowledgeItem.of(
        await services.curator.rollback(
            actor.tenant_id, knowledge_id, body.version, actor=actor.name
        )
    )


@router.post(
    "/{knowledge_id}/merge",
    summary="Retire an entry in favour of another",
    description="The other one takes over its references; the answer is that one. An entry that "
    "says nearly the same as another proposes the merge in `similar_to`.",
    responses=_CHANGED,
)
async def merge(
    knowledge_id: KnowledgeId, body: MergeRequest, services: TheServices, actor: Writer
) -> KnowledgeItem:
    return KnowledgeItem.of(
        await services.curator.merge(actor.tenant_id, knowledge_id, body.into, actor=actor.name)
    )
