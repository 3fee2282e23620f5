"""What becomes of tickets: opened, edited, assigned, approved or rejected by the support desk."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from agent.errors import InvalidInput, NotFound
from agent.knowledge.models import Likeness
from agent.services import Services
from agent.tickets.deciding import Approved
from agent.tickets.models import TEXT, Status
from agent.tickets.reviewers import Reviewer, tier_number
from agent.users.models import User
from agent.users.roles import Role
from server.actors import Actor
from server.deps import Id, TheServices, TheTickets
from server.errors import problems
from server.routes.knowledge import KnowledgeItem
from server.routes.tickets import Reviewing, TicketItem
from server.scopes import SCOPES_OF, Scope
from server.whole import AS_JSON, Version

router = APIRouter(prefix="/api/tickets", tags=["tickets"])

Text = Annotated[str, Field(min_length=1, max_length=TEXT, pattern=r"\S")]
Named = Annotated[str, Field(max_length=200)] | None
_DECIDED = problems(400, 401, 403, 404, 409, 413, 415)


async def _reviewer(services: TheServices, actor: Reviewing) -> Reviewer:
    """Who reviews, with the tier that their account has now."""
    if actor.user_id is None:
        return Reviewer(name=actor.name, user_id=None, tier=None, admin=True)
    return _as_reviewer((await services.users.get(actor.tenant_id, actor.user_id)).user)


def _as_reviewer(user: User) -> Reviewer:
    return Reviewer(
        name=f"user:{user.user_id}",
        user_id=user.user_id,
        tier=tier_number(user.tier),
        admin=user.role is Role.ADMIN,
    )


TheReviewer = Annotated[Reviewer, Depends(_reviewer)]


class StatusRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"status": "in_progress", "version": 1}}
    )

    status: Status
    """From pending only in_progress follows; approving and rejecting have routes of their own."""
    version: Version = None


class EditRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"edited_resolution": "1. Open Ledger > Banking. [KB-DEMO-0001]"}
        },
    )

    edited_resolution: Text
    """Contact data is taken out. Ids of articles and scripts in it become its references."""
    version: Version = None


class AssignRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"assigned_to": "usr_7k2m4n8p0q1r3s5t6v9w"}}
    )

    assigned_to: Annotated[str, Field(min_length=1, max_length=200)] | None
    """The user_id of who reviews it; null: nobody in particular."""
    version: Version = None


class ApproveRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"version": 2}})

    edited_resolution: Text | None = None
    """Approved in place of what was found."""
    kb_id: Named = None
    """The article that solved it, where another one was found; empty: none did."""
    script_id: Named = None
    category: Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")] | None = None
    version: Version = None


AS_IT_IS = ApproveRequest()
"""What an approval without a body says."""


class RejectRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"reason": "It answers another question."}}
    )

    reason: Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")]
    version: Version = None


class ApproveAboveRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"score": 90}})

    score: Annotated[int, Field(strict=True, ge=0, le=100), AS_JSON]
    """The lowest relevancy_score that is approved."""


class Approval(BaseModel):
    ticket: TicketItem
    knowledge: KnowledgeItem
    """What can be found from now on."""


class PreviewItem(BaseModel):
    title: str
    resolution: str
    product: str | None
    category: str | None
    reference_articles: list[str]
    similar_to: Likeness | None
    """Says nearly the same."""
    difference: list[str]
    """From that one to this: lines that begin with a blank stay, with - go, with + come."""


class ApprovedAbove(BaseModel):
    approved: int
    approvals: list[Approval]


@router.patch(
    "/{ticket_id}/status",
    summary="Open a ticket",
    description="From pending to in_progress; every other step is 409, for only `approve` and "
    "`reject` decide. It is whose who opens it, unless somebody has it. A ticket with a tier is "
    "opened by agents of that tier or a higher one.",
    responses=_DECIDED,
)
async def set_status(
    ticket_id: Id,
    body: StatusRequest,
    services: TheServices,
    actor: Reviewing,
    reviewer: TheReviewer,
) -> TicketItem:
    ticket = await services.reviewing.set_status(
        actor.tenant_id, ticket_id, reviewer, body.status, version=body.version
    )
    return TicketItem.of(ticket)


@router.patch(
    "/{ticket_id}/resolution",
    summary="Edit the resolution of a ticket",
    description="Opens a ticket that is pending. What is approved later is the edited text. For "
    "whoever may decide the ticket.",
    responses=_DECIDED,
)
async def edit_resolution(
    ticket_id: Id,
    body: EditRequest,
    services: TheServices,
    actor: Reviewing,
    reviewer: TheReviewer,
) -> TicketItem:
    ticket = await services.reviewing.edit(
        actor.tenant_id, ticket_id, reviewer, body.edited_resolution, version=body.version
    )
    return TicketItem.of(ticket)


@router.patch(
    "/{ticket_id}/assign",
    summary="Say who reviews a ticket",
    description="Any agent may; who is named must be of the ticket's tier or a higher one.",
    responses=_DECIDED,
)
async def assign(
    ticket_id: Id,
    body: AssignRequest,
    services: TheServices,
    actor: Reviewing,
    reviewer: TheReviewer,
) -> TicketItem:
    assignee = None
    if body.assigned_to is not None:
        assignee = await _assignee(services, actor, body.assigned_to)
    ticket = await services.reviewing.assign(
        actor.tenant_id, ticket_id, reviewer, assignee, version=body.version
    )
    return TicketItem.of(ticket)


@router.get(
    "/{ticket_id}/preview",
    summary="What approving a ticket would publish",
    description="As it stands now, beside the entry that says nearly the same, if one does.",
    responses=problems(401, 403, 404, 409),
)
async def preview(
    ticket_id: Id, services: TheServices, actor: Reviewing, reviewer: TheReviewer
) -> PreviewItem:
    shown = await services.reviewing.preview(actor.tenant_id, ticket_id, reviewer)
    return PreviewItem(
        **shown.entry.model_dump(include={"title", "product", "category", "reference_articles"}),
        resolution=shown.entry.text,
        similar_to=shown.similar_to,
        difference=shown.difference,
    )


@router.post(
    "/{ticket_id}/approve",
    summary="Approve the resolution of a ticket, once",
    description="Publishes it as knowledge `KB-NEW-…` that is found at once. The same approval "
    "again gives the same answer. 409 `ticket_not_opened` for a pending ticket. A ticket with a "
    "tier needs an agent of that tier or a higher one.",
    responses=_DECIDED,
)
async def approve(
    ticket_id: Id,
    tickets: TheTickets,
    actor: Reviewing,
    reviewer: TheReviewer,
    body: ApproveRequest = AS_IT_IS,
) -> Approval:
    approved = await tickets.approve(
        actor.tenant_id,
        ticket_id,
        reviewer,
        edited_resolution=body.edited_resolution,
        kb_id=body.kb_id,
        script_id=body.script_id,
        category=body.category,
        version=body.version,
    )
    return _approval(approved)


@router.post(
    "/{ticket_id}/reject",
    summary="Reject the resolution of a ticket, once",
    responses=_DECIDED,
)
async def reject(
    ticket_id: Id,
    body: RejectRequest,
    tickets: TheTickets,
    actor: Reviewing,
    reviewer: TheReviewer,
) -> TicketItem:
    ticket = await tickets.reject(
        actor.tenant_id, ticket_id, reviewer, reason=body.reason, version=body.version
    )
    return TicketItem.of(ticket)


@router.post(
    "/approve-above",
    summary="Approve every pending ticket from a score on",
    description="Those whose tier is above one's own are left as they are.",
    responses=problems(400, 401, 403, 413, 415),
)
async def approve_above(
    body: ApproveAboveRequest, tickets: TheTickets, actor: Reviewing, reviewer: TheReviewer
) -> ApprovedAbove:
    approved = await tickets.approve_above(actor.tenant_id, reviewer, body.score)
    return ApprovedAbove(approved=len(approved), approvals=[_approval(each) for each in approved])


def _approval(approved: Approved) -> Approval:
    return Approval(
        ticket=TicketItem.of(approved.ticket), knowledge=KnowledgeItem.of(approved.knowledge)
    )


async def _assignee(services: Services, actor: Actor, user_id: str) -> Reviewer:
    """Raises InvalidInput unless the user may review."""
    try:
        user = (await services.users.get(actor.tenant_id, user_id)).user
    except NotFound:
        user = None
    if (
        user is None
        or user.disabled_at is not None
        or Scope.TICKETS_REVIEW not in SCOPES_OF[user.role]
    ):
        raise InvalidInput(
            "ticket_assignee_unfit", "Name the user_id of a support agent or an admin."
        )
    return _as_reviewer(user)
