"""What a tool may know of the conversation it is called from."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agent.approvals.models import Approval, ApprovalStatus, Decision, Proposal
from agent.audit.models import Why
from agent.errors import Conflict
from agent.events.models import Event
from agent.kit.ids import stable_id
from agent.services import Services
from agent.tenants.models import Community
from agent.threads.models import Stage
from tools.actions import ACTIONS, references

AUTO = "policy:auto"
"""Who has approved what a community lets pass without a person."""


@dataclass(slots=True)
class Call:
    """One turn's view and permissions: who asks, from where, and which ids were offered."""

    services: Services
    tenant_id: str
    thread_id: str
    lead_id: str
    community: Community
    stage: Stage
    turn: int
    contact_ref: str | None = None
    listings: set[str] = field(default_factory=set)
    """listing_ids the server has offered to this thread."""
    slots: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    """Offered slot_id -> (listing_id, start)."""
    disclosed: tuple[str, datetime] | None = None
    """`terms_id` of the criteria and fees shown in this thread, and when."""
    trusted: bool = False
    """The caller has a credential of their own: any id of the tenant will do."""
    scopes: frozenset[str] | None = None
    """Scopes of a trusted caller; None for the policy, whose rights are its stage's."""
    actor: str | None = None
    """Who of the house or which program calls; None: the policy or the lead."""
    by_staff: bool = False
    """The house itself wants it, not the lead through it."""
    answers: str | None = None
    """message_id of the agent's reply that this call carries to the lead."""
    checked: bool = False
    """The executor has checked the tool and its arguments; nothing passes by itself without."""
    why: Why = field(default_factory=Why)
    excerpt: list[str] = field(default_factory=list)
    """The last lines of the conversation, for whoever approves."""
    events: list[Event] = field(default_factory=list)
    """Collected by the tools: what subscribers should hear of when the turn is written."""
    proposals: list[Approval] = field(default_factory=list)
    """Collected by the tools: actions that wait for a person now."""
    favorites: list[str] = field(default_factory=list)
    handoff: str | None = None

    def contact(self) -> str:
        if self.contact_ref is None:
            raise Conflict("contact_missing", "Ask for an e-mail address or a phone number first.")
        return self.contact_ref

    async def own_id(self, prefix: str, *parts: object) -> str:
        """The same id when this turn is run again; another one after a change of mind in it."""
        changes = await self.services.approvals.store.superseded_in(
            self.tenant_id, self.thread_id, self.turn
        )
        return stable_id(prefix, self.thread_id, self.turn, changes, *parts)

    async def propose(
        self,
        action: str,
        args: dict[str, Any],
        description: str,
        *,
        supersedes: dict[str, Any] | None = None,
        made: frozenset[str] = frozenset(),
        community: Community | None = None,
    ) -> Approval:
        """Write the approval row of `action`; its hold, if any, is in `args` already.

        It passes without a person where `community`, whose home it is about, lets it.
        """
        from tools.settle import settle

        risk = ACTIONS[action].risk
        if risk is None:
            raise ValueError(f"{action!r} needs no approval")
        await self.services.threads.store.set_proposed(self.tenant_id, self.thread_id)
        approval = await self.services.approvals.propose(
            self.tenant_id,
            self.lead_id,
            Proposal(
                thread_id=self.thread_id,
                turn=self.turn,
                action=action,
                args=args,
                description=description,
                risk=risk,
                why=self.why,
                excerpt=self.excerpt,
                supersedes=supersedes,
                proposed_by=self.actor,
                answers=self.answers,
                made=made,
            ),
            settle=lambda old: settle(self.services, self.tenant_id, old),
            tell=self._told,
        )
        if self._passes(action, approval, community or self.community):
            approval = await self._approve(approval)
        self.proposals.append(approval)
        return approval

    async def expiry(self, action: str) -> datetime:
        """Until when a proposal of `action` made now can be decided."""
        lifetime = await self.services.approvals.lifetime(self.tenant_id, ACTIONS[action].risk)
        return self.services.clock.now() + lifetime

    def _passes(self, action: str, approval: Approval, community: Community) -> bool:
        """Whether `community` lets it pass without a person."""
        return (
            self.checked
            and not self.by_staff
            and ACTIONS[action].auto
            and community.approval.get(action) == "auto"
            and approval.status is ApprovalStatus.PENDING
        )

    async def _told(self, approval: Approval) -> None:
        """Write that it is proposed, before anything that becomes of it."""
        event = ACTIONS[approval.action].proposed_event
        data = references(approval.action_id, approval.args)
        told = [Event(type=event, data=data)] if event else []
        await self.services.threads.add(self.tenant_id, self.thread_id, [], told)

    async def _approve(self, approval: Approval) -> Approval:
        from tools.effects import effects

        return await self.services.approvals.decide(
            self.tenant_id,
            approval.action_id,
            Decision(decision="approve"),
            actor=AUTO,
            effects=effects(self.services, self.tenant_id),
        )
