from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from agent.jobs.models import Job
from agent.jobs.step import Step
from agent.kit.clock import ManualClock
from agent.knowledge.models import ArticleDraft
from agent.services import Services
from agent.tenants.models import Tenant
from agent.threads.models import Stage
from server.jobs import KINDS, Kind
from server.scopes import Scope
from server.state import State
from server.visitors import Visitors
from tests.agent.training.versions import passed
from tests.server.parties import Staff, Visitor

ORIGIN = "https://homes.example"

OPEN = {
    "GET /api/healthz",
    "GET /api/readyz",
    "GET /api/leads/stages",
    "POST /api/agent/start",
}
VISITOR = {"POST /api/agent/token", "GET /api/agent/thread"}
EITHER = {
    "POST /api/agent/reply": Scope.THREADS_WRITE,
    "POST /api/agent/action": Scope.ACTIONS_WRITE,
    "GET /api/agent/events": Scope.THREADS_READ,
}
KEYED = {
    "GET /api/leads/leads/{lead_id}": Scope.LEADS_READ,
    "GET /api/leads/threads": Scope.THREADS_READ,
    "GET /api/leads/threads/{thread_id}": Scope.THREADS_READ,
    "GET /api/leads/threads/{thread_id}/messages": Scope.THREADS_READ,
    "GET /api/approvals": Scope.APPROVALS_READ,
    "GET /api/approvals/{action_id}": Scope.APPROVALS_READ,
    "POST /api/approvals/{action_id}/decision": Scope.APPROVALS_WRITE,
    "GET /api/deliveries": Scope.ACTIONS_READ,
    "GET /api/knowledge": Scope.KNOWLEDGE_READ,
    "GET /api/knowledge/search": Scope.KNOWLEDGE_READ,
    "GET /api/knowledge/{knowledge_id}": Scope.KNOWLEDGE_READ,
    "DELETE /api/knowledge/{knowledge_id}": Scope.KNOWLEDGE_WRITE,
    "GET /api/training/models": Scope.TRAINING_WRITE,
    "POST /api/training/models/{version}/deploy": Scope.TRAINING_WRITE,
    "POST /api/training/models/{version}/rollback": Scope.TRAINING_WRITE,
}
MAKES = {
    "POST /api/knowledge": Scope.KNOWLEDGE_WRITE,
    "POST /api/training/start": Scope.TRAINING_WRITE,
    "POST /api/training/ingest": Scope.TRAINING_WRITE,
    "POST /api/training/ingest-csv": Scope.TRAINING_WRITE,
}
"""These read nothing: what they make is the key's own tenant's."""
OWN = {"GET /api/jobs", "GET /api/jobs/{job_id}"}
"""Any key sees what it started; tests/server/test_jobs.py says what else."""
EVENTS = EITHER["GET /api/agent/events"]
BODIES: dict[str, dict[str, object]] = {
    "POST /api/agent/reply": {"message": "hi"},
    "POST /api/agent/action": {"action": "hand_off", "args": {"reason": "test"}},
    "POST /api/approvals/{action_id}/decision": {"decision": "approve"},
    "POST /api/knowledge": {"title": "Parking", "resolution": "A permit."},
    "POST /api/training/start": {"kind": "nothing"},
    "POST /api/training/ingest": {"threads": []},
    "POST /api/training/models/{version}/rollback": {"stage": "touring"},
}
FILES = {"POST /api/training/ingest-csv": {"file": ("a.csv", b"role,text\nlead,hi\n")}}

Ask = Callable[[str, str | None], Awaitable[httpx.Response]]


@pytest.fixture
async def ask(
    web: httpx.AsyncClient,
    visitor: Visitor,
    staff: Staff,
    demo: Services,
    monkeypatch: pytest.MonkeyPatch,
) -> Ask:
    """Call a route of the tables above about the visitor's thread and its pending tour."""
    monkeypatch.setitem(KINDS, "nothing", Kind(nothing, startable=True))
    pending = await visitor.ask_for_a_tour()
    lead_id = (await demo.threads.get("default", visitor.thread_id)).lead_id
    model = await demo.training.store.add_model("default", passed("ft_one", demo.clock.now()))
    await demo.training.deploy("default", model.version, stage=Stage.TOURING, actor="test")

    draft = ArticleDraft(title="Permits", text="A permit.")
    knowledge_id = (await demo.knowledge.put("default", [draft], "test"))[0].knowledge_id

    async def ask(route: str, credential: str | None) -> httpx.Response:
        method, path = route.split()
        ids = {
            "thread_id": visitor.thread_id,
            "action_id": pending["action_id"],
            "lead_id": lead_id,
        }
        path = path.format(
            **ids, job_id="job_nothing", version=model.version, knowledge_id=knowledge_id
        )
        headers = {"Authorization": f"Bearer {credential}"} if credential else {}
        body = BODIES.get(route)
        if body and "/agent/" in route:
            body = {"thread_id": visitor.thread_id, **body}
        params = {"thread_id": visitor.thread_id} if route.endswith("events") else None
        if route.endswith("/search"):
            params = {"q": "permit"}
        return await web.request(
            method, path, json=body, files=FILES.get(route), params=params, headers=headers
        )

    return ask


async def nothing(services: Services, job: Job, step: Step) -> dict[str, object]:
    return {}


async def a_key(services: Services, *scopes: Scope, tenant: str = "default") -> str:
    _, secret = await services.keys.issue(tenant, "test", scopes)
    return secret


def code(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


def test_every_route_has_a_row(app: FastAPI) -> None:
    """A new route must say here who may use it."""
    routes = {
        f"{method.upper()} {path}"
        for path, methods in app.openapi()["paths"].items()
        for method in methods
    }
    assert routes == OPEN | VISITOR | EITHER.keys() | KEYED.keys() | MAKES.keys() | OWN


def test_no_route_is_hidden_from_the_table(app: FastAPI) -> None:
    hidden = {r.path for r in app.routes if isinstance(r, APIRoute) and not r.include_in_schema}
    assert hidden == {"/", "/docs"}


class TestWithoutACredential:
    async def test_only_the_open_routes_are_open(self, ask: Ask) -> None:
        for route in VISITOR | EITHER.keys() | KEYED.keys() | MAKES.keys() | OWN:
            answer = await ask(route, None)
            assert (answer.status_code, code(answer)) == (401, "credential_missing"), route
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        for route in OPEN:
            body_needed = route.startswith("POST")
            assert (await ask(route, None)).status_code == (422 if body_needed else 200), route

    async def test_a_broken_header_is_refused(self, web: httpx.AsyncClient) -> None:
        for header in ("Bearer", "Bearer ", "Basic YTpi", "bearer x y", "lk_abc", "Bearer \t"):
            answer = await web.get("/api/approvals", headers={"Authorization": header})
            assert answer.status_code == 401, header


class TestAVisitor:
    async def test_never_reads_lists_and_never_decides(
        self, ask: Ask, visitor: Visitor, staff: Staff
    ) -> None:
        for route in KEYED.keys() | MAKES.keys() | OWN:
            answer = await ask(route, visitor.token)
            assert (answer.status_code, code(answer)) == (403, "scope_missing"), route
        (waiting,) = (await staff.read("/api/approvals"))["items"]
        assert waiting["status"] == "pending"

    async def test_of_another_thread_learns_nothing(self, ask: Ask, web: httpx.AsyncClient) -> None:
        stranger = await Visitor.arrive(web)
        for route in EITHER:
            answer = await ask(route, stranger.token)
            assert (answer.status_code, code(answer)) == (404, "thread_not_found"), route

    async def test_an_unknown_and_a_foreign_thread_look_alike(
        self, web: httpx.AsyncClient, visitor: Visitor
    ) -> None:
        stranger = await Visitor.arrive(web)
        answers = [
            await stranger.post("/api/agent/reply", {"thread_id": thread_id, "message": "hi"})
            for thread_id in (visitor.thread_id, "thr_nothing")
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        messages = [answer.json()["error"]["message"] for answer in answers]
        assert messages[0].replace(visitor.thread_id, "thr_nothing") == messages[1]

    async def test_token_expires_and_can_be_renewed(
        self, visitor: Visitor, clock: ManualClock
    ) -> None:
        clock.advance(timedelta(minutes=100))
        answer = await visitor.post("/api/agent/token", {})
        assert answer.status_code == 200
        renewed = Visitor(visitor.web, visitor.thread_id, answer.json()["visitor_token"], {})
        clock.advance(timedelta(minutes=21))
        expired = await visitor.post("/api/agent/token", {})
        assert (expired.status_code, code(expired)) == (401, "token_expired")
        assert (await renewed.thread())["thread_id"] == visitor.thread_id

    async def test_a_forged_token_is_refused(
        self, web: httpx.AsyncClient, visitor: Visitor
    ) -> None:
        cut = visitor.token[:-6] + "AAAAAA"
        for token in ("x", "a.b.c", "lk_" + "a" * 43, "e" * 5000, cut):
            answer = await web.get(
                "/api/agent/thread", headers={"Authorization": f"Bearer {token}"}
            )
            assert answer.status_code == 401

    async def test_a_token_of_another_server_is_refused(
        self, web: httpx.AsyncClient, visitor: Visitor, state: State
    ) -> None:
        elsewhere = Visitors(b"x" * 32, state.services.clock)
        token = elsewhere.issue("default", visitor.thread_id, None).token
        answer = await web.get("/api/agent/thread", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, code(answer)) == (401, "token_invalid")


class TestAToken:
    async def arrive(self, web: httpx.AsyncClient) -> Visitor:
        answer = await web.post("/api/agent/start", json={}, headers={"Origin": ORIGIN})
        started = answer.json()
        return Visitor(web, started["thread_id"], started["visitor_token"], started)

    async def test_issued_to_a_page_works_on_no_other(self, web: httpx.AsyncClient) -> None:
        visitor = await self.arrive(web)
        for origin in (None, "https://elsewhere.example", "null", ORIGIN + ":444"):
            headers = visitor.headers | ({"Origin": origin} if origin else {})
            body = {"thread_id": visitor.thread_id, "message": "hi"}
            for answer in (
                await web.post("/api/agent/reply", json=body, headers=headers),
                await web.post("/api/agent/token", headers=headers),
                await web.get("/api/agent/thread", headers=headers),
            ):
                assert (answer.status_code, code(answer)) == (401, "token_origin_wrong")

    async def test_works_on_its_page_and_stays_bound_when_renewed(
        self, web: httpx.AsyncClient
    ) -> None:
        visitor = await self.arrive(web)
        headers = visitor.headers | {"Origin": ORIGIN}
        assert (await web.get("/api/agent/thread", headers=headers)).status_code == 200
        renewed = await web.post("/api/agent/token", headers=headers)
        token = renewed.json()["visitor_token"]
        answer = await web.get("/api/agent/thread", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401

    async def test_of_our_own_page_works_without_the_header_a_browser_leaves_out(
        self, web: httpx.AsyncClient
    ) -> None:
        own = str(web.base_url).rstrip("/")
        started = (await web.post("/api/agent/start", json={}, headers={"Origin": own})).json()
        headers = {"Authorization": f"Bearer {started['visitor_token']}"}
        assert (await web.get("/api/agent/thread", headers=headers)).status_code == 200


class TestAKey:
    async def test_needs_the_scope_of_the_route(self, ask: Ask, demo: Services) -> None:
        for route, scope in (EITHER | KEYED | MAKES).items():
            others = await a_key(demo, *(set(Scope) - {scope}))
            answer = await ask(route, others)
            assert (answer.status_code, code(answer)) == (403, "scope_missing"), route
            assert scope in answer.json()["error"]["message"]

    async def test_with_just_the_scope_comes_in(self, ask: Ask, demo: Services) -> None:
        # the events route never ends; it is tested as a stream
        for route, scope in (EITHER | KEYED | MAKES).items() - {("GET /api/agent/events", EVENTS)}:
            answer = await ask(route, await a_key(demo, scope))
            assert answer.is_success, (route, answer.text)

    async def test_of_another_tenant_finds_nothing(self, ask: Ask, demo: Services) -> None:
        await demo.tenants.put(Tenant(tenant_id="other", name="Other"))
        foreign = await a_key(demo, *Scope, tenant="other")
        for route in EITHER | KEYED:
            answer = await ask(route, foreign)
            if answer.status_code == 200:
                assert answer.json() == {"items": [], "next_cursor": None}, route
            else:
                assert answer.status_code == 404, route

    async def test_is_no_visitor(self, ask: Ask, demo: Services) -> None:
        for route in VISITOR:
            answer = await ask(route, await a_key(demo, *Scope))
            assert (answer.status_code, code(answer)) == (403, "visitor_only")

    async def test_revoked_or_unknown_is_refused(self, ask: Ask, demo: Services) -> None:
        key, secret = await demo.keys.issue("default", "test", Scope)
        await demo.keys.revoke("default", key.key_id)
        for credential in (secret, "lk_unknown"):
            answer = await ask("GET /api/approvals", credential)
            assert (answer.status_code, code(answer)) == (401, "key_invalid")

    async def test_starts_conversations_of_its_own_tenant(
        self, web: httpx.AsyncClient, demo: Services
    ) -> None:
        await demo.tenants.put(Tenant(tenant_id="other", name="Other"))
        secret = await a_key(demo, Scope.THREADS_WRITE, Scope.THREADS_READ, tenant="other")
        other = Staff(web, secret)
        started = await other.post("/api/agent/start", {})
        assert started.status_code == 201
        thread = await other.read(f"/api/leads/threads/{started.json()['thread_id']}")
        assert thread["community_id"] == "default"
        refused = await other.post("/api/agent/start", {"community": "cedar-mesa"})
        assert refused.status_code == 404

    async def test_without_the_scope_starts_none(
        self, web: httpx.AsyncClient, demo: Services
    ) -> None:
        reader = Staff(web, await a_key(demo, Scope.THREADS_READ))
        assert (await reader.post("/api/agent/start", {})).status_code == 403
