"""What a tenant's settings ask of a decision: how many people, how soon, until when undone."""

from datetime import datetime, timedelta

from agent.approvals.models import Approval, ApprovalStatus, Decision, Risk
from agent.errors import Forbidden
from agent.tenants.models import Tenant

LIFETIME = timedelta(hours=24)


def lifetime(tenant: Tenant, risk: Risk | None) -> timedelta:
    """How long a proposal waits for a person."""
    hours = tenant.approval_hours.get(risk) if risk else None
    return LIFETIME if hours is None else timedelta(hours=hours)


def people(tenant: Tenant, approval: Approval) -> int:
    """How many people have yet to approve; 0 for what is closed."""
    if approval.status is not ApprovalStatus.PENDING:
        return 0
    if not _two(tenant, approval):
        return 1
    return 1 if approval.first_approved_by else 2


def is_first(tenant: Tenant, standing: Approval, decision: Decision, actor: str) -> bool:
    """Whether this approval needs another person's after it.

    Arguments that are changed need two people anew. Raises Forbidden `approval_own_proposal` or
    `approval_needs_another`, where `actor` cannot be the next one.
    """
    if not _two(tenant, standing):
        return False
    if actor == standing.proposed_by:
        raise Forbidden("approval_own_proposal", "You proposed this; somebody else has to decide.")
    if decision.decision == "edit" or standing.first_approved_by is None:
        return True
    if actor == standing.first_approved_by:
        raise Forbidden("approval_needs_another", "You have approved this; another person has to.")
    return False


def undo_until(tenant: Tenant, now: datetime) -> datetime | None:
    return now + timedelta(seconds=tenant.undo_seconds) if tenant.undo_seconds else None


def _two(tenant: Tenant, approval: Approval) -> bool:
    return tenant.four_eyes and approval.risk == "high"
