"""A resolution for a case that is kept nowhere, and one of a ticket in the same structure."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import ConfigDict, Field

from agent.errors import Conflict
from agent.kit.digests import args_hash
from agent.tickets.models import (
    TRANSCRIPT,
    Case,
    Columns,
    Label,
    Labels,
    Resolution,
    Score,
    Ticket,
    TicketDraft,
)
from agent.tickets.unnamed import without_contact
from graphs.tickets.rag import RagResponse, rag_response
from server.actors import Actor
from server.deps import TheServices, TheTickets
from server.errors import problems
from server.limits import Speaker
from server.scopes import Scope

router = APIRouter(prefix="/api/rag", tags=["rag"])


async def _user(actor: Speaker) -> Actor:
    actor.require(Scope.RAG_USE)
    return actor


User = Annotated[Actor, Depends(_user)]


class GenerateRequest(Columns):
    """A row of a ticket file; only the transcript has to be there."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "transcript": "Caller: The lease has said Preparing since this morning.",
                "product": "Keystone Leasing",
                "conversation_id": "CONV-DEMO0004",
            }
        },
    )

    transcript: str = Field(min_length=1, max_length=TRANSCRIPT, pattern=r"\S")
    conversation_id: str | None = Field(default=None, min_length=1, max_length=100)

    def draft(self) -> TicketDraft:
        """Where it brings no ids, those that the same case gets each time."""
        digest = args_hash(self.model_dump(mode="json"))
        given = self.model_dump(exclude_none=True)
        return TicketDraft.model_validate(
            {
                "conversation_id": f"CONV-{digest[:10].upper()}",
                "ticket_id": f"CS-{int(digest[10:20], 16) % 10**8:08d}",
                **given,
            }
        )


@router.post(
    "/generate",
    summary="Find a resolution for a case",
    description="Nothing is kept. Ids that the request does not bring are made from its content.",
    responses=problems(400, 401, 403, 413, 415, 429),
)
async def generate(
    body: GenerateRequest, services: TheServices, tickets: TheTickets, actor: User
) -> RagResponse:
    draft = await asyncio.to_thread(lambda: without_contact(body.draft()))
    case = Case.model_validate(draft.model_dump(include=set(Case.model_fields)))
    resolution, _ = await tickets.generate(actor.tenant_id, case)
    return rag_response(
        case,
        resolution,
        ticket_id=str(draft.ticket_id),
        conversation_id=draft.conversation_id,
        created=(draft.created_at or services.clock.now()).date(),
        agent_name=draft.first_tier_agent_name,
    )


def response_of(ticket: Ticket) -> RagResponse:
    """What was found for a ticket; raises Conflict `ticket_unresolved` while nothing is."""
    if ticket.resolution_content is None:
        raise Conflict("ticket_unresolved", "Its resolution is still looked for; ask again.")
    found = Resolution(
        content=ticket.resolution_content,
        kb_id=ticket.kb_id,
        script_id=ticket.script_id,
        similarity_score=ticket.similarity_score,
        distance=ticket.distance,
        labels=Labels(
            category=Label(value=ticket.category),
            priority=Label(value=ticket.priority),
            sentiment=Label(value=ticket.sentiment),
        ),
        score=Score(
            relevancy_points=ticket.relevancy_points or 0,
            accuracy_points=ticket.accuracy_points or 0,
            completeness_points=ticket.completeness_points or 0,
            reasoning=ticket.reasoning or "",
        ),
        by=ticket.resolved_by or "",
    )
    return rag_response(
        ticket.case,
        found,
        ticket_id=ticket.ticket_id,
        conversation_id=ticket.conversation_id,
        created=ticket.created_at.date(),
        agent_name=ticket.first_tier_agent_name,
        generated_kb_id=ticket.generated_kb_id,
    )
