"""Whether a message may leave the house, asked once more when it is about to."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from agent.errors import Conflict, NotFound
from agent.leads.consent import Channel, may_send, zones_of
from agent.leads.models import Lead
from agent.outbox.dispatcher import Guard
from agent.outbox.models import Delivery, Refused
from agent.services import Services
from agent.tours.reminding import reminds, stands

CONFIRMATION = "optout:"
"""How the action_id of the one text begins that confirms an opt-out."""
CONFIRM_WITHIN = timedelta(minutes=5)


def may_leave(services: Services) -> Guard:
    """Raises Refused for a row that its recipient does not want, Held in the quiet hours.

    Refused too is the reminder of a tour that has changed. Rows that write to nobody pass.
    """

    async def check(tenant_id: str, delivery: Delivery) -> None:
        channel = channel_of(delivery.args)
        if channel is None:
            return
        now = services.clock.now()
        await _still_true(services, tenant_id, delivery)
        if (delivery.action_id or "").startswith(CONFIRMATION):
            if now - delivery.created_at > CONFIRM_WITHIN:
                raise Refused("too late to confirm an opt-out")
            return
        try:
            lead, zones = await _recipient(services, tenant_id, delivery, channel)
            quiet = (await services.tenants.settings(tenant_id)).quiet_hours
            may_send(lead, channel, now, quiet=quiet, zones=zones)
        except (Conflict, NotFound) as refusal:
            raise Refused(refusal.code) from None

    return check


def channel_of(args: Mapping[str, Any]) -> Channel | None:
    channel = args.get("channel")
    return channel if channel in ("sms", "email") else None


async def _still_true(services: Services, tenant_id: str, delivery: Delivery) -> None:
    """Raises Refused for the reminder of a tour that is canceled or at another time."""
    named = delivery.key.partition("@")[0].rpartition(":")[2]
    if not reminds(named):
        return
    for tour in await services.tours.of_thread(tenant_id, delivery.thread_id):
        if delivery.action_id in tour.actions and stands(tour, named, services.clock.now()):
            return
    raise Refused("tour_changed")


async def _recipient(
    services: Services, tenant_id: str, delivery: Delivery, channel: Channel
) -> tuple[Lead, list[Any]]:
    """The lead, and the zones in which a text may find it."""
    thread = await services.threads.get(tenant_id, delivery.thread_id)
    lead = await services.leads.get(tenant_id, thread.lead_id)
    if await services.leads.refuses(tenant_id, lead):
        raise Conflict("contact_opted_out", "Somebody with this number wants no messages.")
    if channel != "sms" or lead.contact_ref is None:
        return lead, []
    contact = await services.vault.get(tenant_id, lead.contact_ref)
    community = await services.tenants.community(tenant_id, thread.community_id)
    phone = contact.phone if contact else None
    return lead, await asyncio.to_thread(zones_of, phone, community.tz)
