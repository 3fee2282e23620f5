"""What the ids in the rows of matrix.py stand for: made when first asked for."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

from agent.approvals.models import Decision
from agent.kit.digests import args_hash
from agent.kit.ids import new_id
from agent.knowledge.models import ArticleDraft
from agent.listings.models import ListingDraft, ListingQuery
from agent.services import Services
from agent.tenants.models import Community
from agent.threads.models import Stage
from agent.tickets.models import Grounds, Resolution, Score, TicketDraft
from agent.tickets.reviewers import Reviewer
from agent.users.roles import Role
from graphs.decisions import decide
from tests.agent.training.versions import passed
from tests.server.parties import Visitor

PASSWORD = "a rather long one"


@dataclass
class World:
    """What the ids of the rows stand for; made when first asked for, kept until used up."""

    web: httpx.AsyncClient
    services: Services
    made: dict[str, str] = field(default_factory=dict)
    _visitor: Visitor | None = None

    async def id(self, name: str) -> str:
        if name not in self.made:
            self.made[name] = await IDS[name](self)
        return self.made[name]

    async def visitor(self) -> Visitor:
        """The one whose thread is `{thread_id}`."""
        if self._visitor is None:
            self._visitor = await Visitor.arrive(self.web)
        return self._visitor

    def forget(self) -> None:
        self.made.clear()
        self._visitor = None


Maker = Callable[[World], Awaitable[str]]


async def _thread(world: World) -> str:
    return (await world.visitor()).thread_id


async def _lead(world: World) -> str:
    thread = await world.services.threads.get("default", await world.id("thread_id"))
    return thread.lead_id


async def _pending(world: World) -> str:
    return str((await (await world.visitor()).ask_for_a_tour())["action_id"])


async def undoable(world: World) -> str:
    """An approval inside its undo window."""
    services = world.services
    tenant = await services.tenants.tenant("default")
    await services.tenants.put(tenant.model_copy(update={"undo_seconds": 3600}))
    action_id = await _pending(world)
    await decide(services, "default", action_id, Decision(decision="approve"), actor="test")
    await services.tenants.put(tenant)
    return action_id


async def _tour(world: World) -> str:
    """A booked one."""
    approval = await decide(
        world.services,
        "default",
        await _pending(world),
        Decision(decision="approve"),
        actor="test",
    )
    return str(approval.args["tour_id"])


async def _link(world: World) -> str:
    tour = await world.services.tours.get("default", await _tour(world))
    return world.services.tour_links.issue("default", tour, "cancel")


async def reachable(world: World) -> str:
    """A thread whose lead can be written to."""
    await _pending(world)
    return await world.id("thread_id")


async def _home(world: World) -> str:
    homes = await world.services.listings.search("default", ListingQuery())
    return homes[0].listing_id


async def _slot(world: World) -> str:
    services, home_id = world.services, await world.id("home_id")
    home = await services.listings.get("default", home_id)
    community = await services.tenants.community("default", home.community_id)
    return (await services.tours.slots("default", home_id, community)).slots[0].slot_id


async def _article(world: World) -> str:
    draft = ArticleDraft(title=new_id("Permits"), text="A permit.")
    return (await world.services.knowledge.put("default", [draft], "test"))[0].knowledge_id


async def entry(world: World) -> str:
    """An article that has been changed once."""
    for text in ("A permit.", "Two permits."):
        draft = ArticleDraft(knowledge_id="KB_1", title="Permits", text=text)
        await world.services.knowledge.put("default", [draft], "test")
    return "KB_1"


async def other_entry(world: World) -> str:
    draft = ArticleDraft(knowledge_id="OTHER_1", title="Parking", text="A permit.")
    await world.services.knowledge.put("default", [draft], "test")
    return "OTHER_1"


async def _ticket(world: World) -> str:
    """One that somebody has opened, with a resolution."""
    ticket_id = await pending_ticket(world)
    reviewer = Reviewer(name="test", admin=True)
    await world.services.reviewing.edit("default", ticket_id, reviewer, "Prepare it again.")
    return ticket_id


async def pending_ticket(world: World) -> str:
    draft = TicketDraft(
        ticket_id=new_id("CS"), conversation_id=new_id("CONV"), transcript="Caller: It is stuck."
    )
    added = await world.services.tickets.add("default", [(2, draft)], created_by="test")
    return added.ticket_ids[0]


async def resolved_ticket(world: World) -> str:
    ticket_id = await pending_ticket(world)
    score = Score(relevancy_points=1, accuracy_points=1, completeness_points=1, reasoning="-")
    found = Resolution(content="Prepare it again.", score=score, by="rules")
    await world.services.tickets.settle("default", ticket_id, found, Grounds())
    return ticket_id


async def _model(world: World) -> str:
    training, now = world.services.training, world.services.clock.now()
    model = await training.store.add_model("default", passed("ft_one", now))
    await training.deploy("default", model.version, stage=Stage.TOURING, actor="test")
    return model.version


async def _delivery(world: World) -> str:
    delivery_id = new_id("dlv")
    args = {"channel": "email"}
    await world.services.outbox.enqueue(
        "default",
        delivery_id=delivery_id,
        action_id=new_id("act"),
        action="send_message",
        args=args,
        args_hash=args_hash(args),
        thread_id="thr_1",
        due_at=datetime.max.replace(year=9000, tzinfo=UTC),
    )
    await world.services.repository.scoped("outbox", "default").update(
        {"delivery_id": delivery_id}, {"$set": {"state": "dead", "open": False}}
    )
    return delivery_id


async def _subscription(world: World) -> str:
    made, _ = await world.services.webhooks.subscribe(
        "default", f"https://hooks.example.com/{new_id('x')}", ["tour.booked"]
    )
    return made.subscription_id


async def _event(world: World) -> str:
    return "tour.booked"


async def _source(world: World) -> str:
    source, _ = await world.services.inbound.add("default", "crm")
    return source.source_id


async def _fresh_email(world: World) -> str:
    return f"{new_id('a')}@homes.example"


async def _user(world: World) -> str:
    return (await world.services.users.named("default", await world.id("email"))).user_id


async def _email(world: World) -> str:
    email = await _fresh_email(world)
    await world.services.users.add(
        "default", email=email, password=PASSWORD, role=Role.REALPAGE_USER, actor="test"
    )
    return email


async def _refresh_token(world: World) -> str:
    email = await world.id("email")
    return (await world.services.sessions.login(email, PASSWORD)).refresh_token


async def _community(world: World) -> str:
    made = Community(community_id=new_id("site"), name="Cedar Mesa")
    return (await world.services.properties.save("default", made)).community.community_id


async def _listing(world: World) -> str:
    draft = ListingDraft(name="Cedar Mesa", unit=new_id("u"), rent=1, bedrooms=1, bathrooms=1)
    return (await world.services.listings.upsert("default", "default", [draft]))[0].listing_id


async def _job(world: World) -> str:
    job = await world.services.jobs.enqueue("default", "nothing", {}, actor="test")
    return job.job_id


async def _assistant(world: World) -> str:
    return "leasing"


async def waiting_thread(world: World) -> str:
    """One whose tour waits for approval."""
    await world.id("action_id")
    return await world.id("thread_id")


IDS: dict[str, Maker] = {
    "thread_id": _thread,
    "lead_id": _lead,
    "action_id": _pending,
    "tour_id": _tour,
    "token": _link,
    "home_id": _home,
    "slot_id": _slot,
    "knowledge_id": _article,
    "ticket_id": _ticket,
    "version": _model,
    "job_id": _job,
    "assistant_id": _assistant,
    "fresh_email": _fresh_email,
    "email": _email,
    "user_id": _user,
    "refresh_token": _refresh_token,
    "delivery_id": _delivery,
    "subscription_id": _subscription,
    "event": _event,
    "source": _source,
    "community_id": _community,
    "listing_id": _listing,
}
