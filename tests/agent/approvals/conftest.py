from typing import Any

import pytest

from agent.approvals.deciding import Effects
from agent.approvals.models import Approval, Args, Decision, Proposal
from agent.approvals.service import ApprovalService
from agent.errors import InvalidInput
from agent.kit.clock import ManualClock
from agent.outbox.models import Delivery
from agent.services import Services
from agent.tenants.models import Tenant

TENANT = "default"
THREAD = "thr_1"
ARGS = {"listing_id": "home", "starts_at": "2026-03-05T18:00:00Z", "contact": "con_1"}
APPROVE = Decision(decision="approve")
REJECT = Decision(decision="reject", message="Not this week.")


class Desk:
    """The approvals of one thread; what is settled is remembered, as a noun would."""

    def __init__(self, services: Services, clock: ManualClock) -> None:
        self.services = services
        self.clock = clock
        self.approvals: ApprovalService = services.approvals
        self.settled: list[tuple[str, str]] = []
        self.told: list[tuple[str, str]] = []
        self.undone: list[tuple[str, Args]] = []
        self.refuses: Exception | None = None

    async def settle(self, approval: Approval) -> None:
        if self.refuses:
            raise self.refuses
        self.settled.append((approval.action_id, approval.status))

    async def coerce(self, approval: Approval, edited: Args) -> Args:
        if "listing_id" in edited:
            raise InvalidInput("approval_edit_invalid", "Not this one.")
        return {**approval.args, **edited}

    async def propose(self, tenant_id: str = TENANT, **changes: Any) -> Approval:
        given = {
            "thread_id": THREAD,
            "turn": 3,
            "action": "schedule_tour",
            "args": ARGS,
            "description": "Book a tour.",
            "risk": "medium",
            **changes,
        }
        proposal = Proposal.model_validate(given)
        return await self.services.repository.transact(
            lambda: self.approvals.propose(tenant_id, "lead_1", proposal, settle=self.settle)
        )

    async def decide(
        self,
        approval: Approval,
        decision: Decision = APPROVE,
        *,
        actor: str = "office",
        version: int | None = None,
        tenant_id: str = TENANT,
    ) -> Approval:
        return await self.approvals.decide(
            tenant_id,
            approval.action_id,
            decision,
            actor=actor,
            effects=self.effects,
            version=version,
        )

    async def undo(self, approval: Approval, *, actor: str = "office") -> Approval:
        return await self.approvals.undo(
            TENANT, approval.action_id, actor=actor, effects=self.effects
        )

    @property
    def effects(self) -> Effects:
        return Effects(
            settle=self.settle, tell=self.tell, coerce=self.coerce, unsettle=self.unsettle
        )

    async def tell(self, approval: Approval) -> None:
        self.told.append((approval.action_id, approval.status))

    async def unsettle(self, decided: Approval, reopened: Approval) -> None:
        if self.refuses:
            raise self.refuses
        self.undone.append((decided.status, reopened.args))

    async def tell_final(self) -> int:
        return await self.approvals.tell_final(lambda tenant_id: self.tell)

    async def rule(self, tenant_id: str = TENANT, **settings: Any) -> None:
        """Change settings of the tenant."""
        await self.services.tenants.put(Tenant(tenant_id=tenant_id, name="Office", **settings))

    async def expire(self) -> int:
        return await self.approvals.expire_overdue(lambda tenant_id: self.settle)

    async def read(self, approval: Approval) -> Approval:
        return await self.approvals.get(TENANT, approval.action_id)

    async def deliveries(self) -> list[Delivery]:
        return (await self.services.outbox.store.page(TENANT)).items

    async def audited(self, approval: Approval) -> list[str]:
        """Kinds of the records about it, sorted."""
        records = await self.services.audit.store.about(TENANT, approval.action_id)
        return sorted(record.kind for record in records)


@pytest.fixture
async def desk(services: Services, clock: ManualClock) -> Desk:
    desk = Desk(services, clock)
    await desk.rule("rival")
    return desk
