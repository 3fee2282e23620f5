"""One conversation from the first message to an end state in the database."""

import random
from dataclasses import dataclass, field

from agent.approvals.models import ApprovalStatus, Decision
from agent.audit.models import Why
from agent.listings.models import Listing
from agent.privacy.models import Contact
from agent.tenants.models import DEFAULT_TENANT
from agent.threads.models import Message, Role, ThreadStatus
from agent.tours.models import TourStatus
from evals.journeys.lead import SimulatedLead
from evals.journeys.script import Script, Wants
from graphs.answer import Answer
from graphs.runtime import Runtime

STEPS = 30
"""Messages after which a conversation has failed."""
TENANT = DEFAULT_TENANT
ENDS = {
    "tour_booked": "schedule_tour",
    "tour_rescheduled": "reschedule_tour",
    "tour_canceled": "cancel_tour",
    "application_started": "apply_now",
}
"""End -> the action that reaches it; a lead who has it says what is left to say, and goes."""


@dataclass(slots=True)
class Journey:
    """What was said, and whether the end was reached."""

    script: Script
    seed: int
    lines: list[str] = field(default_factory=list)
    approved: set[str] = field(default_factory=set)
    """Actions the office has said yes to."""
    steps: int = 0
    whys: list[Why] = field(default_factory=list)
    """Of the answers to what the lead said."""
    problem: str | None = None

    @property
    def passed(self) -> bool:
        return self.problem is None


async def travel(runtime: Runtime, script: Script, seed: int) -> Journey:
    """Play `script`; whatever waits for a person is approved once the lead has had their say."""
    journey = Journey(script=script, seed=seed)
    lead = SimulatedLead(script, random.Random(f"{seed}/{script.id}"))
    contact = Contact(**script.contact) if script.contact else Contact()
    started = await runtime.start(TENANT, contact=contact)
    thread_id = started.thread_id
    say: str | None = script.opening
    events = {"opening"}
    for _ in range(STEPS):
        if say is None:
            break
        journey.steps += 1
        answer = await runtime.reply(TENANT, thread_id, say)
        journey.lines += [f"lead: {say}", f"agent: {answer.reply}"]
        journey.whys.append(answer.why)
        asked = {rule.removeprefix("asked:") for rule in answer.why.rules if "asked:" in rule}
        events |= _events(asked, answer)
        say = lead.aside(events)
        if say is None and answer.pending_actions:
            events, asked = await _approve(runtime, thread_id, journey)
            say = lead.aside(events)
        if say is None and journey.approved >= {ENDS.get(script.end)}:
            break
        if say is None:
            say = lead.answer(asked)
        events = set()
    journey.problem = await _problem(runtime, thread_id, script)
    return journey


def _events(asked: set[str], answer: Answer) -> set[str]:
    seen = {
        "offered": bool(answer.listings),
        "slots": bool(answer.slots),
        "confirm": "confirm" in asked,
        "favorited": bool({"say:favorited", "tool:mark_favorite"} & {*answer.why.rules}),
        "pending": bool(answer.pending_actions),
    }
    return {name for name, happened in seen.items() if happened}


async def _approve(runtime: Runtime, thread_id: str, journey: Journey) -> tuple[set[str], set[str]]:
    """A person of the office says yes to everything; what happened, and what the agent asked."""
    store = runtime.services.approvals.store
    for row in await store.pending(TENANT, thread_id):
        await runtime.decide(TENANT, row.action_id, Decision(decision="approve"), actor="office")
        journey.approved.add(row.action)
        journey.lines.append(f"office: approves {row.action}")
    await runtime.caught_up(TENANT, thread_id)
    last = await runtime.services.threads.store.latest(TENANT, thread_id, Role.AGENT)
    if last is None:
        return set(), set()
    journey.lines.append(f"agent: {last.text}")
    return {"booked"}, _asked(last)


def _asked(message: Message) -> set[str]:
    rules = message.why.rules if message.why else []
    return {rule.removeprefix("asked:") for rule in rules if rule.startswith("asked:")}


async def _problem(runtime: Runtime, thread_id: str, script: Script) -> str | None:
    """What is wrong with the end state in the database; None when it is the right one."""
    services = runtime.services
    thread = await services.threads.get(TENANT, thread_id)
    tours = await services.tours.of_thread(TENANT, thread_id)
    if script.end == "handed_off":
        asked = thread.status is ThreadStatus.HANDED_OFF
        return None if asked and thread.handoff_reason == "asked for a person" else "no hand-off"
    if script.end == "application_started":
        started = [
            application
            for application in await services.applications.store.of_thread(TENANT, thread_id)
            if application.status == "started"
        ]
        if len(started) != 1:
            return f"{len(started)} applications started"
        return _unmet(await services.listings.get(TENANT, started[0].listing_id), script.wants)
    status = TourStatus.CANCELED_BY_RENTER if script.end == "tour_canceled" else TourStatus.BOOKED
    final = [tour for tour in tours if tour.status is status]
    if len(final) != 1:
        return f"{len(final)} tours {status} of {[str(tour.status) for tour in tours]}"
    if script.end == "tour_rescheduled" and not await _moved(runtime, thread_id):
        return "the tour was not moved"
    return _unmet(await services.listings.get(TENANT, final[0].listing_id), script.wants)


async def _moved(runtime: Runtime, thread_id: str) -> bool:
    moves = await runtime.services.approvals.store.page(
        TENANT, thread_id=thread_id, action="reschedule_tour", status=ApprovalStatus.APPROVED
    )
    return bool(moves.items)


def _unmet(home: Listing, wants: Wants) -> str | None:
    """The first wish the home does not meet."""
    if (home.area or "").casefold() != wants.area.casefold():
        return f"in {home.area}, not {wants.area}"
    if home.bedrooms != wants.bedrooms:
        return f"{home.bedrooms} bedrooms, not {wants.bedrooms}"
    if wants.max_rent is not None and home.rent > wants.max_rent:
        return f"rent {home.rent} over {wants.max_rent}"
    if wants.bathrooms is not None and home.bathrooms < wants.bathrooms:
        return f"{home.bathrooms} baths, not {wants.bathrooms}"
    for name in ("pets", "furnished", "parking", "in_unit_laundry"):
        if getattr(wants, name) and not getattr(home, name):
            return f"without {name}"
    return None
