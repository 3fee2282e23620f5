"""The end of a consent, in every noun that it concerns."""

from agent.events.models import Event
from agent.kit.digests import args_hash
from agent.kit.ids import new_id
from agent.leads.models import Lead
from agent.outbox.models import DeliveryState
from agent.services import Services
from agent.threads.models import Thread
from tools.sending import CONFIRMATION, channel_of
from tools.settle import settle

EVENT = Event(type="optout.received")
_CONFIRMED = "{community}: you get no more messages from us. Text START to get them again."


async def opt_out(
    services: Services, tenant_id: str, thread: Thread, *, source: str, text: str = ""
) -> bool:
    """End the consent of the thread's lead; False when it had ended already.

    Messages that wait for a person are withdrawn, queued ones canceled, and one text confirms it
    to who asked by text. `source` says where it was asked, `text` with which word.
    Joins the caller's transaction; the event EVENT is the caller's to tell.
    """
    ended = await services.leads.opt_out(tenant_id, thread.lead_id, source=source, text=text)
    for lead in ended:
        await _take_back(services, tenant_id, lead)
    was = next((lead for lead in ended if lead.lead_id == thread.lead_id), None)
    if was is None:
        return False
    if source == "sms" and was.contact_ref:
        await _confirm(services, tenant_id, thread, was.contact_ref)
    return True


async def _take_back(services: Services, tenant_id: str, lead: Lead) -> None:
    threads = await services.threads.store.page(tenant_id, lead_id=lead.lead_id, limit=200)
    for thread in threads.items:
        for row in await services.approvals.store.pending(
            tenant_id, thread.thread_id, action="send_message"
        ):
            await services.approvals.withdraw(
                tenant_id, row, settle=lambda old: settle(services, tenant_id, old)
            )
        queued = await services.outbox.store.page(
            tenant_id, thread_id=thread.thread_id, state=DeliveryState.PENDING, limit=200
        )
        for delivery in queued.items:
            if channel_of(delivery.args):
                await services.outbox.cancel(tenant_id, delivery.delivery_id)


async def _confirm(services: Services, tenant_id: str, thread: Thread, contact: str) -> None:
    community = await services.tenants.community(tenant_id, thread.community_id)
    args = {
        "channel": "sms",
        "text": _CONFIRMED.format(community=community.name),
        "contact": contact,
    }
    await services.outbox.enqueue(
        tenant_id,
        delivery_id=new_id("dlv"),
        action_id=f"{CONFIRMATION}{new_id('act')}",
        action="send_message",
        args=args,
        args_hash=args_hash(args),
        thread_id=thread.thread_id,
    )
