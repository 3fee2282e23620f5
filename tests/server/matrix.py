"""Who may use which route. Every route has one row here; test_matrix.py asks each row by all.

A new route: add a `Row`. Write `{name}` for an id wherever the request needs one (path, body,
params); `IDS` says how such a thing is made for the tenant `default`. A new kind of id: add its
maker to `IDS`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import httpx

from agent.knowledge.models import ArticleDraft
from agent.services import Services
from agent.threads.models import Stage
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


OPEN, VISITOR, OWN = Gate.OPEN, Gate.VISITOR, Gate.OWN


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
    ids: Mapping[str, Maker] = field(default_factory=dict)
    """Makers for this row alone, before those of `IDS`."""
    uses_up: bool = False
    """Success changes what the ids stand for; the next row gets new ones."""
    streams: bool = False
    """The answer never ends."""
    foreign_ok: bool = False
    """Needs no id and answers another tenant with what is that tenant's own."""

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


async def _article(world: World) -> str:
    draft = ArticleDraft(title="Permits", text="A permit.")
    return (await world.services.knowledge.put("default", [draft], "test"))[0].knowledge_id


async def _model(world: World) -> str:
    training, now = world.services.training, world.services.clock.now()
    model = await training.store.add_model("default", passed("ft_one", now))
    await training.deploy("default", model.version, stage=Stage.TOURING, actor="test")
    return model.version


async def _job(world: World) -> str:
    job = await world.services.jobs.enqueue("default", "nothing", {}, actor="test")
    return job.job_id


IDS: dict[str, Maker] = {
    "thread_id": _thread,
    "lead_id": _lead,
    "action_id": _pending,
    "knowledge_id": _article,
    "version": _model,
    "job_id": _job,
}

THREAD: Json = {"thread_id": "{thread_id}"}
CSV = {"file": ("a.csv", b"role,text\nlead,hi\n")}

ROWS = (
    # pages and health
    Row("GET /", OPEN),
    Row("GET /docs", OPEN),
    Row("GET /api/healthz", OPEN),
    Row("GET /api/readyz", OPEN),
    # conversation
    Row("POST /api/agent/start", OPEN, body={}),
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
    Row("GET /api/agent/events", Scope.THREADS_READ, visitor=True, params=THREAD, streams=True),
    # leads and threads
    Row("GET /api/leads/stages", OPEN),
    Row("GET /api/leads/leads/{lead_id}", Scope.LEADS_READ),
    Row("GET /api/leads/threads", Scope.THREADS_READ),
    Row("GET /api/leads/threads/{thread_id}", Scope.THREADS_READ),
    Row("GET /api/leads/threads/{thread_id}/messages", Scope.THREADS_READ),
    # approvals and deliveries
    Row("GET /api/approvals", Scope.APPROVALS_READ),
    Row("GET /api/approvals/{action_id}", Scope.APPROVALS_READ),
    Row(
        "POST /api/approvals/{action_id}/decision",
        Scope.APPROVALS_WRITE,
        body={"decision": "approve"},
        uses_up=True,
    ),
    Row("GET /api/deliveries", Scope.ACTIONS_READ),
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
    Row("GET /api/jobs", OWN),
    Row("GET /api/jobs/{job_id}", OWN),
)  # fmt: skip
