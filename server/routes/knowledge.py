"""Articles, scripts and what tickets have taught, for staff and programs."""

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from agent.errors import InvalidInput
from agent.knowledge.models import (
    ID,
    TEXT,
    TITLE,
    Article,
    ArticleDraft,
    Found,
    Kind,
    Likeness,
    Status,
)
from agent.knowledge.service import unknown
from agent.knowledge.written import storable
from agent.services import Services
from server.actors import Actor, named
from server.deps import TheServices, scoped
from server.errors import problems
from server.listed import Cursor, Limit, Listed
from server.scopes import Scope

router = APIRouter(prefix="/api/knowledge", tags=["knowledge"])

SOURCE = "api"
SEARCHED: tuple[Kind, ...] = ("article", "resolution")
Reader = Annotated[Actor, Depends(scoped(Scope.KNOWLEDGE_READ))]
Writer = Annotated[Actor, Depends(scoped(Scope.KNOWLEDGE_WRITE))]
KnowledgeId = Annotated[str, Path(pattern=ID)]
Filter = Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")]


class KnowledgeItem(BaseModel):
    id: str
    """The same as `knowledge_id`."""
    knowledge_id: str
    title: str
    resolution: str
    """The text."""
    product: str | None
    category: str | None
    kind: Kind
    community_id: str | None
    """The only community it speaks of; null: any."""
    source: str
    status: Status
    version: int
    ticket_id: str | None
    """The ticket whose approval published it."""
    conversation_id: str | None
    reference_articles: list[str]
    """What it rests on: articles, scripts, entries, tickets."""
    created_by: str | None
    """Who approved it."""
    similar_to: Likeness | None
    """Says nearly the same: a proposal to merge."""
    published_as: str | None
    """Of a draft: the entry that was made of it."""
    merged_into: str | None
    """Of a retired entry: what stands for it now."""
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, article: Article) -> "KnowledgeItem":
        return cls.model_validate(
            {
                **dict(article),
                "id": article.knowledge_id,
                "resolution": article.text,
                "created_by": named(article.created_by),
            }
        )


class FoundItem(KnowledgeItem):
    passage: str
    """The part that matched."""
    score: float
    """Comparable within one answer only."""
    similarity_score: float
    """Cosine of the question and the passage, -1 to 1."""

    @classmethod
    def found(cls, found: Found, similarity_score: float) -> "FoundItem":
        item = KnowledgeItem.of(found.article)
        return cls(
            **dict(item),
            passage=found.passage,
            score=found.score,
            similarity_score=similarity_score,
        )


class NewArticle(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"title": "Parking", "resolution": "Every space has a permit."}
        },
    )

    knowledge_id: str | None = Field(default=None, pattern=ID)
    """Replaces what stands under this id; without one the title names the article."""
    title: str = Field(min_length=1, max_length=TITLE)
    resolution: str = Field(min_length=1, max_length=TEXT)
    """Plain text, HTML or Markdown; contact data is taken out."""
    product: str | None = Field(default=None, max_length=200)
    category: str | None = Field(default=None, max_length=200)
    kind: Kind = "article"
    community_id: str | None = Field(default=None, max_length=200)


def curates(actor: Actor) -> bool:
    """Whether somebody sees drafts and retired entries too: they tell of tickets of others."""
    return Scope.KNOWLEDGE_WRITE in actor.scopes


async def seen(services: Services, actor: Actor, knowledge_id: str) -> Article:
    """An entry that `actor` may see; raises NotFound `knowledge_not_found` for all others."""
    article = await services.knowledge.get(actor.tenant_id, knowledge_id)
    if article.status != "active" and not curates(actor):
        raise unknown(knowledge_id)
    return article


@router.get(
    "",
    summary="Articles, scripts and resolutions, the newest first",
    description="Drafts and retired ones only for whoever has `knowledge:write`.",
    responses=problems(401, 403),
)
async def list_knowledge(
    services: TheServices,
    actor: Reader,
    kind: Kind | None = None,
    product: Filter = None,
    category: Filter = None,
    status: Status | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Listed[KnowledgeItem]:
    if not curates(actor):
        if status not in (None, "active"):
            return Listed(items=[])
        status = "active"
    page = await services.knowledge.store.page(
        actor.tenant_id,
        kind=kind,
        product=product,
        category=category,
        status=status,
        limit=limit,
        cursor=cursor,
    )
    return Listed(
        items=[KnowledgeItem.of(article) for article in page.items], next_cursor=page.next_cursor
    )


@router.get(
    "/search", summary="Search articles, resolutions or scripts", responses=problems(401, 403, 503)
)
async def search_knowledge(
    services: TheServices,
    actor: Reader,
    q: Annotated[str, Query(min_length=1, max_length=500, pattern=r"\S")],
    product: Filter = None,
    category: Filter = None,
    kind: Annotated[Kind | None, Query(description="Default: articles and resolutions.")] = None,
    k: Annotated[int, Query(ge=1, le=50)] = 10,
) -> Listed[FoundItem]:
    found = await services.knowledge.search(
        actor.tenant_id,
        q,
        kinds=(kind,) if kind else SEARCHED,
        product=product,
        category=category,
        k=k,
    )
    alike = await services.likeness.cosines(q, [each.passage for each in found])
    items = [FoundItem.found(each, cosine) for each, cosine in zip(found, alike, strict=True)]
    return Listed(items=items)


@router.get("/{knowledge_id}", summary="One article", responses=problems(401, 403, 404))
async def read_knowledge(
    knowledge_id: KnowledgeId, services: TheServices, actor: Reader
) -> KnowledgeItem:
    return KnowledgeItem.of(await seen(services, actor, knowledge_id))


@router.post(
    "",
    status_code=201,
    summary="Add or replace an article",
    description="It can be searched at once. The same again changes nothing.",
    responses=problems(400, 401, 403, 413),
)
async def add_knowledge(body: NewArticle, services: TheServices, actor: Writer) -> KnowledgeItem:
    draft = await asyncio.to_thread(_draft, body)
    added = await services.curator.add(actor.tenant_id, draft, SOURCE, actor=actor.name)
    return KnowledgeItem.of(added)


@router.delete(
    "/{knowledge_id}", summary="Retire an article", responses=problems(401, 403, 404, 409)
)
async def retire_knowledge(
    knowledge_id: KnowledgeId, services: TheServices, actor: Writer
) -> KnowledgeItem:
    retired = await services.curator.retire(actor.tenant_id, knowledge_id, actor=actor.name)
    return KnowledgeItem.of(retired)


def _draft(body: NewArticle) -> ArticleDraft:
    title = " ".join(storable(body.title, body.kind).split())[:TITLE]
    text = storable(body.resolution, body.kind)[:TEXT]
    if not title or not text:
        raise InvalidInput("knowledge_empty", "Nothing is left of it without markup; write words.")
    return ArticleDraft(**body.model_dump(exclude={"title", "resolution"}), title=title, text=text)
