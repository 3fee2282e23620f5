from datetime import datetime, timedelta
from typing import Any

import pytest

from agent.approvals.models import Approval, Decision
from agent.demo.load import demo_community
from agent.kit.clock import ManualClock
from agent.leads.models import Consent, Lead
from agent.listings.models import Listing, ListingQuery
from agent.outbox.models import Delivery
from agent.privacy.models import Contact
from agent.services import Services
from agent.threads.models import Stage, Thread
from agent.tours.models import Slot, Tour
from tests.homes import add_homes
from tools.call import Call
from tools.effects import close, effects, tell
from tools.executor import Toolbox

TENANT = "default"
THREAD = "thr_1"
SAM = Contact(name="Sam Lee", email="sam@lee.example", phone="+15035550142")
APPROVE = Decision(decision="approve")
REJECT = Decision(decision="reject", message="Sorry.")
DISMISS = Decision(decision="dismiss")
RESPOND = Decision(decision="respond", message="We call you.")


def edit(**args: Any) -> Decision:
    return Decision(decision="edit", args=args)


class Floor:
    """A lead's thread in a demo community, and what the tools do to it."""

    def __init__(
        self, services: Services, clock: ManualClock, lead: Lead, homes: list[Listing]
    ) -> None:
        self.services = services
        self.clock = clock
        self.lead = lead
        self.homes = homes
        self.home = homes[0].listing_id
        self.turn = 3

    async def open(self, thread_id: str, lead_id: str | None = None) -> None:
        now = self.clock.now()
        thread = Thread(
            thread_id=thread_id,
            lead_id=lead_id or self.lead.lead_id,
            community_id="alder-row",
            created_at=now,
            updated_at=now,
        )
        await self.services.threads.store.create(TENANT, thread)

    async def call(self, **changes: Any) -> Call:
        """A call of the next turn, with every home offered; `changes` to its fields."""
        self.turn += 1
        lead = await self.services.leads.get(TENANT, self.lead.lead_id)
        given = {
            "services": self.services,
            "tenant_id": TENANT,
            "thread_id": THREAD,
            "lead_id": lead.lead_id,
            "community": await self.services.tenants.community(TENANT, "alder-row"),
            "stage": Stage.TOURING,
            "turn": self.turn,
            "contact_ref": lead.contact_ref if lead.reachable else None,
            "listings": {home.listing_id for home in self.homes},
            **changes,
        }
        return Call(**given)

    async def toolbox(self, **changes: Any) -> Toolbox:
        return Toolbox(await self.call(**changes))

    async def offered(self, listing_id: str | None = None, **changes: Any) -> tuple[Toolbox, Slot]:
        """A toolbox whose thread has just been offered times, and the first of them."""
        tools = await self.toolbox(**changes)
        offer = await tools.use("tour_slots", listing_id=listing_id or self.home)
        return tools, offer.slots[0]

    async def proposed(self, listing_id: str | None = None) -> tuple[Approval, Tour]:
        home = listing_id or self.home
        tools, slot = await self.offered(home)
        approval = await tools.use("propose_tour", listing_id=home, slot_id=slot.slot_id)
        return approval, await self.tour(approval.args["tour_id"])

    async def booked(self, listing_id: str | None = None) -> Tour:
        approval, tour = await self.proposed(listing_id)
        await self.decide(approval)
        return await self.tour(tour.tour_id)

    async def tour(self, tour_id: str) -> Tour:
        return await self.services.tours.get(TENANT, tour_id)

    async def decide(self, approval: Approval, decision: Decision = APPROVE) -> Approval:
        return await self.services.approvals.decide(
            TENANT,
            approval.action_id,
            decision,
            actor="office",
            effects=effects(self.services, TENANT),
        )

    async def take(self, starts_at: datetime, tour_id: str) -> Tour:
        """Somebody else's hold at this time."""
        return await self.services.tours.hold(
            TENANT,
            tour_id=tour_id,
            thread_id=f"thread of {tour_id}",
            lead_id="lead_other",
            listing_id=self.home,
            community=await self.services.tenants.community(TENANT, "alder-row"),
            starts_at=starts_at,
            until=self.clock.now() + timedelta(days=1),
        )

    async def become(self, lead: Lead) -> None:
        """Let the thread belong to `lead`."""
        self.lead = lead
        await self.services.repository.scoped("threads", TENANT).update(
            {"thread_id": THREAD}, {"$set": {"lead_id": lead.lead_id}}
        )

    async def finish(self) -> None:
        """Let the undo window end, and tell of what was decided."""
        self.clock.advance(timedelta(hours=1))
        await self.services.approvals.tell_final(
            lambda tenant_id: lambda row: tell(self.services, tenant_id, row)
        )

    async def expire(self) -> None:
        await self.services.approvals.expire_overdue(lambda tenant_id: self._settle)

    async def _settle(self, approval: Approval) -> None:
        await close(self.services, TENANT, approval)

    async def told(self) -> list[str]:
        """Types of the thread's events, in order."""
        return [event.type for event in await self.services.events.after(TENANT, THREAD, -1)]

    async def pending(self) -> list[str]:
        rows = await self.services.approvals.store.pending(TENANT, THREAD)
        return [row.action_id for row in rows]

    async def deliveries(self) -> list[Delivery]:
        return (await self.services.outbox.store.page(TENANT)).items

    async def free(self, slot: Slot) -> int:
        """Seats left at the time of `slot`."""
        community = await self.services.tenants.community(TENANT, "alder-row")
        holding = await self.services.repository.scoped("tours", TENANT).count(
            {"active": True, "starts_at": slot.starts_at}
        )
        return community.tour.capacity - holding


@pytest.fixture
async def floor(services: Services, clock: ManualClock) -> Floor:
    """Two demo communities with three homes in one of them: faster than all of the demo."""
    for name in ("alder_row", "harbor_loft"):
        await services.tenants.put_community(TENANT, demo_community(name, clock))
    await add_homes(services)
    lead = await services.leads.create(TENANT, contact=SAM, consent=Consent(sms=True), source=None)
    homes = await services.listings.search(TENANT, ListingQuery(community_id="alder-row"))
    floor = Floor(services, clock, lead, homes)
    await floor.open(THREAD)
    return floor
