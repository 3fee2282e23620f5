"""A person is forgotten: every row, every copy, with a report and a proof in the audit."""

from datetime import datetime

from pydantic import BaseModel, Field

from agent.errors import NotFound
from agent.leads.models import Lead
from agent.privacy.erasure import Erasures, Traces, tombstone
from agent.services import Services
from agent.tours.models import TourStatus
from tools.tours import forget_reminders

CORPUS = "conversations"


class ErasureReport(BaseModel):
    """What an erasure came to."""

    lead_id: str
    erased_at: datetime
    erased: dict[str, int] = Field(default_factory=dict)
    """Collection -> rows that were deleted or stripped of what was personal."""
    same_contact: list[str] = Field(default_factory=list)
    """lead_ids of others with the same address or number: forget them too if they are one."""
    same_contact_tickets: list[str] = Field(default_factory=list)
    """ticket_ids of tickets with the same, not forgotten with the lead."""


async def forget(services: Services, tenant_id: str, lead_id: str, *, actor: str) -> ErasureReport:
    """Erase a lead; doing it again gives the same report.

    A turn that runs comes to nothing, tours of the lead are canceled, messages that wait are not
    sent. Raises NotFound `lead_not_found`.
    """
    erasures = Erasures(services.repository)
    now = services.clock.now()
    # what is left in the threads' rows goes with them, uncounted
    await services.threads.filing.settle(tenant_id)

    async def write() -> tuple[Traces, ErasureReport]:
        lead = await services.leads.get(tenant_id, lead_id)
        same = await services.leads.store.reached_by(tenant_id, lead.hashes)
        tickets = await services.tickets.store.of_contact(tenant_id, lead.hashes)
        traces = await erasures.traces(tenant_id, lead_id, lead.contact_ref)
        await _end_tours(services, tenant_id, traces)
        report = ErasureReport(
            lead_id=lead_id,
            erased_at=now,
            erased=await erasures.erase(tenant_id, traces),
            same_contact=[each.lead_id for each in same if each.lead_id != lead_id],
            same_contact_tickets=tickets,
        )
        await erasures.note(tenant_id, traces, now)
        await _prove(services, tenant_id, lead, actor)
        return traces, report

    try:
        traces, report = await services.repository.transact(write)
    except NotFound:
        standing = await erasures.standing(tenant_id, lead_id)
        if standing is None:
            raise
        known, said = standing
        if said is not None or known is None:
            return ErasureReport.model_validate(said)
        # whoever began it died before the copies were gone
        traces, report = known, ErasureReport(lead_id=lead_id, erased_at=now)
    await services.threads.filing.erased(tenant_id, traces.thread_ids)
    report.erased |= await _copies(services, tenant_id, traces)
    await erasures.keep_report(tenant_id, lead_id, report.model_dump(mode="json"))
    return report


async def look_again(services: Services) -> bool:
    """Erase what work that was under way has left of somebody; False when none is due."""
    erasures = Erasures(services.repository)
    due = await erasures.due(services.clock.now())
    if due is None:
        return False
    tenant_id, traces = due
    await services.repository.transact(lambda: erasures.erase(tenant_id, traces))
    await _copies(services, tenant_id, traces)
    await erasures.looked(tenant_id, traces.lead_id)
    return True


async def _copies(services: Services, tenant_id: str, traces: Traces) -> dict[str, int]:
    """What was made of the rows: memories of graphs, search, datasets, files."""
    erasures = Erasures(services.repository)
    await services.chunks.remove(tenant_id, CORPUS, traces.source_ids)
    uploads = await erasures.uploads(tenant_id, traces.files)
    for upload_id in uploads:
        await services.uploads.delete(tenant_id, upload_id)
    return {
        "checkpoints": await erasures.erase_checkpoints(tenant_id, traces.thread_ids),
        "chunks": len(traces.source_ids),
        "datasets": await services.training.forget(tenant_id, traces.thread_ids),
        "uploads": len(uploads),
    }


async def _end_tours(services: Services, tenant_id: str, traces: Traces) -> None:
    """Free the times that are held or booked."""
    for thread_id in traces.thread_ids:
        for tour in await services.tours.of_thread(tenant_id, thread_id):
            if tour.status is TourStatus.PROPOSED:
                await services.tours.release(tenant_id, tour.tour_id)
            elif tour.status is TourStatus.BOOKED:
                await forget_reminders(services, tenant_id, tour.tour_id)
                await services.tours.cancel(tenant_id, tour.tour_id, by="renter")


async def _prove(services: Services, tenant_id: str, lead: Lead, actor: str) -> None:
    await services.audit.record(
        tenant_id, "lead.erased", lead.lead_id, tombstone(lead.hashes), actor=actor
    )
