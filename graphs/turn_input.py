"""What a turn is given: which of the waiting messages, and the state as it is now."""

import asyncio
from collections.abc import Sequence
from functools import partial

from agent.approvals.models import Approval
from agent.services import Services
from agent.threads.models import Message, Role, Thread
from graphs.leasing.state import Incoming, LeasingState
from graphs.leasing.turn import offered
from tools.settle import settle


def first_of(waiting: Sequence[Message]) -> list[Message]:
    """What is answered together: the lead's lines up to the next outcome, or one outcome."""
    if waiting[0].role is Role.SYSTEM:
        return [waiting[0]]
    lines: list[Message] = []
    for item in waiting:
        if item.role is Role.SYSTEM:
            break
        lines.append(item)
    return lines


async def given_to(
    services: Services, tenant_id: str, thread: Thread, batch: Sequence[Message]
) -> LeasingState:
    """The state that the graph goes on with."""
    lead, pending = await asyncio.gather(
        services.leads.get(tenant_id, thread.lead_id), _proposed(services, tenant_id, thread)
    )
    pending = await _without_orphans(services, tenant_id, thread, pending, batch)
    incoming: list[Incoming] = [
        {
            "message_id": item.message_id,
            "turn": item.turn_index,
            "text": item.text,
            "action_id": item.action_id,
        }
        for item in batch
    ]
    return {
        "tenant_id": tenant_id,
        "thread_id": thread.thread_id,
        "lead_id": thread.lead_id,
        "community_id": thread.community_id,
        "contact_ref": lead.contact_ref if lead.reachable else None,
        "now": services.clock.now().isoformat(),
        "incoming": incoming,
        "stage": thread.stage.value,
        "profile": lead.profile.known(),
        "favorites": thread.favorites,
        "pending": [row.action_id for row in pending if row.answers is None],
        "heard": None,
        "output": None,
        **await _opening(services, tenant_id, thread),
    }


async def _proposed(services: Services, tenant_id: str, thread: Thread) -> list[Approval]:
    if not thread.proposed:
        return []
    return await services.approvals.store.pending(tenant_id, thread.thread_id)


async def _without_orphans(
    services: Services,
    tenant_id: str,
    thread: Thread,
    pending: list[Approval],
    batch: Sequence[Message],
) -> list[Approval]:
    """Take back what turns have proposed that were ended before they were written."""
    ended = range(thread.answered_through + 1, batch[-1].turn_index)
    orphans = [row for row in pending if row.turn in ended]
    for row in orphans:
        await services.repository.transact(
            partial(
                services.approvals.withdraw,
                tenant_id,
                row,
                settle=partial(settle, services, tenant_id),
            )
        )
    return [row for row in pending if row not in orphans]


async def _opening(services: Services, tenant_id: str, thread: Thread) -> LeasingState:
    """On the first turn: the home whose page the chat was opened on."""
    listing_id = thread.metadata.get("listing_id")
    if listing_id is None or thread.answered_through >= 0:
        return {}
    found = await services.listings.by_ids(tenant_id, [listing_id])
    return {
        "shortlist": [offered(home, "").model_dump() for home in found],
        "focus": listing_id if found else None,
    }
