"""Reminders of booked tours: queued once each, covered by the approval of the tour."""

import asyncio
import logging

from agent.errors import Conflict, Duplicate, LatchkeyError, NotFound
from agent.kit.digests import args_hash
from agent.kit.ids import new_id
from agent.leads.consent import Channel, loud_again, may_send, zones_of
from agent.leads.models import Lead
from agent.services import Services
from agent.tours.models import Tour
from agent.tours.reminding import due, part
from agent.tours.slots import label
from prompts import load

log = logging.getLogger(__name__)


async def sweep(services: Services) -> None:
    """Queue every reminder that is due, of all tenants."""
    for tenant_id, tour_id in await services.tours.to_remind():
        try:
            await _remind(services, tenant_id, tour_id)
        except Duplicate:
            await _pass(services, tenant_id, tour_id, "reminded_before")
        except NotFound as error:
            await _pass(services, tenant_id, tour_id, error.code)
        except Exception as error:
            # one tour must not hold up the others; the next sweep tries it again
            name = error.code if isinstance(error, LatchkeyError) else type(error).__name__
            log.warning("reminder of %s waits on: %s", tour_id, name)


async def _remind(services: Services, tenant_id: str, tour_id: str) -> None:
    tour = await services.tours.get(tenant_id, tour_id)
    lead = await services.leads.get(tenant_id, tour.lead_id)
    channel = await _channel(services, tenant_id, tour, lead)
    if channel is None or not tour.actions:
        await _pass(services, tenant_id, tour_id, "no_channel")
        return
    args = {
        "channel": channel,
        "text": await _text(services, tenant_id, tour),
        "contact": lead.contact_ref,
    }
    delivery_id = new_id("dlv")

    async def write() -> None:
        standing = await services.tours.get(tenant_id, tour_id)
        name = due(standing, services.clock.now())
        if name is None or standing.starts_at != tour.starts_at:
            return
        await services.outbox.enqueue(
            tenant_id,
            delivery_id=delivery_id,
            action_id=tour.actions[-1],
            action="send_message",
            args=args,
            args_hash=args_hash(args),
            thread_id=tour.thread_id,
            part=part(standing, name),
        )
        await services.tours.reminded(tenant_id, standing, delivery_id)
        await services.audit.record(
            tenant_id,
            "tour.reminded",
            tour_id,
            {"action_id": tour.actions[-1], "delivery_id": delivery_id, "before": name},
            thread_id=tour.thread_id,
        )

    await services.repository.transact(write)


async def _pass(services: Services, tenant_id: str, tour_id: str, reason: str) -> None:
    """Go on to the next reminder of this tour without having sent this one."""

    async def write() -> None:
        tour = await services.tours.get(tenant_id, tour_id)
        await services.tours.reminded(tenant_id, tour, None)
        await services.audit.record(
            tenant_id, "tour.not_reminded", tour_id, {"reason": reason}, thread_id=tour.thread_id
        )

    await services.repository.transact(write)


async def _channel(services: Services, tenant_id: str, tour: Tour, lead: Lead) -> Channel | None:
    """A text where the lead agreed to it and hears of it in time, else an e-mail."""
    if await _may_text(services, tenant_id, tour, lead):
        return "sms"
    try:
        may_send(lead, "email", services.clock.now())
    except Conflict:
        return None
    return "email"


async def _may_text(services: Services, tenant_id: str, tour: Tour, lead: Lead) -> bool:
    now = services.clock.now()
    try:
        may_send(lead, "sms", now)
    except Conflict:
        return False
    contact = await services.vault.get(tenant_id, lead.contact_ref) if lead.contact_ref else None
    community = await services.tenants.community(tenant_id, tour.community_id)
    zones = await asyncio.to_thread(zones_of, contact.phone if contact else None, community.tz)
    quiet = (await services.tenants.settings(tenant_id)).quiet_hours
    return loud_again(quiet, zones, now) < tour.starts_at


async def _text(services: Services, tenant_id: str, tour: Tour) -> str:
    replies = load("leasing/replies")
    community = await services.tenants.community(tenant_id, tour.community_id)
    home = await services.listings.get(tenant_id, tour.listing_id)
    text = replies.render(
        "tour_reminder", {"home": home.title, "time": label(community, tour.starts_at)}
    )
    root = services.settings.public_url
    if root is None:
        return text
    cancel, move = (
        f"{root.rstrip('/')}/api/tours/links/{services.tour_links.issue(tenant_id, tour, purpose)}"
        for purpose in ("cancel", "reschedule")
    )
    return f"{text} {replies.render('tour_links', {'cancel': cancel, 'move': move})}"
