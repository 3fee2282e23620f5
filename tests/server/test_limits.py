import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from agent.kit.clock import ManualClock
from agent.services import Services
from agent.tenants.models import RateLimits
from server.scopes import Scope
from server.state import State
from tests.server.parties import Visitor

HERE = "http://latchkey.test"
BROWSER = {"Origin": HERE}

Limit = Callable[[RateLimits], Awaitable[None]]


@pytest.fixture
async def limit(demo: Services) -> Limit:
    async def limit(rates: RateLimits) -> None:
        tenant = await demo.tenants.tenant("default")
        await demo.tenants.put(tenant.model_copy(update={"limits": rates}))

    return limit


async def say(web: httpx.AsyncClient, visitor: Visitor, headers: dict[str, str]) -> httpx.Response:
    return await web.post(
        "/api/agent/reply",
        json={"thread_id": visitor.thread_id, "message": "hello"},
        headers={"Authorization": f"Bearer {visitor.token}", **headers},
    )


async def test_a_browser_is_told_to_wait(
    web: httpx.AsyncClient, visitor: Visitor, limit: Limit, clock: ManualClock
) -> None:
    await limit(RateLimits(thread_messages_per_minute=2))
    first = await say(web, visitor, BROWSER)
    assert first.status_code == 200
    assert first.headers["RateLimit-Limit"] == "2"
    assert first.headers["RateLimit-Remaining"] == "1"
    assert first.headers["RateLimit-Policy"] == "2;w=60"
    clock.advance(timedelta(seconds=15))
    assert (await say(web, visitor, BROWSER)).status_code == 200
    refused = await say(web, visitor, BROWSER)
    assert refused.status_code == 429
    problem = refused.json()["error"]
    assert problem["code"] == "rate_limited"
    assert problem["details"] == [{"limit": "thread_messages_per_minute"}]
    assert refused.headers["Retry-After"] == "45"
    assert refused.headers["RateLimit-Remaining"] == "0"
    clock.advance(timedelta(seconds=45))
    assert (await say(web, visitor, BROWSER)).status_code == 200


async def test_a_stream_is_refused_before_it_begins(
    web: httpx.AsyncClient, visitor: Visitor, limit: Limit
) -> None:
    await limit(RateLimits(thread_messages_per_minute=1))
    stream = {**BROWSER, "Accept": "text/event-stream"}
    first = await say(web, visitor, stream)
    assert (first.status_code, first.headers["RateLimit-Remaining"]) == (200, "0")
    assert (await say(web, visitor, stream)).status_code == 429


async def test_an_address_is_counted_over_its_threads(app: FastAPI, limit: Limit) -> None:
    await limit(RateLimits(address_messages_per_minute=2))
    for address, answers in (("198.51.100.1", [200, 200, 429]), ("198.51.100.2", [200])):
        transport = httpx.ASGITransport(app, client=(address, 40000))
        async with httpx.AsyncClient(transport=transport, base_url=HERE) as web:
            got = [
                (await say(web, await Visitor.arrive(web), BROWSER)).status_code for _ in answers
            ]
        assert got == answers


async def test_new_threads_of_an_address(web: httpx.AsyncClient, clock: ManualClock) -> None:
    """By the defaults: ten an hour."""
    for _ in range(10):
        answer = await web.post("/api/agent/start", json={}, headers=BROWSER)
        assert answer.status_code == 201
    refused = await web.post("/api/agent/start", json={}, headers=BROWSER)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3600")
    assert (await web.post("/api/agent/start", json={})).status_code == 201
    clock.advance(timedelta(hours=1))
    assert (await web.post("/api/agent/start", json={}, headers=BROWSER)).status_code == 201


async def test_a_program_is_not_limited_and_pays_nothing(
    web: httpx.AsyncClient,
    visitor: Visitor,
    demo: Services,
    limit: Limit,
) -> None:
    await limit(RateLimits(thread_messages_per_minute=1, address_messages_per_minute=1))
    rows = demo.repository.scoped("rate_windows", "default")
    _, key = await demo.keys.issue("default", "crm", [Scope.THREADS_WRITE])
    for _ in range(3):
        assert (await say(web, visitor, {})).status_code == 200
    answer = await say(web, visitor, {"Authorization": f"Bearer {key}"})
    assert answer.status_code == 200
    assert "RateLimit-Limit" not in answer.headers
    assert await rows.find({}) == []


async def test_a_key_has_a_limit_of_its_own(
    web: httpx.AsyncClient, visitor: Visitor, demo: Services, limit: Limit
) -> None:
    await limit(RateLimits(key_requests_per_minute=1, thread_messages_per_minute=1))
    _, crm = await demo.keys.issue("default", "crm", [Scope.THREADS_WRITE])
    _, other = await demo.keys.issue("default", "other", [Scope.THREADS_WRITE])
    said = [
        (await say(web, visitor, {"Authorization": f"Bearer {key}"})).status_code
        for key in (crm, crm, other)
    ]
    assert said == [200, 429, 200]


async def test_a_browser_costs_one_write_a_limit(
    web: httpx.AsyncClient, visitor: Visitor, demo: Services
) -> None:
    await say(web, visitor, BROWSER)
    rows = await demo.repository.scoped("rate_windows", "default").find({})
    assert len(rows) == 2
    assert all(len(row["hits"]) == 1 for row in rows)


async def test_no_limits_at_all(web: httpx.AsyncClient, visitor: Visitor, limit: Limit) -> None:
    await limit(
        RateLimits(
            address_messages_per_minute=0, thread_messages_per_minute=0, address_threads_per_hour=0
        )
    )
    answer = await say(web, visitor, BROWSER)
    assert answer.status_code == 200
    assert "RateLimit-Limit" not in answer.headers


async def test_a_visitor_listens_in_so_many_places(
    live: httpx.AsyncClient, limit: Limit, state: State
) -> None:
    await limit(RateLimits(visitor_streams=2))
    visitor, other = await Visitor.arrive(live), await Visitor.arrive(live)
    lines: list[AsyncIterator[str]] = []
    async with contextlib.AsyncExitStack() as stack:

        async def listen(who: Visitor) -> httpx.Response:
            stream = live.stream("GET", "/api/agent/events", headers=who.headers)
            answer = await stack.enter_async_context(stream)
            if answer.status_code == 200:
                # the answer ends with its iterator
                lines.append(answer.aiter_lines())
                assert await anext(lines[-1]) == ": hello"
            return answer

        assert [(await listen(visitor)).status_code for _ in range(2)] == [200, 200]
        refused = await listen(visitor)
        assert refused.status_code == 429
        assert (await refused.aread()).find(b"streams_full") > 0
        assert refused.headers["Retry-After"] == "5"
        assert (await listen(other)).status_code == 200
        assert state.broadcast.listeners(("default", visitor.thread_id)) == 2


async def test_a_visitor_who_opens_many_streams_at_once_has_no_more(
    live: httpx.AsyncClient, limit: Limit, state: State
) -> None:
    await limit(RateLimits(visitor_streams=2))
    visitor = await Visitor.arrive(live)
    async with contextlib.AsyncExitStack() as stack:

        async def listen() -> int:
            stream = live.stream("GET", "/api/agent/events", headers=visitor.headers)
            return (await stack.enter_async_context(stream)).status_code

        answers = await asyncio.gather(*(listen() for _ in range(12)))
    assert sorted(answers) == [200] * 2 + [429] * 10
    assert state.broadcast.listeners(("default", visitor.thread_id)) <= 2
