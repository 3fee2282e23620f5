"""What an act changes of a ticket, written with its audit row while the ticket is as it was."""

from dataclasses import dataclass, field
from typing import Any

from agent.audit.service import AuditService
from agent.errors import Conflict
from agent.kit.clock import Clock
from agent.tickets.models import RESOLVED, Status, Step, Ticket
from agent.tickets.reviewers import Reviewer
from agent.tickets.store import TicketStore


@dataclass(slots=True)
class Act:
    """What an act changes of a ticket, and the steps that it takes."""

    changes: dict[str, Any]
    steps: list[Step] = field(default_factory=list)

    def __iadd__(self, other: "Act") -> "Act":
        self.changes |= other.changes
        self.steps += other.steps
        return self


class Acts:
    def __init__(self, store: TicketStore, audit: AuditService, clock: Clock) -> None:
        self._store = store
        self._audit = audit
        self._clock = clock

    def opening(self, ticket: Ticket, reviewer: Reviewer) -> Act:
        """The reviewer takes a pending ticket; it stays whose it is."""
        step = Step(status=Status.IN_PROGRESS, at=self._clock.now(), by=reviewer.name)
        assigned = {"assigned_to": ticket.assigned_to or reviewer.user_id}
        return Act({"status": Status.IN_PROGRESS, **assigned}, [step])

    async def write(
        self, tenant_id: str, ticket: Ticket, act: Act, reviewer: Reviewer, kind: str
    ) -> Ticket:
        """The change and its audit row, in the caller's transaction; raises Conflict."""
        changes = {**act.changes, "updated_at": self._clock.now()}
        steps = [step.model_dump() for step in act.steps]
        done = await self._store.change(tenant_id, ticket.ticket_id, ticket.version, changes, steps)
        if done is None:
            raise changed()
        told = {"version": done.version, "status": done.status.value}
        await self._audit.record(tenant_id, kind, ticket.ticket_id, told, actor=reviewer.name)
        return done


def expect(ticket: Ticket, version: int | None) -> None:
    if version is not None and version != ticket.version:
        raise changed()


def changed() -> Conflict:
    return Conflict("ticket_changed", "Somebody else has just changed it; read it again.")


def expect_opened(ticket: Ticket, version: int | None) -> None:
    if ticket.status is Status.PENDING:
        raise Conflict(
            "ticket_not_opened", "Nobody has opened it; PATCH its status to in_progress."
        )
    if ticket.status in RESOLVED:
        raise changed()
    expect(ticket, version)


def decided(ticket: Ticket) -> Conflict:
    recorded = {
        "status": ticket.status.value,
        "resolved_at": ticket.resolved_at.isoformat() if ticket.resolved_at else None,
    }
    return Conflict(
        "ticket_decided", f"It is {ticket.status} already; that stays.", details=[recorded]
    )
