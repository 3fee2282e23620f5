"""One decision about one action, or its undoing, with all it brings about in one transaction."""

from agent.approvals.models import Approval, Decision
from agent.errors import Conflict
from agent.services import Services
from tools.effects import close, effects, tell

_NO_TIME = frozenset({"tour_slot_taken", "tour_slot_invalid"})
_SHOWN = {"slot_id", "label", "starts_at"}


async def decide(
    services: Services,
    tenant_id: str,
    action_id: str,
    decision: Decision,
    *,
    actor: str,
    version: int | None = None,
) -> Approval:
    """See ApprovalService.decide; the effects are those of `tools.effects`.

    A tour whose time has passed or is taken: the Conflict lists free times as details.
    """
    # done before, it makes no try of the transaction longer
    await services.threads.filing.settle(tenant_id)
    try:
        return await services.approvals.decide(
            tenant_id,
            action_id,
            decision,
            actor=actor,
            effects=effects(services, tenant_id),
            version=version,
        )
    except Conflict as error:
        if error.code in _NO_TIME:
            error.details = await _free_times(services, tenant_id, action_id)
        raise


async def _free_times(services: Services, tenant_id: str, action_id: str) -> list[dict[str, str]]:
    """Times to send as an edit in place of the one that cannot be had."""
    approval = await services.approvals.get(tenant_id, action_id)
    if "listing_id" not in approval.args:
        return []
    home = await services.listings.get(tenant_id, approval.args["listing_id"])
    community = await services.tenants.community(tenant_id, home.community_id)
    offer = await services.tours.slots(tenant_id, home.listing_id, community)
    return [slot.model_dump(mode="json", include=_SHOWN) for slot in offer.slots]


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
