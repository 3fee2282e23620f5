"""Support tickets as people read them: one's own, or all for whoever reviews."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from agent.services import Services
from agent.tickets.calibration import Band
from agent.tickets.models import RESOLVED, Grounds, Status, Ticket
from agent.tickets.reveal import reveal
from agent.tickets.service import unknown
from graphs.tickets.rag import RagResponse
from server.actors import Actor, named
from server.deps import Id, TheServices, scoped
from server.errors import problems
from server.listed import Cursor, Limit, Listed
from server.routes.rag import response_of
from server.scopes import Scope

router = APIRouter(prefix="/api/tickets", tags=["tickets"])

Reader = Annotated[Actor, Depends(scoped(Scope.TICKETS_READ))]
Reviewing = Annotated[Actor, Depends(scoped(Scope.TICKETS_REVIEW))]
Filter = Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")]


class Narrowed(BaseModel):
    product: Filter = None
    category: Filter = None
    priority: Filter = None
    limit: Limit = 50
    cursor: Cursor = None


class Sought(Narrowed):
    status: Status | None = None
    assigned_to: Filter = None
    q: Filter = None


class TicketItem(BaseModel):
    id: str
    """The same as `ticket_id`."""
    ticket_id: str
    conversation_id: str
    channel: str | None
    customer_role: str | None
    product: str | None
    category: str | None
    transcript: str
    """Without contact data."""
    first_tier_agent_name: str | None
    account_name: str | None
    property_name: str | None
    property_city: str | None
    property_state: str | None
    contact_name: str | None = None
    """This and the other contact data only with `reveal`."""
    contact_role: str | None
    contact_phone: str | None = None
    contact_email: str | None = None
    status: Status
    created_by: str
    """The user who uploaded it, or the API key."""
    assigned_to: str | None
    """The user who reviews it."""
    resolution_content: str | None
    """What was found for it; null while that is looked for."""
    edited_resolution: str | None
    relevancy_score: int | None
    """0 to 100: the sum of the three kinds of points."""
    relevancy_points: int | None
    """0 to 40."""
    accuracy_points: int | None
    """0 to 35."""
    completeness_points: int | None
    """0 to 25."""
    reasoning: str | None
    kb_id: str | None
    script_id: str | None
    generated_kb_id: str | None
    """A draft article that was written for it, where nothing near enough was found."""
    similarity_score: float | None
    distance: float | None
    priority: str | None
    sentiment: str | None
    confidence: dict[str, float]
    """0 to 1: how sure category, priority and sentiment are, where they were found."""
    created_at: datetime
    updated_at: datetime | None
    resolved_at: datetime | None
    """When it was approved or rejected."""
    subject: str | None
    description: str | None
    tier: int | None
    """The lowest tier of an agent who may decide it; null: any."""
    reference_articles: list[str]
    """What its resolution cites."""
    knowledge_id: str | None
    """What its approval published."""
    reject_reason: str | None
    resolved_by: str | None
    """`rules`, or the model that wrote the resolution."""
    decided_by: str | None
    job_id: str | None
    row: int | None
    """Of the file it came with."""
    version: int

    @classmethod
    def of(cls, ticket: Ticket) -> "TicketItem":
        people = {field: named(getattr(ticket, field)) for field in ("created_by", "decided_by")}
        return cls.model_validate({**dict(ticket), **people, "id": ticket.ticket_id})


class TicketDetail(TicketItem):
    grounds: Grounds | None
    """What the resolution rests on: similar tickets and their votes, articles, scripts. Whoever
    may not read the tickets of others is not shown which those are."""


class CalibrationBand(Band):
    share_approved: float | None
    """Of all that were decided, edited ones included."""

    @classmethod
    def of(cls, band: Band) -> "CalibrationBand":
        approved = band.approved + band.edited
        return cls(**dict(band), share_approved=approved / band.n if band.n else None)


class Calibration(BaseModel):
    """What people decided, beside the score that was given before."""

    decided: int
    bands: list[CalibrationBand]


async def seen(services: Services, actor: Actor, ticket_id: str) -> Ticket:
    """A ticket that `actor` may see; raises NotFound `ticket_not_found` for all others."""
    ticket = await services.tickets.get(actor.tenant_id, ticket_id)
    if Scope.TICKETS_REVIEW not in actor.scopes and ticket.created_by != actor.name:
        raise unknown(ticket_id)
    return ticket


@router.get(
    "",
    summary="Tickets, the newest first",
    description="One's own; with `tickets:review` those of everyone.",
    responses=problems(401, 403),
)
async def list_tickets(
    services: TheServices, actor: Reader, sought: Annotated[Sought, Query()]
) -> Listed[TicketItem]:
    said = sought.model_dump(exclude={"status"})
    if Scope.TICKETS_REVIEW not in actor.scopes:
        said["created_by"] = actor.name
    return await _listed(services, actor, [sought.status] if sought.status else [], said)


@router.get("/pending", summary="Tickets that wait, the newest first", responses=problems(401, 403))
async def list_pending(
    services: TheServices, actor: Reviewing, narrowed: Annotated[Narrowed, Query()]
) -> Listed[TicketItem]:
    return await _listed(services, actor, [Status.PENDING], dict(narrowed))


@router.get(
    "/resolved",
    summary="Tickets that were approved or rejected, the newest first",
    responses=problems(401, 403),
)
async def list_resolved(
    services: TheServices, actor: Reviewing, narrowed: Annotated[Narrowed, Query()]
) -> Listed[TicketItem]:
    return await _listed(services, actor, RESOLVED, dict(narrowed))


@router.get(
    "/calibration",
    summary="Scores beside what people decided",
    responses=problems(401, 403),
)
async def read_calibration(services: TheServices, actor: Reviewing) -> Calibration:
    bands = await services.tickets.calibration(actor.tenant_id)
    return Calibration(
        decided=sum(band.n for band in bands), bands=[CalibrationBand.of(band) for band in bands]
    )


@router.get(
    "/{ticket_id}",
    summary="One ticket, with what its resolution rests on",
    description="With `reveal=1` also the contact's name, e-mail and phone, for whoever has "
    "`pii:read`. Each reading is audited: as `ticket.read`, with `reveal` as `ticket.revealed`.",
    responses=problems(401, 403, 404),
)
async def read_ticket(
    ticket_id: Id,
    services: TheServices,
    actor: Reader,
    revealed: Annotated[bool, Query(alias="reveal")] = False,
) -> TicketDetail:
    ticket = await seen(services, actor, ticket_id)
    contact: dict[str, Any] = {}
    if revealed:
        actor.require(Scope.PII_READ)
        known = await reveal(
            services.vault, services.audit, actor.tenant_id, ticket, actor=actor.name
        )
        contact = {f"contact_{field}": value for field, value in known.model_dump().items()}
    else:
        await services.audit.record(actor.tenant_id, "ticket.read", ticket_id, {}, actor=actor.name)
    item = TicketItem.of(ticket)
    grounds = _grounds(ticket, all_tickets=Scope.TICKETS_REVIEW in actor.scopes)
    return TicketDetail.model_validate({**dict(item), **contact, "grounds": grounds})


@router.get(
    "/{ticket_id}/resolution",
    summary="The resolution of a ticket, as `POST /api/rag/generate` answers",
    description="409 `ticket_unresolved` while it is looked for.",
    responses=problems(401, 403, 404, 409),
)
async def read_resolution(ticket_id: Id, services: TheServices, actor: Reader) -> RagResponse:
    return response_of(await seen(services, actor, ticket_id))


async def _listed(
    services: Services, actor: Actor, status: Sequence[Status], said: dict[str, Any]
) -> Listed[TicketItem]:
    page = await services.tickets.store.page(actor.tenant_id, status=status, **said)
    return Listed(
        items=[TicketItem.of(ticket) for ticket in page.items], next_cursor=page.next_cursor
    )


def _grounds(ticket: Ticket, *, all_tickets: bool) -> dict[str, Any] | None:
    grounds = ticket.grounds
    if grounds is None or all_tickets:
        return grounds
    votes = [{**vote, "tickets": []} for vote in grounds["votes"]]
    return {**grounds, "tickets": [], "votes": votes}
