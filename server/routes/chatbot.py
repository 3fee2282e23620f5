"""Questions to the support desk's chatbot."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from graphs.chatbot.runtime import ChatAnswer
from server.actors import Actor
from server.deps import TheChatbot
from server.errors import problems
from server.limits import Speaker
from server.scopes import Scope

router = APIRouter(prefix="/api/chatbot", tags=["rag"])


async def _asker(actor: Speaker) -> Actor:
    """A visitor, or whoever has `rag:use`."""
    if actor.thread_id is None:
        actor.require(Scope.RAG_USE)
    return actor


class ChatRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"message": "Why is a lease document stuck at Preparing?"}},
    )

    message: str
    """At most 8,000 characters; contact data in it is hidden."""
    thread_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """Of the answer before, to go on from there; without it a new conversation begins."""


@router.post(
    "/message",
    summary="Ask the chatbot",
    description="It answers from what is written down and says from what, or offers a ticket. "
    "Visitors are answered from articles only, people and programs with `rag:use` from scripts and "
    "resolutions too.",
    responses=problems(400, 401, 403, 404, 413, 415, 429),
)
async def ask(
    body: ChatRequest, chatbot: TheChatbot, actor: Annotated[Actor, Depends(_asker)]
) -> ChatAnswer:
    return await chatbot.answer(
        actor.tenant_id,
        actor.name,
        body.message,
        body.thread_id,
        staff=actor.thread_id is None,
    )
