"""One decision about one action: row, effect, outbox, audit and news in a single transaction."""

from agent.approvals.models import EFFECTIVE, Approval, ApprovalStatus, Decision
from agent.events.models import Event
from agent.services import Services
from tools import settle as effects
from tools.actions import ACTIONS

_TITLES = {
    ApprovalStatus.APPROVED: "approved",
    ApprovalStatus.EDITED: "approved with changes",
    ApprovalStatus.REJECTED: "declined",
    ApprovalStatus.RESPONDED: "answered",
    ApprovalStatus.DISMISSED: "dismissed",
    ApprovalStatus.EXPIRED: "not decided in time",
}


async def decide(
    services: Services,
    tenant_id: str,
    action_id: str,
    decision: Decision,
    *,
    actor: str,
    version: int | None = None,
) -> Approval:
    """See ApprovalService.decide; the effects are those of `tools.settle`."""

    async def carry_out(approval: Approval) -> None:
        await close(services, tenant_id, approval)

    return await services.approvals.decide(
        tenant_id,
        action_id,
        decision,
        actor=actor,
        settle=carry_out,
        coerce=effects.coerce,
        version=version,
    )


async def close(services: Services, tenant_id: str, approval: Approval) -> None:
    """Carry a closed row into the nouns and queue the news for the lead; joins a transaction."""
    await effects.settle(services, tenant_id, approval)
    if approval.status is ApprovalStatus.SUPERSEDED:
        return
    action = ACTIONS[approval.action]
    events = [
        Event(
            type="approval.decided",
            data={"action_id": approval.action_id, "status": approval.status},
        )
    ]
    if approval.status in EFFECTIVE and action.done_event:
        events.append(Event(type=action.done_event, data={"action_id": approval.action_id}))
    await services.threads.announce(
        tenant_id,
        approval.thread_id,
        f"{action.title}: {_TITLES[approval.status]}.",
        action_id=approval.action_id,
        events=events,
    )
