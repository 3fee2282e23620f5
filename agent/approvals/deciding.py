"""One decision about one row, and taking it back; inside the caller's transaction."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from agent.approvals import rules
from agent.approvals.models import EFFECTIVE, Approval, ApprovalStatus, Args, Decision
from agent.approvals.record import recorded
from agent.approvals.replay import expired, late, replayed
from agent.approvals.store import ApprovalStore
from agent.audit.service import AuditService
from agent.errors import Conflict, Duplicate
from agent.kit.clock import Clock
from agent.kit.digests import args_hash
from agent.kit.ids import new_id
from agent.outbox.service import OutboxService
from agent.tenants.models import Tenant

REOPENED = timedelta(hours=1)
"""How long an undone proposal waits at least."""

Settle = Callable[[Approval], Awaitable[None]]
"""Carries the outcome into the nouns (book the tour, free the slot), inside the decision's
transaction; raising undoes the decision."""
Coerce = Callable[[Approval, Args], Awaitable[Args]]
"""The edited arguments, parsed and checked anew; raises InvalidInput."""
Unsettle = Callable[[Approval, Approval], Awaitable[None]]
"""Takes back what Settle did: (the row as it was decided, the row as it waits again)."""


@dataclass(frozen=True, slots=True)
class Effects:
    """What a decision means; raising in any of them undoes it."""

    settle: Settle
    tell: Settle
    """Brings the news to the thread and to those who listen."""
    coerce: Coerce
    unsettle: Unsettle


class Deciding:
    def __init__(
        self, store: ApprovalStore, outbox: OutboxService, audit: AuditService, clock: Clock
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._audit = audit
        self._clock = clock

    async def decide(
        self,
        tenant: Tenant,
        standing: Approval,
        decision: Decision,
        *,
        actor: str,
        effects: Effects,
        version: int | None,
    ) -> Approval:
        if standing.status is not ApprovalStatus.PENDING:
            return replayed(standing, recorded(decision))
        changes = await self._changes(standing, decision, effects)
        if decision.status in EFFECTIVE:
            if _repeats(standing, decision, actor, version):
                return standing
            if rules.is_first(tenant, standing, decision, actor):
                return await self._first(tenant.tenant_id, standing, changes, actor, version)
            changes |= self._leaving(tenant)
        return await self._close(
            tenant.tenant_id, standing, decision, changes, actor, effects, version
        )

    async def _changes(
        self, standing: Approval, decision: Decision, effects: Effects
    ) -> dict[str, Any]:
        """The arguments that are decided on, where they are not those that stand."""
        if decision.decision != "edit":
            return {}
        args = await effects.coerce(standing, decision.args or {})
        return {
            "args": args,
            "args_hash": args_hash(args),
            "proposed_args": standing.proposed_args or standing.args,
        }

    def _leaving(self, tenant: Tenant) -> dict[str, Any]:
        until = rules.undo_until(tenant, self._clock.now())
        return {"delivery_id": new_id("dlv"), "undo_until": until, "told": until is None}

    async def _first(
        self,
        tenant_id: str,
        standing: Approval,
        changes: dict[str, Any],
        actor: str,
        version: int | None,
    ) -> Approval:
        now = self._clock.now()
        changes |= {"first_approved_by": actor, "first_approved_at": now}
        seen = standing.version if version is None else version
        approval = await self._change(tenant_id, standing, changes, seen)
        await self._audit.record(
            tenant_id,
            "approval.first_approved",
            approval.action_id,
            {"action": approval.action, "args_hash": approval.args_hash},
            actor=actor,
            thread_id=approval.thread_id,
        )
        return approval

    async def _close(
        self,
        tenant_id: str,
        standing: Approval,
        decision: Decision,
        changes: dict[str, Any],
        actor: str,
        effects: Effects,
        version: int | None,
    ) -> Approval:
        edited = "args" in changes or standing.proposed_args is not None
        changes |= {
            "status": (
                ApprovalStatus.EDITED
                if decision.status in EFFECTIVE and edited
                else decision.status
            ),
            "decision": recorded(decision).model_dump(),
            "decided_by": actor,
            "decided_at": self._clock.now(),
        }
        approval = await self._change(tenant_id, standing, changes, version)
        if approval.delivery_id:
            await self._enqueue(tenant_id, approval)
        await effects.settle(approval)
        if approval.told:
            await effects.tell(approval)
        await self._audit.record(
            tenant_id,
            f"approval.{approval.status}",
            approval.action_id,
            {"action": approval.action, "args_hash": approval.args_hash},
            actor=actor,
            thread_id=approval.thread_id,
        )
        return approval

    async def _change(
        self, tenant_id: str, standing: Approval, changes: dict[str, Any], version: int | None
    ) -> Approval:
        now = self._clock.now()
        try:
            approval = await self._store.change(
                tenant_id, standing.action_id, changes, version=version, now=now
            )
        except Duplicate:
            raise Conflict(
                "approval_same_proposed", "Exactly this is proposed already; decide that action."
            ) from None
        if approval is None:
            raise _refusal(standing, now)
        return approval

    async def _enqueue(self, tenant_id: str, approval: Approval) -> None:
        assert approval.delivery_id is not None
        await self._outbox.enqueue(
            tenant_id,
            delivery_id=approval.delivery_id,
            action_id=approval.action_id,
            action=approval.action,
            args=approval.args,
            args_hash=approval.args_hash,
            thread_id=approval.thread_id,
            due_at=approval.undo_until,
            part=approval.covers,
        )

    async def undo(
        self, tenant_id: str, standing: Approval, *, actor: str, effects: Effects
    ) -> Approval:
        if standing.status not in EFFECTIVE or standing.delivery_id is None:
            raise Conflict("approval_not_approved", "Only what was approved can be taken back.")
        now = self._clock.now()
        if standing.told or standing.undo_until is None or standing.undo_until <= now:
            raise late()
        if not await self._outbox.cancel(tenant_id, standing.delivery_id):
            raise late()
        args = standing.proposed_args or standing.args
        reopened = await self._store.reopen(
            tenant_id,
            standing,
            {
                "status": ApprovalStatus.PENDING,
                "args": args,
                "args_hash": args_hash(args),
                "expires_at": max(standing.expires_at, now + REOPENED),
                "told": True,
                **dict.fromkeys(_OF_A_DECISION),
            },
        )
        if reopened is None:
            raise late()
        await effects.unsettle(standing, reopened)
        await self._audit.record(
            tenant_id,
            "approval.undone",
            standing.action_id,
            {"was": standing.status},
            actor=actor,
            thread_id=standing.thread_id,
        )
        return reopened


_OF_A_DECISION = (
    "decision",
    "decided_by",
    "decided_at",
    "proposed_args",
    "delivery_id",
    "undo_until",
    "first_approved_by",
    "first_approved_at",
)


def _repeats(standing: Approval, decision: Decision, actor: str, version: int | None) -> bool:
    """Whether the first of two people sends the same approval again."""
    return (
        decision.decision == "approve"
        and actor == standing.first_approved_by
        and version == standing.version - 1
    )


def _refusal(standing: Approval, now: datetime) -> Exception:
    if standing.expires_at <= now:
        return expired()
    return Conflict(
        "approval_version_stale",
        f"It is at version {standing.version} now; read it again before you decide.",
    )
