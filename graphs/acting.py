"""An action by a button or a program, outside any turn."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from agent.approvals.models import ApprovalStatus
from agent.errors import InvalidInput
from agent.services import Services
from agent.threads.models import Stage, Thread
from graphs.answer import Acted
from graphs.leasing.state import LeasingState
from tools.actions import ACTIONS
from tools.call import Call
from tools.executor import Toolbox


async def act(
    services: Services,
    tenant_id: str,
    thread: Thread,
    state: LeasingState,
    action: str,
    args: Mapping[str, Any],
    *,
    trusted: bool,
    scopes: frozenset[str] | None,
    actor: str | None = None,
) -> Acted:
    """Propose an action of the contract's table, or do it where none needs approval."""
    known = ACTIONS.get(action)
    if known is None:
        raise InvalidInput(
            "action_unknown", f"{action[:80]!r} is none of {', '.join(sorted(ACTIONS))}."
        )
    call = await _call(services, tenant_id, thread, state, trusted=trusted, scopes=scopes)
    call.actor = actor
    await Toolbox(call).use(known.tool, **args)
    if call.events or call.favorites != thread.favorites or call.handoff:
        await services.threads.note_action(
            tenant_id,
            thread.thread_id,
            favorites=call.favorites,
            handoff=call.handoff,
            events=call.events,
        )
    if call.proposals:
        proposed = call.proposals[-1]
        waits = proposed.status is ApprovalStatus.PENDING
        return Acted(action_id=proposed.action_id, status="pending" if waits else "done")
    return Acted(action_id=None, status="done")


async def _call(
    services: Services,
    tenant_id: str,
    thread: Thread,
    state: LeasingState,
    *,
    trusted: bool,
    scopes: frozenset[str] | None,
) -> Call:
    lead = await services.leads.get(tenant_id, thread.lead_id)
    disclosed = state.get("disclosed")
    return Call(
        services=services,
        tenant_id=tenant_id,
        thread_id=thread.thread_id,
        lead_id=thread.lead_id,
        community=await services.tenants.community(tenant_id, thread.community_id),
        stage=Stage(thread.stage),
        turn=outside(thread),
        contact_ref=lead.contact_ref if lead.reachable else None,
        listings={home["listing_id"] for home in thread.shortlist}
        | {*state.get("offered", [])}
        | ({thread.metadata["listing_id"]} if "listing_id" in thread.metadata else set()),
        slots={
            slot["slot_id"]: (slot["listing_id"], datetime.fromisoformat(slot["starts_at"]))
            for slot in state.get("slots", [])
        },
        disclosed=(disclosed[0], datetime.fromisoformat(disclosed[1])) if disclosed else None,
        favorites=list(thread.favorites),
        trusted=trusted,
        scopes=scopes,
    )


def outside(thread: Thread) -> int:
    """Where an action stands that belongs to no turn: below every turn_index."""
    return -1 - thread.next_turn
