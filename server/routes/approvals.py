"""Actions that wait for a person, and the decisions about them."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from agent.approvals.models import Approval, ApprovalStatus, Decision, Risk
from agent.audit.models import Why
from agent.leads.models import LeadProfile
from agent.services import Services
from server.actors import Actor
from server.deps import Id, TheRuntime, TheServices, scoped
from server.errors import problems
from server.listed import Cursor, Limit, Listed
from server.routes.deliveries import DeliveryItem
from server.scopes import Scope

router = APIRouter(prefix="/api/approvals", tags=["approvals"])

Reader = Annotated[Actor, Depends(scoped(Scope.APPROVALS_READ))]
Decider = Annotated[Actor, Depends(scoped(Scope.APPROVALS_WRITE))]
Text = Annotated[str, Query(max_length=200)]


class LeadSummary(BaseModel):
    lead_id: str
    profile: LeadProfile


class ApprovalItem(BaseModel):
    action_id: str
    thread_id: str
    action: str
    args: dict[str, Any]
    """`contact` is a reference into the vault."""
    args_hash: str
    description: str
    """What would be done, in words."""
    risk: Risk
    status: ApprovalStatus
    version: int
    approvals_needed: int
    """How many people have yet to approve; 2 for high risk under four eyes, 0 once closed."""
    first_approved_by: str | None
    """The first of two people; somebody else has to be the second."""
    proposed_by: str | None
    """Who of the house asked for it; null: the lead or the agent."""
    created_at: datetime
    expires_at: datetime
    lead: LeadSummary
    excerpt: list[str]
    """The last lines of the conversation."""
    why: Why


class ApprovalDetail(ApprovalItem):
    decision: Decision | None
    decided_by: str | None
    decided_at: datetime | None
    proposed_args: dict[str, Any] | None
    """What was proposed, where a person edited it."""
    undo_until: datetime | None
    """Until then nothing leaves, and the approval can be taken back."""
    deliveries: list[DeliveryItem]
    """Its own, and the reminders of a tour that it covers."""


class DecisionRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"decision": "approve", "version": 1}}
    )

    decision: Literal["approve", "edit", "reject", "respond"]
    args: dict[str, Any] | None = None
    """For edit: the changed arguments; the others stay."""
    message: str | None = Field(default=None, max_length=8000)
    """For reject and respond: what the lead is told."""
    version: int | None = Field(default=None, ge=1, le=2**31, strict=True)
    """The version that was read; 409 when it is stale. Without it the newest is decided."""


class Decided(BaseModel):
    action_id: str
    status: ApprovalStatus
    """`pending` still where another person has to approve too."""
    version: int
    delivery_id: str | None = None
    approvals_needed: int
    first_approved_by: str | None
    undo_until: datetime | None
    """Until then `POST …/undo` takes it back."""


@router.get("", summary="Actions, the newest first", responses=problems(401, 403))
async def list_approvals(
    services: TheServices,
    actor: Reader,
    status: ApprovalStatus | None = None,
    thread_id: Text | None = None,
    risk: Risk | None = None,
    action: Text | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Listed[ApprovalItem]:
    page = await services.approvals.store.page(
        actor.tenant_id,
        status=status,
        thread_id=thread_id,
        risk=risk,
        action=action,
        limit=limit,
        cursor=cursor,
    )
    leads = await _leads(services, actor.tenant_id, page.items)
    return Listed(
        items=[
            ApprovalItem.model_validate(
                {
                    **dict(approval),
                    "lead": leads[approval.lead_id],
                    "approvals_needed": await services.approvals.people(actor.tenant_id, approval),
                }
            )
            for approval in page.items
        ],
        next_cursor=page.next_cursor,
    )


@router.get(
    "/{action_id}",
    summary="One action, with its decision and deliveries",
    responses=problems(401, 403, 404),
)
async def read_approval(action_id: Id, services: TheServices, actor: Reader) -> ApprovalDetail:
    approval = await services.approvals.get(actor.tenant_id, action_id)
    leads = await _leads(services, actor.tenant_id, [approval])
    deliveries = await services.outbox.store.page(actor.tenant_id, action_id=action_id)
    return ApprovalDetail.model_validate(
        {
            **dict(approval),
            "lead": leads[approval.lead_id],
            "approvals_needed": await services.approvals.people(actor.tenant_id, approval),
            "deliveries": [DeliveryItem.of(delivery) for delivery in deliveries.items],
        }
    )


@router.post(
    "/{action_id}/decision",
    summary="Decide an action, once",
    description="The same decision again gives the recorded answer, another one 409. Only the "
    "stored arguments are carried out: those of an edit once they are checked, never those that "
    "come with an approval. The lead is told in the conversation. The approval of a tour covers "
    "its reminders, 24 and 2 hours before. Where the tenant wants four eyes, an action of high "
    "risk stays `pending` until a second person has approved it, and nobody approves what they "
    "proposed. Where there is an undo window, nothing leaves and nobody is told until it ends. A "
    "tour whose time has passed or is taken is 409 with free times as details; send one as an "
    "edit.",
    responses=problems(400, 401, 403, 404, 409, 410, 415),
)
async def decide(
    action_id: Id, body: DecisionRequest, runtime: TheRuntime, actor: Decider
) -> Decided:
    decision = Decision(decision=body.decision, args=body.args, message=body.message)
    approval = await runtime.decide(
        actor.tenant_id, action_id, decision, actor=actor.name, version=body.version
    )
    return await _decided(runtime.services, actor.tenant_id, approval)


@router.post(
    "/{action_id}/undo",
    summary="Take an approval back before it leaves",
    description="Inside the tenant's undo window: the delivery is canceled, a booked tour is held "
    "again, the action waits as before with a new version. Later 409.",
    responses=problems(401, 403, 404, 409),
)
async def undo(action_id: Id, runtime: TheRuntime, actor: Decider) -> Decided:
    approval = await runtime.undo(actor.tenant_id, action_id, actor=actor.name)
    return await _decided(runtime.services, actor.tenant_id, approval)


async def _decided(services: Services, tenant_id: str, approval: Approval) -> Decided:
    needed = await services.approvals.people(tenant_id, approval)
    return Decided.model_validate({**dict(approval), "approvals_needed": needed})


async def _leads(
    services: Services, tenant_id: str, approvals: Sequence[Approval]
) -> dict[str, LeadSummary]:
    ids = sorted({approval.lead_id for approval in approvals})
    found = await asyncio.gather(*(services.leads.get(tenant_id, lead_id) for lead_id in ids))
    return {lead.lead_id: LeadSummary(lead_id=lead.lead_id, profile=lead.profile) for lead in found}
