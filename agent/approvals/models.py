from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agent.audit.models import Why

Args = dict[str, Any]
Risk = Literal["low", "medium", "high"]
SCHEMA_VERSION = 1
LONGEST_MESSAGE = 8000


class ApprovalStatus(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    EDITED = "edited"
    REJECTED = "rejected"
    RESPONDED = "responded"
    DISMISSED = "dismissed"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


EFFECTIVE = frozenset({ApprovalStatus.APPROVED, ApprovalStatus.EDITED})
"""The statuses under which an action is carried out."""


class Decision(BaseModel):
    """What a person said about a proposed action."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["approve", "edit", "reject", "respond", "dismiss"]
    args: Args | None = None
    """For edit: the changed arguments, others stay."""
    message: str | None = Field(default=None, max_length=LONGEST_MESSAGE)

    @property
    def status(self) -> ApprovalStatus:
        return {
            "approve": ApprovalStatus.APPROVED,
            "edit": ApprovalStatus.EDITED,
            "reject": ApprovalStatus.REJECTED,
            "respond": ApprovalStatus.RESPONDED,
            "dismiss": ApprovalStatus.DISMISSED,
        }[self.decision]


class Proposal(BaseModel):
    """An action the policy or a caller wants done; nothing has happened yet."""

    thread_id: str
    turn: int
    action: str
    args: Args
    description: str
    """For a person: what, for whom, when, why."""
    risk: Risk
    why: Why = Why()
    excerpt: list[str] = Field(default_factory=list)
    """The last lines of the conversation, redacted."""
    supersedes: Args | None = None
    """Close pending proposals of the same action in this thread that have these arguments."""
    proposed_by: str | None = None
    """Who of the house asked for it; None: the lead or the policy."""
    answers: str | None = None
    """The agent's reply that it carries to the lead; its outcome is no news to them."""
    made: frozenset[str] = frozenset()
    """Names of arguments made for this proposal, such as the id of a hold; not asked for."""

    @property
    def asked(self) -> Args:
        """What was asked for, the same each time it is asked."""
        return {name: value for name, value in self.args.items() if name not in self.made}


class Approval(BaseModel):
    """A proposed action and what became of it. The row, not the graph, is the truth."""

    action_id: str
    thread_id: str
    lead_id: str
    turn: int
    action: str
    args: Args
    args_hash: str
    asked_hash: str
    """Of what was asked for, without ids made for the proposal."""
    description: str
    risk: Risk
    status: ApprovalStatus = ApprovalStatus.PENDING
    version: int = 1
    why: Why = Why()
    excerpt: list[str] = Field(default_factory=list)
    created_at: datetime
    expires_at: datetime
    proposed_by: str | None = None
    """Who of the house asked for it; None: the lead or the policy."""
    answers: str | None = None
    """message_id of the agent's reply that it carries to the lead."""
    first_approved_by: str | None = None
    """The first of two people, where an action needs two."""
    first_approved_at: datetime | None = None
    decision: Decision | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    proposed_args: Args | None = None
    """What was proposed, where a person edited it."""
    delivery_id: str | None = None
    undo_until: datetime | None = None
    """Until then nothing leaves and nobody is told; None: at once."""
    told: bool = True
    """Whether the lead and the subscribers have been told of the decision."""
    undone: int = 0
    """How often a decision was taken back."""

    @property
    def covers(self) -> str:
        """Names the delivery of this decision among those of the action."""
        return str(self.undone + 1) if self.undone else ""
