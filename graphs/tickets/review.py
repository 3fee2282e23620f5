"""What the interrupt asks about a ticket, and carrying out what a person answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from agent.approvals.models import Args, Decision, Risk
from agent.errors import Conflict, InvalidInput
from agent.kit.digests import args_hash
from agent.services import Services
from agent.tickets.models import RESOLVED, TEXT, Status, Ticket
from agent.tickets.reviewers import Reviewer

ACTION = "approve_ticket"
STUDIO = Reviewer(name="studio", admin=True)
"""Whoever steps through the graph by hand."""


@dataclass(frozen=True, slots=True)
class TicketQuestion:
    """Whether a resolution is right; see `graphs.approval.Question`."""

    action_id: str
    args: Args
    description: str
    version: int
    action: str = ACTION
    risk: Risk = "medium"
    expires_at: datetime | None = None

    @property
    def args_hash(self) -> str:
        return args_hash(self.args)


class EditedArgs(BaseModel):
    """What a person may change of it; inboxes send everything as text."""

    model_config = ConfigDict(extra="forbid")

    ticket_id: str | None = None
    resolution: str | None = Field(default=None, max_length=TEXT)
    kb_id: str | None = Field(default=None, max_length=200)
    script_id: str | None = Field(default=None, max_length=200)

    @field_validator("*", mode="before")
    @classmethod
    def _nothing(cls, value: Any) -> Any:
        return None if value in ("", "null", "None") else value


def question(ticket: Ticket, problem: str | None = None) -> TicketQuestion:
    """What is asked about it; `problem`: why the answer before did not do."""
    return TicketQuestion(
        action_id=ticket.ticket_id,
        args={
            "ticket_id": ticket.ticket_id,
            "resolution": ticket.final_resolution,
            "kb_id": ticket.kb_id,
            "script_id": ticket.script_id,
        },
        description=" ".join(filter(None, (problem, _description(ticket)))),
        version=ticket.version,
    )


def waits(ticket: Ticket) -> bool:
    """Whether a person still has to decide it."""
    return ticket.status not in RESOLVED


async def carry_out(
    services: Services, tenant_id: str, ticket: Ticket, decision: Decision, reviewer: Reviewer
) -> Ticket:
    """Do what the decision says, by the review and nothing else; the ticket as it is then.

    `respond` keeps the person's words as the resolution and asks again. Raises InvalidInput, and
    what the review raises; the ticket waits then as before.
    """
    reviewing, ticket_id = services.reviewing, ticket.ticket_id
    if decision.decision == "dismiss":
        raise InvalidInput(
            "ticket_undecided", "A ticket is not put aside: approve it, edit it, or say why not."
        )
    if decision.decision == "respond":
        said = decision.message or ""
        return await reviewing.edit(tenant_id, ticket_id, reviewer, said, version=ticket.version)
    changes = edited(ticket, decision.args or {}) if decision.decision == "edit" else {}
    if decision.decision == "reject" and not (decision.message or "").strip():
        raise InvalidInput("ticket_reason_missing", "Say why it is rejected, as `message`.")
    if ticket.status is Status.PENDING:
        ticket = await reviewing.set_status(
            tenant_id, ticket_id, reviewer, Status.IN_PROGRESS, version=ticket.version
        )
    if decision.decision == "reject":
        return await reviewing.reject(
            tenant_id, ticket_id, reviewer, reason=decision.message or "", version=ticket.version
        )
    approved = await reviewing.approve(
        tenant_id, ticket_id, reviewer, **changes, version=ticket.version
    )
    return approved.ticket


def edited(ticket: Ticket, args: Args) -> dict[str, str]:
    """What an edit changes, as the review takes it.

    Raises InvalidInput `ticket_edit_invalid`, Conflict `approval_differs`.
    """
    try:
        given = EditedArgs.model_validate(args)
    except ValidationError as error:
        fields = ", ".join(str(found["loc"][0]) for found in error.errors())
        raise InvalidInput(
            "ticket_edit_invalid", f"Send resolution, kb_id and script_id as text; see {fields}."
        ) from None
    if given.ticket_id not in (None, ticket.ticket_id):
        raise Conflict("approval_differs", "The edit is about another ticket; read it again.")
    wanted = {
        "edited_resolution": (given.resolution, ticket.final_resolution),
        "kb_id": (given.kb_id, ticket.kb_id),
        "script_id": (given.script_id, ticket.script_id),
    }
    return {name: new for name, (new, old) in wanted.items() if new and new != old}


def _description(ticket: Ticket) -> str:
    about = ticket.subject or ticket.category or "without a subject"
    score = f", score {ticket.relevancy_score}" if ticket.relevancy_score is not None else ""
    return f"Approve the resolution of ticket {ticket.ticket_id} ({about}){score}."
