"""One inbound event: its effect, once, in one transaction with its receipt."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from agent.errors import InvalidInput
from agent.events.models import Event
from agent.inbound.models import Source
from agent.inbound.service import Work
from agent.kit.signatures import Verified
from agent.leads.intake import LeadDraft
from agent.services import Services
from agent.tours.models import TourStatus
from agent.tours.steps import CANCELED
from graphs.inbound import conversing
from graphs.inbound.events import EVENTS, LeadCreated, MessageReceived, TourUpdated
from graphs.runtime import Runtime
from tools.tours import forget_reminders


class Received(BaseModel):
    """What became of an inbound event."""

    received: Literal[True] = True
    duplicate: bool = False
    """It came before in the last 24 hours and has had its effect."""
    ignored: bool = False
    """Its type is none that we know."""
    stale: bool = False
    """Newer news of the same thing came before."""
    lead_id: str | None = None
    thread_id: str | None = None
    message_id: str | None = None
    tour_id: str | None = None
    consent: Literal["given", "withdrawn"] | None = None
    """The message renewed or ended the consent to be written to."""

    @property
    def outcome(self) -> str:
        """One word, for counting."""
        words = {"duplicate": self.duplicate, "ignored": self.ignored, "stale": self.stale}
        return next((word for word, so in words.items() if so), "done")


async def repeated(services: Services, source: Source, verified: Verified) -> Received | None:
    """What is answered to a message that came before, whatever it says now; None: it did not."""
    receipt = await services.inbound.repeated(
        source.tenant_id, source.source_id, verified.message_id
    )
    if receipt is None:
        return None
    services.telemetry.inbound(_label(receipt.type), "duplicate")
    return Received(duplicate=True)


async def receive(
    runtime: Runtime,
    source: Source,
    verified: Verified,
    kind: str,
    data: Mapping[str, object],
) -> Received:
    """Carry an event out; the agent's answer to a message follows by itself.

    Raises InvalidInput `event_invalid`, NotFound, Conflict; then nothing is kept, and the event may
    come again.
    """
    services, tenant_id = runtime.services, source.tenant_id
    at = datetime.fromtimestamp(verified.timestamp, UTC)
    work = await _work(services, tenant_id, kind, data, at)
    result, now = await services.inbound.once(
        tenant_id, source.source_id, verified.message_id, kind, work
    )
    received = Received.model_validate(result) if now else Received(duplicate=True)
    if now and result.get("answer"):
        runtime.wake(tenant_id, str(result["thread_id"]))
    services.telemetry.inbound(_label(kind), received.outcome)
    return received


async def _work(
    services: Services, tenant_id: str, kind: str, data: Mapping[str, object], at: datetime
) -> Work:
    known = EVENTS.get(kind)
    if known is None:
        return _ignore
    try:
        event = known.model_validate(data)
    except ValidationError as error:
        raise _invalid(error) from None
    if isinstance(event, LeadCreated):
        return await _lead(services, tenant_id, event)
    if isinstance(event, MessageReceived):
        return await _message(services, tenant_id, event)
    return _tour(services, tenant_id, event, at)


def _label(kind: str) -> str:
    return kind if kind in EVENTS else "other"


async def _ignore() -> Mapping[str, Any]:
    return {"ignored": True}


async def _lead(services: Services, tenant_id: str, event: LeadCreated) -> Work:
    community = await services.tenants.community(tenant_id, event.community)
    said = None
    if event.message is not None:
        said = await conversing.heard(services, tenant_id, event.message, "chat")
    draft = LeadDraft(
        external_id=event.external_id,
        contact=event.contact(),
        source=event.source or "webhook",
        consent=event.consent.consent("webhook") if event.consent else None,
        profile=event.profile.model_copy(update={"preferences": []}),
    )

    async def work() -> Mapping[str, Any]:
        lead = (await services.intake.take_in(tenant_id, draft)).lead
        if said is None:
            return {"lead_id": lead.lead_id}
        thread = await conversing.thread_of(services, tenant_id, lead, community, channel="webhook")
        return await conversing.say(services, tenant_id, thread, said, channel="chat")

    return work


async def _message(services: Services, tenant_id: str, event: MessageReceived) -> Work:
    community = await services.tenants.community(tenant_id, event.community)
    said = await conversing.heard(services, tenant_id, event.text, event.channel)
    draft = LeadDraft(external_id=event.external_id, contact=event.contact(), source=event.channel)

    async def work() -> Mapping[str, Any]:
        if event.thread_id is not None:
            thread = await conversing.known_thread(services, tenant_id, event.thread_id)
        else:
            lead = await conversing.writer(services, tenant_id, draft, channel=event.channel)
            thread = await conversing.thread_of(
                services, tenant_id, lead, community, channel=event.channel
            )
        return await conversing.say(services, tenant_id, thread, said, channel=event.channel)

    return work


def _tour(services: Services, tenant_id: str, event: TourUpdated, at: datetime) -> Work:
    changed_at = event.updated_at or at

    async def work() -> Mapping[str, Any]:
        tour = await services.tours.get(tenant_id, event.tour_id)
        if not await services.inbound.is_news(tenant_id, f"tour:{tour.tour_id}", changed_at):
            return {"tour_id": tour.tour_id, "stale": True}
        told: list[Event] = []
        if event.starts_at is not None and event.starts_at != tour.starts_at:
            await forget_reminders(services, tenant_id, tour.tour_id)
            tour = await services.tours.move(tenant_id, tour.tour_id, event.starts_at)
            told.append(Event(type="tour.rescheduled", data={"tour_id": tour.tour_id}))
        if event.status is not None and event.status is not tour.status:
            if event.status in CANCELED:
                await forget_reminders(services, tenant_id, tour.tour_id)
            tour = await _STEPS[event.status](services, tenant_id, tour.tour_id)
            if name := _EVENT.get(tour.status):
                told.append(Event(type=name, data={"tour_id": tour.tour_id}))
        await services.threads.add(tenant_id, tour.thread_id, [], told)
        return {"tour_id": tour.tour_id, "thread_id": tour.thread_id}

    return work


_Step = Callable[[Services, str, str], Awaitable[Any]]
_STEPS: dict[TourStatus, _Step] = {
    TourStatus.BOOKED: lambda services, *tour: services.tours.book(*tour),
    TourStatus.VISITED: lambda services, *tour: services.tours.mark(*tour, TourStatus.VISITED),
    TourStatus.NO_SHOW: lambda services, *tour: services.tours.mark(*tour, TourStatus.NO_SHOW),
    TourStatus.CANCELED_BY_RENTER: lambda services, *tour: services.tours.cancel(
        *tour, by="renter"
    ),
    TourStatus.CANCELED_BY_MANAGER: lambda services, *tour: services.tours.cancel(
        *tour, by="manager"
    ),
}
_EVENT = {
    TourStatus.BOOKED: "tour.booked",
    TourStatus.CANCELED_BY_RENTER: "tour.canceled",
    TourStatus.CANCELED_BY_MANAGER: "tour.canceled",
}


def _invalid(error: ValidationError) -> InvalidInput:
    """What is wrong and where, without what was sent."""
    details = [
        {"at": "data." + ".".join(map(str, each["loc"]))[:200], "reason": each["msg"]}
        for each in error.errors(include_url=False, include_input=False, include_context=False)[:20]
    ]
    return InvalidInput(
        "event_invalid",
        f"{details[0]['at']}: {details[0]['reason']}; nothing was done, send it mended.",
        details=details,
    )
