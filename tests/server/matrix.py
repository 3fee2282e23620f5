"""Who may use which route. Every route has one row here; test_matrix.py asks each row by all.

A new route: add a `Row`. Write `{name}` for an id wherever the request needs one (path, body,
params); `IDS` says how such a thing is made for the tenant `default`. A new kind of id: add its
maker to `IDS`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

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
from server.scopes import Scope
from tests.agent.training.versions import passed
from tests.server.parties import Json, Visitor


class Gate(Enum):
    OPEN = "open"
    """Everyone, with a credential or without."""
    VISITOR = "visitor"
    """Only the visitor of a thread, about that thread."""
    OWN = "own"
    """Any key or user, about what it made itself."""
    USER = "user"
    """Any person who logged in, about themselves."""
    SIGNED = "signed"
    """Whoever signs with the secret of the source, whatever credential comes beside."""


OPEN, VISITOR, OWN, USER = Gate.OPEN, Gate.VISITOR, Gate.OWN, Gate.USER
SIGNED = Gate.SIGNED
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


@dataclass(frozen=True)
class Row:
    route: str
    who: Scope | Gate
    visitor: bool = False
    """The visitor of `{thread_id}` may too."""
    body: Mapping[str, Any] | None = None
    params: Mapping[str, str] | None = None
    files: Mapping[str, Any] | None = None
    form: Mapping[str, str] | None = None
    others: Scope | None = None
    """Without this scope too there is only what the caller made itself."""
    known: Scope | None = None
    """Open to strangers, but a key or a user needs this scope."""
    ids: Mapping[str, Maker] = field(default_factory=dict)
    """Makers for this row alone, before those of `IDS`."""
    uses_up: bool = False
    """Success changes what the ids stand for; the next row gets new ones."""
    streams: bool = False
    """The answer never ends."""
    foreign_ok: bool = False
    """Answers another tenant with what is that tenant's own; it reads nothing of ours."""

    @property
    def names_ids(self) -> bool:
        return "{" in self.route or "{" in str([_texts(self.body), _texts(self.params)])


def _texts(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []


async def _thread(world: World) -> str:
    return (await world.visitor()).thread_id


async def _lead(world: World) -> str:
    thread = await world.services.threads.get("default", await world.id("thread_id"))
    return thread.lead_id


async def _pending(world: World) -> str:
    return str((await (await world.visitor()).ask_for_a_tour())["action_id"])


async def _undoable(world: World) -> str:
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


async def _reachable(world: World) -> str:
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


async def _entry(world: World) -> str:
    """An article that has been changed once."""
    for text in ("A permit.", "Two permits."):
        draft = ArticleDraft(knowledge_id="KB_1", title="Permits", text=text)
        await world.services.knowledge.put("default", [draft], "test")
    return "KB_1"


async def _other_entry(world: World) -> str:
    draft = ArticleDraft(knowledge_id="OTHER_1", title="Parking", text="A permit.")
    await world.services.knowledge.put("default", [draft], "test")
    return "OTHER_1"


async def _ticket(world: World) -> str:
    """One that somebody has opened, with a resolution."""
    ticket_id = await _pending_ticket(world)
    reviewer = Reviewer(name="test", admin=True)
    await world.services.reviewing.edit("default", ticket_id, reviewer, "Prepare it again.")
    return ticket_id


async def _pending_ticket(world: World) -> str:
    draft = TicketDraft(
        ticket_id=new_id("CS"), conversation_id=new_id("CONV"), transcript="Caller: It is stuck."
    )
    added = await world.services.tickets.add("default", [(2, draft)], created_by="test")
    return added.ticket_ids[0]


async def _resolved_ticket(world: World) -> str:
    ticket_id = await _pending_ticket(world)
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


async def _waiting_thread(world: World) -> str:
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

THREAD: Json = {"thread_id": "{thread_id}"}
RUN: Json = {
    "assistant_id": "leasing",
    "input": {"messages": [{"role": "user", "content": "hi"}]},
}
CSV = {"file": ("a.csv", b"role,text\nlead,hi\n")}
TICKETS = {"file": ("a.csv", b"conversation id,transcript\nC-1,Caller: It is stuck.\n")}
KNOWLEDGE = {"file": ("a.csv", b"title,text\nParking,A permit.\n")}

ROWS = (
    # pages and health
    Row("GET /", OPEN),
    Row("GET /docs", OPEN),
    Row("GET /openapi.json", OPEN),
    Row("GET /api/healthz", OPEN),
    Row("GET /api/readyz", OPEN),
    # accounts
    Row(
        "POST /api/auth/register",
        OPEN,
        body={"username": "Sam", "email": "{fresh_email}", "password": PASSWORD},
        uses_up=True,
    ),
    Row("POST /api/auth/login", OPEN, body={"email": "{email}", "password": PASSWORD}),
    Row("POST /api/auth/refresh", OPEN, body={"refresh_token": "{refresh_token}"}, uses_up=True),
    Row("GET /api/auth/me", USER),
    Row(
        "POST /api/auth/password",
        USER,
        body={"current_password": PASSWORD, "password": PASSWORD + "!"},
    ),
    Row("POST /api/auth/logout", USER),
    Row("GET /api/users", Scope.USERS_READ, foreign_ok=True),
    Row(
        "POST /api/users",
        Scope.USERS_WRITE,
        body={
            "username": "Sam",
            "email": "{fresh_email}",
            "password": PASSWORD,
            "role": "realpage_user",
        },
        uses_up=True,
        foreign_ok=True,
    ),
    Row("PATCH /api/users/{user_id}", Scope.USERS_WRITE, body={"disabled": True}, uses_up=True),
    # conversation
    Row("POST /api/agent/start", OPEN, known=Scope.THREADS_WRITE, body={}),
    Row("POST /api/agent/token", VISITOR),
    Row("GET /api/agent/thread", VISITOR),
    Row(
        "POST /api/agent/reply",
        Scope.THREADS_WRITE,
        visitor=True,
        body=THREAD | {"message": "hi"},
    ),
    Row(
        "POST /api/agent/action",
        Scope.ACTIONS_WRITE,
        visitor=True,
        body=THREAD | {"action": "hand_off", "args": {"reason": "test"}},
    ),
    Row("POST /api/agent/feedback", VISITOR, body=THREAD | {"score": 5}),
    Row("POST /api/agent/handoff", VISITOR, body=THREAD),
    Row("POST /api/agent/takeover", Scope.THREADS_WRITE, body=THREAD, uses_up=True),
    Row("POST /api/agent/message", Scope.THREADS_WRITE, body=THREAD | {"text": "hi"}),
    Row("POST /api/agent/release", Scope.THREADS_WRITE, body=THREAD),
    Row("GET /api/agent/events", Scope.THREADS_READ, visitor=True, params=THREAD, streams=True),
    Row("GET /api/events", Scope.THREADS_READ, streams=True, foreign_ok=True),
    # leads and threads
    Row("GET /api/leads/stages", OPEN),
    Row("POST /api/leads/leads", Scope.LEADS_WRITE, body={}, foreign_ok=True),
    Row("GET /api/leads/leads", Scope.LEADS_READ),
    Row("GET /api/leads/leads/{lead_id}", Scope.LEADS_READ),
    Row("DELETE /api/leads/leads/{lead_id}", Scope.PII_ERASE, uses_up=True),
    Row("GET /api/leads/threads", Scope.THREADS_READ),
    Row("POST /api/leads/threads", Scope.THREADS_WRITE, body={"lead_id": "{lead_id}"}),
    Row("GET /api/leads/threads/{thread_id}", Scope.THREADS_READ),
    Row(
        "PATCH /api/leads/threads/{thread_id}",
        Scope.THREADS_WRITE,
        body={"labels": ["hot"], "version": 1},
        uses_up=True,
    ),
    Row("GET /api/leads/threads/{thread_id}/messages", Scope.THREADS_READ),
    # communities, settings, homes
    Row("GET /api/communities", Scope.TENANTS_READ, foreign_ok=True),
    Row("GET /api/communities/{community_id}", Scope.TENANTS_READ),
    Row(
        "PUT /api/communities/{community_id}",
        Scope.TENANTS_WRITE,
        body={"community_id": "{community_id}", "name": "Cedar Mesa", "version": 1},
        uses_up=True,
    ),
    Row("GET /api/tenant", Scope.TENANTS_READ, foreign_ok=True),
    Row("PATCH /api/tenant", Scope.TENANTS_WRITE, body={"version": 1}, foreign_ok=True),
    Row("GET /api/listings", Scope.LISTINGS_READ),
    Row("POST /api/listings", Scope.LISTINGS_WRITE, body={"listings": []}, foreign_ok=True),
    Row("PATCH /api/listings/{listing_id}", Scope.LISTINGS_WRITE, body={"version": 1}),
    # approvals and deliveries
    Row("GET /api/approvals", Scope.APPROVALS_READ),
    Row("GET /api/approvals/{action_id}", Scope.APPROVALS_READ),
    Row(
        "POST /api/approvals/{action_id}/decision",
        Scope.APPROVALS_WRITE,
        body={"decision": "approve"},
        uses_up=True,
    ),
    Row(
        "POST /api/approvals/{action_id}/undo",
        Scope.APPROVALS_WRITE,
        ids={"action_id": _undoable},
        uses_up=True,
    ),
    # tours
    Row("GET /api/tours", Scope.TOURS_READ),
    Row("GET /api/tours/slots", Scope.TOURS_READ, params={"listing_id": "{home_id}"}),
    Row(
        "POST /api/tours",
        Scope.TOURS_WRITE,
        body={"thread_id": "{reachable_id}", "listing_id": "{home_id}", "slot_id": "{slot_id}"},
        ids={"reachable_id": _reachable},
        uses_up=True,
    ),
    Row("GET /api/tours/{tour_id}.ics", Scope.TOURS_READ),
    Row("GET /api/tours/{tour_id}", Scope.TOURS_READ),
    Row(
        "PATCH /api/tours/{tour_id}",
        Scope.TOURS_WRITE,
        body={"status": "canceled_by_manager"},
        uses_up=True,
    ),
    Row("GET /api/tours/links/{token}", OPEN),
    Row("POST /api/tours/links/{token}", OPEN, body={}, uses_up=True),
    Row("GET /api/deliveries", Scope.ACTIONS_READ),
    Row("POST /api/deliveries/{delivery_id}/replay", Scope.ACTIONS_WRITE, uses_up=True),
    Row(
        "POST /api/webhooks/subscriptions",
        Scope.WEBHOOKS_WRITE,
        body={"target_url": "https://hooks.example.com/1", "events": ["tour.booked"]},
        foreign_ok=True,
    ),
    Row("GET /api/webhooks/subscriptions", Scope.WEBHOOKS_WRITE, foreign_ok=True),
    Row(
        "DELETE /api/webhooks/subscriptions/{subscription_id}",
        Scope.WEBHOOKS_WRITE,
        uses_up=True,
    ),
    Row("GET /api/webhooks/samples/{event}", Scope.WEBHOOKS_READ, foreign_ok=True),
    # LangGraph's clients
    Row("GET /ok", OPEN),
    Row("GET /info", OPEN),
    Row("POST /assistants/search", OPEN, body={}),
    Row("GET /assistants/{assistant_id}", OPEN),
    Row("GET /assistants/{assistant_id}/schemas", OPEN),
    Row("GET /assistants/{assistant_id}/graph", OPEN),
    Row("POST /threads", Scope.THREADS_WRITE, body={}, foreign_ok=True),
    Row("POST /threads/search", Scope.THREADS_READ, body={}, foreign_ok=True),
    Row("GET /threads/{thread_id}", Scope.THREADS_READ, visitor=True),
    Row("PATCH /threads/{thread_id}", Scope.THREADS_WRITE, body={"metadata": {"campaign": "fall"}}),
    Row("DELETE /threads/{thread_id}", Scope.PII_ERASE, uses_up=True),
    Row("GET /threads/{thread_id}/state", Scope.THREADS_READ, visitor=True),
    Row(
        "POST /threads/{thread_id}/state",
        Scope.APPROVALS_WRITE,
        body={"values": None, "as_node": "__end__"},
        ids={"thread_id": _waiting_thread},
        uses_up=True,
    ),
    Row("GET /threads/{thread_id}/history", Scope.THREADS_READ, visitor=True),
    Row("POST /threads/{thread_id}/history", Scope.THREADS_READ, visitor=True, body={}),
    Row("POST /threads/{thread_id}/runs", Scope.THREADS_WRITE, visitor=True, body=RUN),
    Row("POST /threads/{thread_id}/runs/wait", Scope.THREADS_WRITE, visitor=True, body=RUN),
    Row("POST /threads/{thread_id}/runs/stream", Scope.THREADS_WRITE, visitor=True, body=RUN),
    Row("POST /runs/wait", Scope.THREADS_WRITE, body=RUN, foreign_ok=True),
    Row("POST /runs/stream", Scope.THREADS_WRITE, body=RUN, foreign_ok=True),
    Row("POST /api/webhooks/inbound/{source}", SIGNED, body={"type": "lead.created"}),
    Row(
        "POST /api/leads/intake/zillow",
        Scope.LEADS_WRITE,
        form={"name": "Sam Lee", "email": "sam@lee.example"},
        foreign_ok=True,
    ),
    # knowledge
    Row("GET /api/knowledge", Scope.KNOWLEDGE_READ),
    Row("GET /api/knowledge/search", Scope.KNOWLEDGE_READ, params={"q": "permit"}),
    Row(
        "POST /api/knowledge",
        Scope.KNOWLEDGE_WRITE,
        body={"title": "Parking", "resolution": "A permit."},
        foreign_ok=True,
    ),
    Row("GET /api/knowledge/{knowledge_id}", Scope.KNOWLEDGE_READ),
    Row("DELETE /api/knowledge/{knowledge_id}", Scope.KNOWLEDGE_WRITE, uses_up=True),
    Row("GET /api/knowledge/stale", Scope.KNOWLEDGE_WRITE),
    Row("GET /api/knowledge/export.xlsx", Scope.KNOWLEDGE_WRITE, foreign_ok=True),
    Row("POST /api/knowledge/import", Scope.KNOWLEDGE_WRITE, files=KNOWLEDGE, foreign_ok=True),
    Row("GET /api/knowledge/{knowledge_id}/history", Scope.KNOWLEDGE_READ),
    Row(
        "POST /api/knowledge/{knowledge_id}/rollback",
        Scope.KNOWLEDGE_WRITE,
        body={"version": 1},
        ids={"knowledge_id": _entry},
        uses_up=True,
    ),
    Row(
        "POST /api/knowledge/{knowledge_id}/merge",
        Scope.KNOWLEDGE_WRITE,
        body={"into": "{other_id}"},
        ids={"knowledge_id": _entry, "other_id": _other_entry},
        uses_up=True,
    ),
    # tickets
    Row("POST /api/tickets/upload", Scope.TICKETS_CREATE, files=TICKETS, foreign_ok=True),
    Row("GET /api/tickets/export.xlsx", Scope.TICKETS_REVIEW, foreign_ok=True),
    Row("GET /api/tickets", Scope.TICKETS_READ),
    Row("GET /api/tickets/pending", Scope.TICKETS_REVIEW),
    Row("GET /api/tickets/resolved", Scope.TICKETS_REVIEW),
    Row("GET /api/tickets/calibration", Scope.TICKETS_REVIEW, foreign_ok=True),
    Row("GET /api/tickets/{ticket_id}", Scope.TICKETS_READ, others=Scope.TICKETS_REVIEW),
    Row(
        "GET /api/tickets/{ticket_id}/resolution",
        Scope.TICKETS_READ,
        others=Scope.TICKETS_REVIEW,
        ids={"ticket_id": _resolved_ticket},
    ),
    Row(
        "PATCH /api/tickets/{ticket_id}/status",
        Scope.TICKETS_REVIEW,
        body={"status": "in_progress"},
        ids={"ticket_id": _pending_ticket},
        uses_up=True,
    ),
    Row(
        "PATCH /api/tickets/{ticket_id}/resolution",
        Scope.TICKETS_REVIEW,
        body={"edited_resolution": "Prepare it once more."},
    ),
    Row("PATCH /api/tickets/{ticket_id}/assign", Scope.TICKETS_REVIEW, body={"assigned_to": None}),
    Row("GET /api/tickets/{ticket_id}/preview", Scope.TICKETS_REVIEW),
    Row("POST /api/tickets/{ticket_id}/approve", Scope.TICKETS_REVIEW, body={}, uses_up=True),
    Row(
        "POST /api/tickets/{ticket_id}/reject",
        Scope.TICKETS_REVIEW,
        body={"reason": "It answers another question."},
        uses_up=True,
    ),
    Row(
        "POST /api/tickets/approve-above",
        Scope.TICKETS_REVIEW,
        body={"score": 99},
        foreign_ok=True,
    ),
    Row(
        "POST /api/rag/generate",
        Scope.RAG_USE,
        body={"transcript": "Caller: It is stuck."},
        foreign_ok=True,
    ),
    Row(
        "POST /api/chatbot/message",
        Scope.RAG_USE,
        visitor=True,
        body={"message": "Is there a permit?"},
        foreign_ok=True,
    ),
    # training and jobs
    Row(
        "POST /api/training/start",
        Scope.TRAINING_WRITE,
        body={"kind": "nothing"},
        foreign_ok=True,
    ),
    Row("POST /api/training/ingest", Scope.TRAINING_WRITE, body={"threads": []}, foreign_ok=True),
    Row("POST /api/training/ingest-csv", Scope.TRAINING_WRITE, files=CSV, foreign_ok=True),
    Row("GET /api/training/models", Scope.TRAINING_WRITE),
    Row("POST /api/training/models/{version}/deploy", Scope.TRAINING_WRITE),
    Row(
        "POST /api/training/models/{version}/rollback",
        Scope.TRAINING_WRITE,
        body={"stage": "touring"},
        uses_up=True,
    ),
    Row("GET /api/audit", Scope.AUDIT_READ, foreign_ok=True),
    Row("GET /api/metrics/funnel", Scope.METRICS_READ, foreign_ok=True),
    Row("GET /metrics", Scope.METRICS_READ, foreign_ok=True),
    Row("GET /api/jobs", OWN),
    Row("GET /api/jobs/{job_id}", OWN),
)  # fmt: skip
