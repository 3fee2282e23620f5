"""A POST with an Idempotency-Key is carried out once, whoever asks how often."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from agent.errors import TooBusy
from agent.idempotency.models import Request
from agent.kit.clock import ManualClock
from agent.services import Services
from graphs.answer import StreamEvent
from graphs.runtime import Runtime
from server.routes import visits
from server.scopes import Scope as KeyScope
from tests.server.parties import Staff, Visitor

START = "/api/agent/start"
STREAM = {"Accept": "text/event-stream"}
Post = Callable[..., Awaitable[httpx.Response]]


def code(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


@pytest.fixture
def post(web: httpx.AsyncClient) -> Post:
    async def post(
        body: dict[str, Any], key: str, path: str = START, **headers: str
    ) -> httpx.Response:
        return await web.post(path, json=body, headers={"Idempotency-Key": key, **headers})

    return post


async def threads(staff: Staff) -> int:
    return len((await staff.read("/api/leads/threads"))["items"])


class TestTheSameAgain:
    async def test_has_the_first_answer(self, post: Post, staff: Staff) -> None:
        body = {"message": "Hi", "source": "page"}
        first = await post(body, "one")
        again = await post(dict(reversed(body.items())), "one")
        assert (first.status_code, again.status_code) == (201, 201)
        assert again.content == first.content
        assert again.headers["content-type"] == first.headers["content-type"]
        assert "idempotent-replayed" not in first.headers
        assert again.headers["idempotent-replayed"] == "true"
        assert again.headers["X-Trace-Id"] != first.headers["X-Trace-Id"]
        assert await threads(staff) == 1

    async def test_of_twenty_at_once_one_runs(self, post: Post, staff: Staff) -> None:
        answers = await asyncio.gather(*(post({"message": "Hi"}, "one") for _ in range(20)))
        done = [answer for answer in answers if answer.status_code == 201]
        refused = [answer for answer in answers if answer.status_code == 409]
        assert len({answer.content for answer in done}) == 1
        assert len(done) + len(refused) == 20
        for answer in refused:
            assert code(answer) == "idempotency_in_flight"
            assert answer.headers["Retry-After"] == "1"
        assert await threads(staff) == 1
        assert (await post({"message": "Hi"}, "one")).content == done[0].content

    async def test_is_kept_for_a_day_and_not_for_ever(
        self, post: Post, staff: Staff, clock: ManualClock
    ) -> None:
        first = await post({}, "one")
        clock.advance(timedelta(hours=24))
        assert (await post({}, "one")).content == first.content
        clock.advance(timedelta(hours=2))
        assert (await post({}, "one")).content != first.content
        assert await threads(staff) == 2

    async def test_keeps_nothing_that_can_be_read(
        self, post: Post, services: Services, staff: Staff
    ) -> None:
        first = (await post({"lead": {"email": "sam@lee.example"}}, "secret-key")).json()
        (row,) = await services.repository.across_tenants("idempotency").find({})
        stored = repr(row)
        for secret in (first["visitor_token"], first["thread_id"], "sam@", "secret-key"):
            assert secret not in stored


class TestAnotherRequest:
    async def test_under_the_same_key_is_refused(self, post: Post, visitor: Visitor) -> None:
        await post({"message": "Hi"}, "one")
        for answer in (
            await post({"message": "Hello"}, "one"),
            await post({"message": "Hi", "source": None}, "one"),
            await post({"message": "Hi"}, "one", f"{START}?more=1"),
        ):
            assert (answer.status_code, code(answer)) == (422, "idempotency_key_reused")

    async def test_of_another_caller_is_another(
        self, post: Post, staff: Staff, demo: Services
    ) -> None:
        _, other = await demo.keys.issue("default", "other", [KeyScope.THREADS_WRITE])
        answers = [
            await post({}, "one"),
            await post({}, "one", **{"User-Agent": "another program"}),
            await post({}, "one", **staff.headers),
            await post({}, "one", Authorization=f"Bearer {other}"),
        ]
        assert len({answer.json()["thread_id"] for answer in answers}) == 4

    async def test_of_a_neighbour_with_the_same_poor_key_is_another(self, app: FastAPI) -> None:
        async def start(port: int, key: str, **headers: str) -> str:
            neighbour = httpx.ASGITransport(app, client=("10.0.0.9", port))
            async with httpx.AsyncClient(transport=neighbour, base_url="http://here") as web:
                said = headers | {"Idempotency-Key": key}
                return str((await web.post(START, json={}, headers=said)).json()["thread_id"])

        assert await start(4711, "1") == await start(4711, "1")
        assert await start(4711, "1") != await start(4712, "1")
        proxied = {"X-Forwarded-For": "203.0.113.7"}
        assert await start(4711, "1", **proxied) != await start(4711, "1", **proxied)
        assert await start(0, "1") != await start(0, "1")
        strong = "0b5c3f3a-6a0e-4c2e-9a58-2f9d7f1e0c11"
        assert await start(4711, strong) == await start(4712, strong)

    async def test_of_a_stranger_learns_nothing(self, post: Post, staff: Staff) -> None:
        await post({}, "one", **staff.headers)
        answer = await post({}, "one", Authorization="Bearer lk_wrong")
        assert (answer.status_code, code(answer)) == (401, "key_invalid")


class TestAKey:
    @pytest.mark.parametrize("key", ["", "   ", "x" * 256, "a\tb", "a\x7f", "caf\xe9"])
    async def test_must_be_printable_and_short(
        self, web: httpx.AsyncClient, key: str, staff: Staff
    ) -> None:
        headers = [(b"Idempotency-Key", key.encode("latin-1"))]
        answer = await web.post(START, json={}, headers=headers)
        assert (answer.status_code, code(answer)) == (422, "idempotency_key_invalid")
        assert await threads(staff) == 0

    async def test_comes_once(self, web: httpx.AsyncClient) -> None:
        headers = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
        answer = await web.post(START, json={}, headers=headers)
        assert (answer.status_code, code(answer)) == (422, "idempotency_key_invalid")

    async def test_of_255_characters_is_taken(self, post: Post) -> None:
        key = "$where{'../" + "~" * 244
        assert (await post({}, key)).content == (await post({}, key)).content

    async def test_matters_on_no_other_method(self, staff: Staff) -> None:
        for key in ("one", ""):
            headers = staff.headers | {"Idempotency-Key": key}
            answer = await staff.web.get("/api/leads/threads", headers=headers)
            assert answer.status_code == 200

    async def test_that_is_absent_costs_nothing(
        self, web: httpx.AsyncClient, services: Services
    ) -> None:
        await web.post(START, json={})
        assert await services.repository.across_tenants("idempotency").count({}) == 0


class TestWhatWasNotCarriedOut:
    async def test_may_come_again_mended(self, post: Post) -> None:
        for bad in ({"nothing": 1}, {"message": " "}, {"message": "x" * 8001}):
            assert (await post(bad, "one")).status_code in (413, 422)
        answer = await post({"message": "Hi"}, "one")
        assert answer.status_code == 201

    async def test_is_forgotten_when_the_answer_is_come_again(
        self, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def busy(*_: object) -> None:
            raise TooBusy("server_busy", "Come again.", retry_after=3)

        with monkeypatch.context() as patched:
            patched.setattr(visits, "require_origin", busy)
            assert (await post({}, "one")).status_code == 429
        assert (await post({}, "one")).status_code == 201

    async def test_is_not_known_when_it_broke(
        self, post: Post, monkeypatch: pytest.MonkeyPatch, staff: Staff
    ) -> None:
        def broken(*_: object) -> None:
            raise RuntimeError("a bug")

        with monkeypatch.context() as patched:
            patched.setattr(visits, "require_origin", broken)
            first = await post({}, "one")
        again = await post({}, "one")
        assert (first.status_code, again.status_code) == (500, 500)
        assert again.content == first.content
        assert await threads(staff) == 0

    async def test_of_a_dead_process_is_taken_over(
        self, services: Services, post: Post, clock: ManualClock, staff: Staff
    ) -> None:
        await services.idempotency.claim(Request("default", "key:admin", "one"), None)
        waiting = await post({}, "one", **staff.headers)
        assert (waiting.status_code, code(waiting)) == (409, "idempotency_in_flight")
        clock.advance(timedelta(seconds=31))
        answers = await asyncio.gather(*(post({}, "one", **staff.headers) for _ in range(5)))
        assert {answer.status_code for answer in answers} <= {201, 409}
        assert await threads(staff) == 1


class TestAStream:
    async def test_comes_again_as_it_was(self, visitor: Visitor, staff: Staff) -> None:
        async def say() -> httpx.Response:
            return await visitor.web.post(
                "/api/agent/reply",
                json={"thread_id": visitor.thread_id, "message": "Hi there"},
                headers=visitor.headers | STREAM | {"Idempotency-Key": "one"},
            )

        first, again = await say(), await say()
        assert first.headers["content-type"] == again.headers["content-type"]
        assert first.text == again.text
        assert "event: done" in first.text
        path = f"/api/leads/threads/{visitor.thread_id}/messages"
        roles = [line["role"] for line in (await staff.read(path))["items"]]
        assert roles == ["agent", "lead", "agent"]

    async def test_that_was_cut_off_goes_on_as_the_same_message(
        self, visitor: Visitor, staff: Staff, services: Services
    ) -> None:
        headers = visitor.headers | STREAM | {"Idempotency-Key": "one"}
        body = {"thread_id": visitor.thread_id, "message": "Hi there"}
        first = await visitor.web.post("/api/agent/reply", json=body, headers=headers)
        # as if its process had died before the answer was kept
        rows = services.repository.scoped("idempotency", "default")
        await rows.delete_many({"request_id": {"$ne": ""}})
        again = await visitor.web.post("/api/agent/reply", json=body, headers=headers)
        assert "idempotent-replayed" not in again.headers
        assert again.text.splitlines()[-2] == first.text.splitlines()[-2]
        path = f"/api/leads/threads/{visitor.thread_id}/messages"
        assert len((await staff.read(path))["items"]) == 3

    async def test_that_failed_is_not_kept(
        self, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def failing(*_: object, **__: object) -> AsyncIterator[StreamEvent]:
            yield StreamEvent("accepted", {})
            yield StreamEvent("error", {"code": "model_away"})

        headers = visitor.headers | STREAM | {"Idempotency-Key": "one"}
        body = {"thread_id": visitor.thread_id, "message": "Hi there"}
        with monkeypatch.context() as patched:
            patched.setattr(Runtime, "stream", failing)
            first = await visitor.web.post("/api/agent/reply", json=body, headers=headers)
        again = await visitor.web.post("/api/agent/reply", json=body, headers=headers)
        assert "event: error" in first.text
        assert "event: done" in again.text


class TestAFile:
    PATH = "/api/training/ingest-csv"

    async def send(self, staff: Staff, text: str, key: str = "one") -> httpx.Response:
        return await staff.web.post(
            self.PATH,
            files={"file": ("a.csv", text.encode())},
            headers=staff.headers | {"Idempotency-Key": key},
        )

    async def test_is_known_by_its_bytes(self, staff: Staff) -> None:
        text = "role,text\nlead,hi\n" * 9000
        first, again = await self.send(staff, text), await self.send(staff, text)
        assert (first.status_code, again.status_code) == (202, 202)
        assert again.content == first.content
        assert again.headers["idempotent-replayed"] == "true"
        other = await self.send(staff, text + "lead,bye\n")
        assert (other.status_code, code(other)) == (422, "idempotency_key_reused")

    async def test_that_was_refused_may_come_again(self, staff: Staff) -> None:
        refused = await staff.web.post(
            self.PATH,
            files={"nofile": ("a.csv", b"x")},
            headers=staff.headers | {"Idempotency-Key": "one"},
        )
        assert refused.status_code == 422
        assert (await self.send(staff, "role,text\nlead,hi\n")).status_code == 202
