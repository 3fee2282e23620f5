"""Tells the lead what became of an action a person has decided."""

from datetime import datetime

from agent.approvals.models import EFFECTIVE, Approval, ApprovalStatus
from agent.tours.slots import label
from graphs.leasing.turn import Turn

_REQUESTS = {
    "schedule_tour": "Your tour request",
    "reschedule_tour": "The new time for your tour",
    "cancel_tour": "The cancellation of your tour",
    "apply_now": "Your request for the application link",
    "request_docs": "Your request for the list of documents",
    "send_message": "The message to you",
}


async def tell(turn: Turn) -> None:
    """Say one sentence for every outcome of this turn."""
    call = turn.tools.call
    done: list[str] = []
    for item in turn.state["incoming"]:
        action_id = item["action_id"]
        if action_id is None:
            continue
        await _say(turn, await turn.services.approvals.get(call.tenant_id, action_id))
        done.append(action_id)
    turn.state["pending"] = [i for i in turn.state.get("pending", []) if i not in done]


async def _say(turn: Turn, approval: Approval) -> None:
    message = approval.decision.message if approval.decision else None
    if approval.status is ApprovalStatus.RESPONDED and message:
        turn.say("outcome_note", message=message)
        return
    if approval.status is ApprovalStatus.EXPIRED:
        turn.say("outcome_expired", what=_REQUESTS[approval.action])
        turn.ask("tour")
        return
    result = "done" if approval.status in EFFECTIVE else "refused"
    turn.say(f"outcome_{approval.action}_{result}", **await _values(turn, approval))
    if message:
        turn.say("outcome_note", message=message)
    if result == "refused" and approval.action == "schedule_tour":
        turn.ask("tour")


async def _values(turn: Turn, approval: Approval) -> dict[str, str]:
    """The home and time the sentence names, as far as the action has them."""
    services, tenant_id = turn.services, turn.tools.call.tenant_id
    if approval.action in ("request_docs", "send_message"):
        return {}
    if approval.action == "apply_now":
        home = await services.listings.get(tenant_id, approval.args["listing_id"])
        return {"home": home.title}
    tour = await services.tours.get(tenant_id, approval.args["tour_id"])
    home = await services.listings.get(tenant_id, tour.listing_id)
    community = await services.tenants.community_of(tenant_id, tour.community_id)
    wished = approval.args.get("starts_at")
    starts_at = datetime.fromisoformat(wished) if wished else tour.starts_at
    return {"home": home.title, "time": label(community, starts_at)}
