from datetime import timedelta

import httpx

from agent.kit.clock import ManualClock
from agent.services import Services
from agent.tenants.models import Tenant
from server.scopes import Scope
from server.state import State
from server.visitors import Visitors
from tests.server.parties import Staff, Visitor

ORIGIN = "https://homes.example"


async def a_key(services: Services, *scopes: Scope, tenant: str = "default") -> str:
    _, secret = await services.keys.issue(tenant, "test", scopes)
    return secret


def code(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


class TestWithoutACredential:
    async def test_a_broken_header_is_refused(self, web: httpx.AsyncClient) -> None:
        for header in ("Bearer", "Bearer ", "Basic YTpi", "bearer x y", "lk_abc", "Bearer \t"):
            answer = await web.get("/api/approvals", headers={"Authorization": header})
            assert answer.status_code == 401, header


class TestAVisitor:
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
    async def test_revoked_or_unknown_is_refused(
        self, web: httpx.AsyncClient, demo: Services
    ) -> None:
        key, secret = await demo.keys.issue("default", "test", Scope)
        await demo.keys.revoke("default", key.key_id)
        for credential in (secret, "lk_unknown"):
            answer = await Staff(web, credential).get("/api/approvals")
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
