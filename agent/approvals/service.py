"""Proposals and what becomes of them: each closed once, in one transaction with its effects."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from weakref import WeakValueDictionary

from agent.approvals import rules
from agent.approvals.deciding import Deciding, Effects, Settle
from agent.approvals.models import Approval, ApprovalStatus, Decision, Proposal, Risk
from agent.approvals.replay import superseded
from agent.approvals.store import ApprovalStore
from agent.audit.service import AuditService
from agent.errors import Conflict, InvalidInput, LatchkeyError, NotFound, Unavailable
from agent.kit.clock import Clock
from agent.kit.digests import args_hash
from agent.kit.failpoints import Failpoints
from agent.kit.ids import new_id
from agent.mongo.repository import Repository
from agent.outbox.service import OutboxService
from agent.tenants.service import TenantService

log = logging.getLogger(__name__)


class ApprovalService:
    def __init__(
        self,
        repository: Repository,
        store: ApprovalStore,
        outbox: OutboxService,
        audit: AuditService,
        tenants: TenantService,
        clock: Clock,
        failpoints: Failpoints,
    ) -> None:
        self._repository = repository
        self.store = store
        self._audit = audit
        self._tenants = tenants
        self._clock = clock
        self._failpoints = failpoints
        self._deciding = Deciding(store, outbox, audit, clock)
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def get(self, tenant_id: str, action_id: str) -> Approval:
        approval = await self.store.get(tenant_id, action_id)
        if approval is None:
            raise NotFound("approval_not_found", f"There is no action {action_id[:80]!r}.")
        return approval

    async def propose(
        self,
        tenant_id: str,
        lead_id: str,
        proposal: Proposal,
        *,
        settle: Settle,
        tell: Settle | None = None,
    ) -> Approval:
        """Write a pending row; the same proposal of the same turn is the same row.

        Pending proposals it supersedes are closed and settled; of a row that is new, `tell` brings
        the news. Joins the caller's transaction.
        Raises Conflict `action_rejected_before` (a person has refused exactly this) or
        `approval_superseded` (it has given way to another one in this turn).
        """
        now = self._clock.now()
        tenant = await self._tenants.settings(tenant_id)
        approval = Approval(
            action_id=new_id("act"),
            lead_id=lead_id,
            args_hash=args_hash(proposal.args),
            asked_hash=args_hash(proposal.asked),
            created_at=now,
            expires_at=now + rules.lifetime(tenant, proposal.risk),
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
            tenant_id,
            "approval.proposed",
            approval.action_id,
            {"action": approval.action},
            actor=proposal.proposed_by or "latchkey",
            thread_id=approval.thread_id,
        )
        if tell is not None:
            await tell(approval)
        return approval

    async def withdraw(self, tenant_id: str, approval: Approval, *, settle: Settle) -> None:
        """Close a pending row because the lead has changed their mind; joins a transaction."""
        closed = await self.store.change(
            tenant_id,
            approval.action_id,
            {"status": ApprovalStatus.SUPERSEDED, "decided_at": self._clock.now()},
        )
        if closed:
            await settle(closed)
            await self._audit.record(
                tenant_id,
                "approval.superseded",
                closed.action_id,
                {"action": closed.action},
                thread_id=closed.thread_id,
            )

    async def decide(
        self,
        tenant_id: str,
        action_id: str,
        decision: Decision,
        *,
        actor: str,
        effects: Effects,
        version: int | None = None,
    ) -> Approval:
        """Record a decision, its outbox row and its audit row in one transaction.

        The same decision again returns the recorded row. The first of two approvals leaves the
        row pending, with `first_approved_by`. Raises NotFound, Conflict (decided otherwise,
        superseded, or `version` is stale), Gone (expired), Forbidden (somebody else has to),
        InvalidInput (an edit or response that cannot be used; still pending).
        """
        decision = _meant(decision)
        tenant = await self._tenants.tenant(tenant_id)

        async def write() -> Approval:
            return await self._deciding.decide(
                tenant,
                await self.get(tenant_id, action_id),
                decision,
                actor=actor,
                effects=effects,
                version=version,
            )

        self._failpoints.reach("before_decision")
        # the row lets one in anyway; here the others wait for it instead of trying again
        async with self._turns.setdefault((tenant_id, action_id), asyncio.Lock()):
            approval = await self._repository.transact(write)
        self._failpoints.reach("after_decision")
        return approval

    async def undo(
        self, tenant_id: str, action_id: str, *, actor: str, effects: Effects
    ) -> Approval:
        """Take an approval back while nothing has left: the row waits again.

        Raises NotFound, Conflict `approval_not_approved`, `approval_undo_late`, or what keeps the
        nouns from being as they were.
        """

        async def write() -> Approval:
            standing = await self.get(tenant_id, action_id)
            return await self._deciding.undo(tenant_id, standing, actor=actor, effects=effects)

        return await self._repository.transact(write)

    async def people(self, tenant_id: str, approval: Approval) -> int:
        """How many people have yet to approve; 0 for what is closed."""
        return rules.people(await self._tenants.settings(tenant_id), approval)

    async def lifetime(self, tenant_id: str, risk: Risk | None) -> timedelta:
        """How long a proposal of this risk waits."""
        return rules.lifetime(await self._tenants.settings(tenant_id), risk)

    async def tell_final(self, tell_for: Callable[[str], Settle]) -> int:
        """Tell of the decisions that can no longer be taken back; `tell_for` gives a tenant's."""
        final = await self.store.untold(self._clock.now())
        for tenant_id, approval in final:
            with _alone(approval):
                await self._tell(tenant_id, approval, tell_for(tenant_id))
        return len(final)

    async def _tell(self, tenant_id: str, approval: Approval, tell: Settle) -> None:
        async def write(tell: Settle) -> None:
            if await self.store.mark_told(tenant_id, approval):
                await tell(approval)

        try:
            await self._repository.transact(lambda: write(tell))
        except (Conflict, NotFound):
            # nobody is left to be told
            await self._repository.transact(lambda: write(_leave))

    async def expire_overdue(self, settle_for: Callable[[str], Settle]) -> int:
        """Close what nobody decided in time; `settle_for` gives a tenant's settle."""
        overdue = await self.store.overdue(self._clock.now())
        for tenant_id, approval in overdue:
            with _alone(approval):
                await self._expire(tenant_id, approval, settle_for(tenant_id))
        return len(overdue)

    async def _expire(self, tenant_id: str, approval: Approval, settle: Settle) -> None:
        async def write(settle: Settle, record: dict[str, str]) -> None:
            closed = await self.store.change(
                tenant_id,
                approval.action_id,
                {"status": ApprovalStatus.EXPIRED, "decided_at": self._clock.now()},
            )
            if closed:
                await settle(closed)
                await self._audit.record(
                    tenant_id,
                    "approval.expired",
                    closed.action_id,
                    {"action": closed.action, **record},
                    thread_id=closed.thread_id,
                )

        try:
            await self._repository.transact(lambda: write(settle, {}))
        except (Conflict, NotFound) as error:
            # what it was about has moved on; the row must not hold up the others for ever
            unsettled = {"unsettled": error.code}
            await self._repository.transact(lambda: write(_leave, unsettled))


@contextlib.contextmanager
def _alone(approval: Approval) -> Iterator[None]:
    """One row must not hold up the others; the next sweep tries it again."""
    try:
        yield
    except Unavailable:
        raise
    except Exception as error:
        name = error.code if isinstance(error, LatchkeyError) else type(error).__name__
        log.warning("approval %s waits on: %s", approval.action_id, name)


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
