"""What a decision brings about: for the nouns, for the lead, for those who listen."""

from agent.approvals.deciding import Effects
from agent.approvals.models import EFFECTIVE, Approval, ApprovalStatus
from agent.events.models import Event
from agent.services import Services
from agent.threads.models import CHANNELS
from tools import settle
from tools.actions import ACTIONS, references
from tools.editing import coerce

_TITLES = {
    ApprovalStatus.APPROVED: "approved",
    ApprovalStatus.EDITED: "approved with changes",
    ApprovalStatus.REJECTED: "declined",
    ApprovalStatus.RESPONDED: "answered",
    ApprovalStatus.DISMISSED: "dismissed",
    ApprovalStatus.EXPIRED: "not decided in time",
}


def effects(services: Services, tenant_id: str) -> Effects:
    async def carry_out(approval: Approval) -> None:
        await settle.settle(services, tenant_id, approval)

    async def bring_news(approval: Approval) -> None:
        await tell(services, tenant_id, approval)

    async def take_back(decided: Approval, reopened: Approval) -> None:
        await settle.unsettle(services, tenant_id, decided, reopened)

    return Effects(settle=carry_out, tell=bring_news, coerce=coerce, unsettle=take_back)


async def close(services: Services, tenant_id: str, approval: Approval) -> None:
    """Carry a closed row into the nouns and queue the news for the lead; joins a transaction."""
    await settle.settle(services, tenant_id, approval)
    await tell(services, tenant_id, approval)


async def tell(services: Services, tenant_id: str, approval: Approval) -> None:
    """Queue the news for the lead, and write the events; joins a transaction."""
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
        data = references(approval.action_id, approval.args)
        events.append(Event(type=action.done_event, data=data))
    await services.threads.announce(
        tenant_id,
        approval.thread_id,
        f"{action.title}: {_TITLES[approval.status]}.",
        action_id=approval.action_id,
        events=events,
        silent=await _silent(services, tenant_id, approval),
    )


async def _silent(services: Services, tenant_id: str, approval: Approval) -> bool:
    """Whether it is no news: the message itself is what the lead hears, by the way it takes."""
    if approval.action != "send_message" or approval.status is ApprovalStatus.RESPONDED:
        return False
    if approval.answers is not None:
        return True
    thread = await services.threads.get(tenant_id, approval.thread_id)
    return thread.source in CHANNELS
