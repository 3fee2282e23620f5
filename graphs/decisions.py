"""One decision about one action, or its undoing, with all it brings about in one transaction."""

from agent.approvals.models import Approval, Decision
from agent.services import Services
from tools.effects import close, effects, tell


async def decide(
    services: Services,
    tenant_id: str,
    action_id: str,
    decision: Decision,
    *,
    actor: str,
    version: int | None = None,
) -> Approval:
    """See ApprovalService.decide; the effects are those of `tools.effects`."""
    return await services.approvals.decide(
        tenant_id,
        action_id,
        decision,
        actor=actor,
        effects=effects(services, tenant_id),
        version=version,
    )


async def undo(services: Services, tenant_id: str, action_id: str, *, actor: str) -> Approval:
    """See ApprovalService.undo."""
    return await services.approvals.undo(
        tenant_id, action_id, actor=actor, effects=effects(services, tenant_id)
    )


async def sweep(services: Services) -> None:
    """Close what nobody decided in time, and tell of what cannot be undone any more."""
    await services.approvals.expire_overdue(
        lambda tenant_id: lambda row: close(services, tenant_id, row)
    )
    await services.approvals.tell_final(
        lambda tenant_id: lambda row: tell(services, tenant_id, row)
    )
