"""Who may use which route. Every route has one row here; test_matrix.py asks each row by all.

A new route: add a `Row`. Write `{name}` for an id wherever the request needs one (path, body,
params); `IDS` of ids.py says how such a thing is made for the tenant `default`. A new kind of id:
add its maker there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from server.scopes import Scope
from tests.server.ids import (
    PASSWORD,
    Maker,
    entry,
    other_entry,
    pending_ticket,
    reachable,
    resolved_ticket,
    undoable,
    waiting_thread,
)
from tests.server.parties import Json


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
        ids={"action_id": undoable},
        uses_up=True,
    ),
    # tours
    Row("GET /api/tours", Scope.TOURS_READ),
    Row("GET /api/tours/slots", Scope.TOURS_READ, params={"listing_id": "{home_id}"}),
    Row(
        "POST /api/tours",
        Scope.TOURS_WRITE,
        body={"thread_id": "{reachable_id}", "listing_id": "{home_id}", "slot_id": "{slot_id}"},
        ids={"reachable_id": reachable},
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
        ids={"thread_id": waiting_thread},
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
        ids={"knowledge_id": entry},
        uses_up=True,
    ),
    Row(
        "POST /api/knowledge/{knowledge_id}/merge",
        Scope.KNOWLEDGE_WRITE,
        body={"into": "{other_id}"},
        ids={"knowledge_id": entry, "other_id": other_entry},
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
        ids={"ticket_id": resolved_ticket},
    ),
    Row(
        "PATCH /api/tickets/{ticket_id}/status",
        Scope.TICKETS_REVIEW,
        body={"status": "in_progress"},
        ids={"ticket_id": pending_ticket},
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
