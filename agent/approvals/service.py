"""The rules of a decision: once, on the stored arguments, in one transaction with its effects."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from agent.approvals.models import (
    EFFECTIVE,
    Approval,
    ApprovalStatus,
    Args,
    Decision,
    Proposal,
)
from agent.approvals.record import recorded
from agent.approvals.replay import expired, replayed, superseded
from agent.approvals.store import ApprovalStore
from agent.audit.service import AuditService
from agent.errors import Conflict, InvalidInput, NotFound
from agent.kit.clock import Clock
from agent.kit.digests import args_hash
from agent.kit.failpoints import Failpoints
from agent.kit.ids import new_id
from agent.mongo.repository import Repository
from agent.outbox.service import OutboxService

LIFETIME = timedelta(hours=24)

Settle = Callable[[Approval], Awaitable[None]]
"""Carries the outcome into the nouns (book the tour, free the slot, tell the thread), inside the
decision's transaction; raising undoes the decision."""
Coerce = Callable[[Approval, Args], Awaitable[Args]]
"""The edited arguments, parsed and checked anew; raises InvalidInput."""


class ApprovalService:
    def __init__(
        self,
        repository: Repository,
        store: ApprovalStore,
        outbox: OutboxService,
        audit: AuditService,
        clock: Clock,
        failpoints: Failpoints,
    ) -> None:
        self._repository = repository
        self.store = store
        self._outbox = outbox
        self._audit = audit
        self._clock = clock
        self._failpoints = failpoints

    async def get(self, tenant_id: str, action_id: str) -> Approval:
        approval = await self.store.get(tenant_id, action_id)
        if approval is None:
            raise NotFound("approval_not_found", f"There is no action {action_id[:80]!r}.")
        return approval

    async def propose(
        self, tenant_id: str, lead_id: str, proposal: Proposal, *, settle: Settle
    ) -> Approval:
        """Write a pending row; the same proposal of the same turn is the same row.

        Pending proposals it supersedes are closed and settled. Joins the caller's transaction.
        Raises Conflict `action_rejected_before` (a person has refused exactly this) or
        `approval_superseded` (it has given way to another one in this turn).
        """
        now = self._clock.now()
        approval = Approval(
            action_id=new_id("act"),
            lead_id=lead_id,
            args_hash=args_hash(proposal.args),
            asked_hash=args_hash(proposal.asked),
            created_at=now,
            expires_at=now + LIFETIME,
            **proposal.model_dump(exclude={"supersedes", "made"}),
        )
        standing = await self.store.same_proposal(tenant_id, approval)
        if standing and standing.status is ApprovalStatus.SUPERSEDED:
            raise superseded()
        if standing:
            return standing
        if await self.store.rejected(tenant_id, approval):
            raise Conflict(
                "action_rejected_before", "A person has refused exactly this; propose another."
            )
        if proposal.supersedes is not None:
            for old in await self.store.pending(
                tenant_id, approval.thread_id, action=approval.action
            ):
                if proposal.supersedes.items() <= old.args.items():
                    await self.withdraw(tenant_id, old, settle=settle)
        await self.store.insert(tenant_id, approval)
        await self._audit.record(
            tenant_id, "approval.proposed", approval.action_id, {"action": approval.action}
        )
        return approval

    async def withdraw(self, tenant_id: str, approval: Approval, *, settle: Settle) -> None:
        """Close a pending row because the lead has changed their mind; joins a transaction."""
        closed = await self.store.close(
            tenant_id,
            approval.action_id,
            {"status": ApprovalStatus.SUPERSEDED, "decided_at": self._clock.now()},
        )
        if closed:
            await settle(closed)
            await self._audit.record(tenant_id, "approval.superseded", closed.action_id, {})

    async def decide(
        self,
        tenant_id: str,
        action_id: str,
        decision: Decision,
        *,
        actor: str,
        settle: Settle,
        coerce: Coerce,
        version: int | None = None,
    ) -> Approval:
        """Record a decision, its outbox row and its audit row in one transaction.

        The same decision again returns the recorded row. Raises NotFound, Conflict (decided
        otherwise, superseded, or `version` is stale), Gone (expired), InvalidInput (an edit or
        response that cannot be used; still pending).
        """
        decision = _meant(decision)

        async def write() -> Approval:
            return await self._decide(
                tenant_id, action_id, decision, actor, settle, coerce, version
            )

        self._failpoints.reach("before_decision")
        approval = await self._repository.transact(write)
        self._failpoints.reach("after_decision")
        return approval

    async def _decide(
        self,
        tenant_id: str,
        action_id: str,
        decision: Decision,
        actor: str,
        settle: Settle,
        coerce: Coerce,
        version: int | None,
    ) -> Approval:
        now = self._clock.now()
        standing = await self.get(tenant_id, action_id)
        if standing.status is not ApprovalStatus.PENDING:
            return replayed(standing, recorded(decision))
        changes = {
            "status": decision.status,
            "decision": recorded(decision).model_dump(),
            "decided_by": actor,
            "decided_at": now,
        }
        if decision.decision == "edit":
            args = await coerce(standing, decision.args or {})
            changes |= {
                "args": args,
                "args_hash": args_hash(args),
                "proposed_args": standing.args,
            }
        if decision.status in EFFECTIVE:
            changes["delivery_id"] = new_id("dlv")
        approval = await self.store.close(tenant_id, action_id, changes, version=version, now=now)
        if approval is None:
            raise self._refusal(standing)
        if approval.delivery_id:
            await self._outbox.enqueue(
                tenant_id,
                delivery_id=approval.delivery_id,
                action_id=action_id,
                action=approval.action,
                args=approval.args,
                args_hash=approval.args_hash,
                thread_id=approval.thread_id,
            )
        await settle(approval)
        await self._audit.record(
            tenant_id,
            f"approval.{approval.status}",
            action_id,
            {"action": approval.action, "args_hash": approval.args_hash},
            actor=actor,
        )
        return approval

    def _refusal(self, standing: Approval) -> Exception:
        if standing.expires_at <= self._clock.now():
            return expired()
        return Conflict(
            "approval_version_stale",
            f"It is at version {standing.version} now; read it again before you decide.",
        )

    async def expire_overdue(self, settle_for: Callable[[str], Settle]) -> int:
        """Close what nobody decided in time; `settle_for` gives a tenant's settle."""
        overdue = await self.store.overdue(self._clock.now())
        for tenant_id, approval in overdue:
            await self._expire(tenant_id, approval, settle_for(tenant_id))
        return len(overdue)

    async def _expire(self, tenant_id: str, approval: Approval, settle: Settle) -> None:
        async def write(settle: Settle, record: dict[str, str]) -> None:
            closed = await self.store.close(
                tenant_id,
                approval.action_id,
                {"status": ApprovalStatus.EXPIRED, "decided_at": self._clock.now()},
            )
            if closed:
                await settle(closed)
                await self._audit.record(tenant_id, "approval.expired", closed.action_id, record)

        try:
            await self._repository.transact(lambda: write(settle, {}))
        except (Conflict, NotFound) as error:
            # what it was about has moved on; the row must not hold up the others for ever
            unsettled = {"unsettled": error.code}
            await self._repository.transact(lambda: write(_leave, unsettled))


async def _leave(approval: Approval) -> None:
    return None


def _meant(decision: Decision) -> Decision:
    """Only an edit brings arguments: an approval is of the stored ones, whatever came with it."""
    if decision.decision == "respond" and not (decision.message or "").strip():
        raise InvalidInput("decision_message_missing", "Send the response itself as message.")
    if decision.decision != "edit":
        return decision.model_copy(update={"args": None})
    if not decision.args:
        raise InvalidInput("approval_edit_invalid", "Send the changed arguments as args.")
    return decision
