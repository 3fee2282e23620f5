"""Tours booked, moved and canceled outside a conversation: each by an approval, as any other."""

from datetime import datetime
from typing import Literal

from agent.approvals.models import Approval, Decision
from agent.errors import Conflict, InvalidInput
from agent.events.models import Event
from agent.services import Services
from agent.threads.models import Stage
from agent.tours.links import Link, expired
from agent.tours.models import Tour, TourStatus
from agent.tours.slots import open_starts, slot
from graphs.acting import outside
from graphs.decisions import decide
from tools.call import Call
from tools.executor import Toolbox

_APPROVE = Decision(decision="approve")
_SCOPES = frozenset({"actions:write"})
"""What the routes have asked for already."""
Outcome = Literal[TourStatus.VISITED, TourStatus.NO_SHOW]


async def book(
    services: Services,
    tenant_id: str,
    thread_id: str,
    *,
    listing_id: str,
    starts_at: datetime | None,
    slot_id: str | None,
    actor: str,
) -> Tour:
    """Propose a tour and approve it, both by the same person and in one transaction.

    Raises what `propose_tour` and the decision raise; then nothing has happened.
    """

    async def write() -> Tour:
        call = await _call(services, tenant_id, thread_id, actor, by_staff=True)
        asked = {"starts_at": starts_at} if slot_id is None else {"slot_id": slot_id}
        if slot_id is not None:
            await _choose(call, listing_id, slot_id)
        approval = await Toolbox(call).use("propose_tour", listing_id=listing_id, **asked)
        await _approved(call, approval, actor)
        return await services.tours.get(tenant_id, approval.args["tour_id"])

    return await services.repository.transact(write)


async def move(
    services: Services,
    tenant_id: str,
    tour_id: str,
    starts_at: datetime,
    *,
    actor: str,
    version: int | None = None,
) -> Tour:
    """Give a booked tour another time; raises as `book`, and Conflict `tour_waits`."""

    async def write() -> Tour:
        tour = await _booked(services, tenant_id, tour_id, version)
        call = await _call(services, tenant_id, tour.thread_id, actor, by_staff=True)
        slot_id = await _offered(call, tour, starts_at)
        approval = await Toolbox(call).use("reschedule_tour", tour_id=tour_id, slot_id=slot_id)
        await _approved(call, approval, actor)
        return await services.tours.get(tenant_id, tour_id)

    return await services.repository.transact(write)


async def cancel(
    services: Services, tenant_id: str, tour_id: str, *, actor: str, version: int | None = None
) -> Tour:
    """Cancel a booked tour on behalf of the house."""

    async def write() -> Tour:
        await _booked(services, tenant_id, tour_id, version)
        return await _cancel(services, tenant_id, tour_id, actor, by_staff=True)

    return await services.repository.transact(write)


async def mark(
    services: Services,
    tenant_id: str,
    tour_id: str,
    status: Outcome,
    *,
    actor: str,
    version: int | None = None,
) -> Tour:
    """Note whether somebody came."""

    async def write() -> Tour:
        tour = await services.tours.mark(tenant_id, tour_id, status, version=version)
        event = Event(type=f"tour.{status}", data={"tour_id": tour_id})
        await services.threads.add(tenant_id, tour.thread_id, [], [event])
        await services.audit.record(tenant_id, event.type, tour_id, {}, actor=actor)
        return tour

    return await services.repository.transact(write)


async def cancel_by_link(services: Services, link: Link) -> Tour:
    """Cancel for the lead who holds the link; it is their own decision, no person's approval.

    Raises Gone `tour_link_used` or `tour_link_expired`, Conflict `tour_link_other`.
    """

    async def write() -> Tour:
        tour = await _linked(services, link, "cancel")
        actor = f"lead:{tour.lead_id}"
        return await _cancel(services, link.tenant_id, tour.tour_id, actor, by_staff=False)

    return await services.repository.transact(write)


async def move_by_link(services: Services, link: Link, slot_id: str) -> Approval:
    """Propose another time for the lead who holds the link; a person decides."""

    async def write() -> Approval:
        tour = await _linked(services, link, "reschedule")
        call = await _call(services, link.tenant_id, tour.thread_id, f"lead:{tour.lead_id}")
        await _choose(call, tour.listing_id, slot_id)
        approval: Approval = await Toolbox(call).use(
            "reschedule_tour", tour_id=tour.tour_id, slot_id=slot_id
        )
        await _written(call)
        return approval

    return await services.repository.transact(write)


async def _cancel(
    services: Services, tenant_id: str, tour_id: str, actor: str, *, by_staff: bool
) -> Tour:
    tour = await services.tours.get(tenant_id, tour_id)
    call = await _call(services, tenant_id, tour.thread_id, actor, by_staff=by_staff)
    approval = await Toolbox(call).use("cancel_tour", tour_id=tour_id)
    if approval is not None:
        await _approved(call, approval, actor)
    return await services.tours.get(tenant_id, tour_id)


async def _linked(services: Services, link: Link, purpose: str) -> Tour:
    """The tour of a link that is used up by this."""
    if link.purpose != purpose:
        raise Conflict("tour_link_other", f"This link is to {link.purpose}; use the other one.")
    tour = await services.tours.get(link.tenant_id, link.tour_id)
    if tour.starts_at <= services.clock.now():
        raise expired()
    await services.tour_links.use(link)
    return tour


async def _booked(services: Services, tenant_id: str, tour_id: str, version: int | None) -> Tour:
    tour = await services.tours.get(tenant_id, tour_id)
    if version is not None and version != tour.version:
        raise Conflict("tour_version_stale", "The tour has changed meanwhile; read it again.")
    if tour.status is TourStatus.PROPOSED:
        raise Conflict("tour_waits", "This tour waits for approval; decide its action instead.")
    if tour.status is not TourStatus.BOOKED:
        raise Conflict("tour_step_illegal", f"A tour that is {tour.status} stays as it is.")
    return tour


async def _choose(call: Call, listing_id: str, slot_id: str) -> None:
    """Let the call name this slot, taken or not; one that is taken is refused as such later."""
    services, tenant_id = call.services, call.tenant_id
    home = await services.listings.get(tenant_id, listing_id)
    community = await services.tenants.community(tenant_id, home.community_id)
    for starts_at in open_starts(community, services.clock.now()):
        if slot(listing_id, community, starts_at).slot_id == slot_id:
            call.slots[slot_id] = (listing_id, starts_at)


async def _offered(call: Call, tour: Tour, starts_at: datetime) -> str:
    """The slot at `starts_at`, whoever has chosen it; whether it is free is found out later."""
    if starts_at == tour.starts_at:
        raise InvalidInput("tour_unchanged", "The tour has this time already; name another.")
    community = await call.services.tenants.community(call.tenant_id, tour.community_id)
    chosen = slot(tour.listing_id, community, starts_at)
    call.slots[chosen.slot_id] = (tour.listing_id, starts_at)
    return chosen.slot_id


async def _call(
    services: Services, tenant_id: str, thread_id: str, actor: str, *, by_staff: bool = False
) -> Call:
    thread = await services.threads.get(tenant_id, thread_id)
    lead = await services.leads.get(tenant_id, thread.lead_id)
    return Call(
        services=services,
        tenant_id=tenant_id,
        thread_id=thread_id,
        lead_id=thread.lead_id,
        community=await services.tenants.community(tenant_id, thread.community_id),
        stage=Stage(thread.stage),
        turn=outside(thread),
        contact_ref=lead.contact_ref if lead.reachable else None,
        trusted=True,
        scopes=_SCOPES,
        actor=actor,
        by_staff=by_staff,
    )


async def _approved(call: Call, approval: Approval, actor: str) -> None:
    await _written(call)
    await decide(
        call.services,
        call.tenant_id,
        approval.action_id,
        _APPROVE,
        actor=actor,
        version=approval.version,
    )


async def _written(call: Call) -> None:
    """The events that the tool collected."""
    await call.services.threads.add(call.tenant_id, call.thread_id, [], call.events)
