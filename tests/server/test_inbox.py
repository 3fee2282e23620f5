"""The events of a whole tenant, as staff hear them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from agent.services import Services
from agent.tenants.models import Tenant
from server.scopes import Scope
from tests.server.parties import Staff, Visitor

Heard = tuple[str, str, dict[str, Any]]
"""(id, type, data)"""


@asynccontextmanager
async def listening(
    live: httpx.AsyncClient, key: str, last: str | None = None
) -> AsyncIterator[AsyncIterator[Heard]]:
    headers = {"Authorization": f"Bearer {key}"} | ({"Last-Event-ID": last} if last else {})
    async with live.stream("GET", "/api/events", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")

        async def events() -> AsyncIterator[Heard]:
            fields: dict[str, str] = {}
            async for line in answer.aiter_lines():
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif "event" in fields:
                    yield fields["id"], fields["event"], json.loads(fields["data"])
                    fields = {}

        yield events()


async def until(events: AsyncIterator[Heard], kind: str) -> Heard:
    async with asyncio.timeout(60):
        async for heard in events:
            if heard[1] == kind:
                return heard
    raise AssertionError(f"no {kind}")


async def test_staff_hear_every_thread_and_go_on_where_they_were(
    live: httpx.AsyncClient, staff: Staff, web: httpx.AsyncClient
) -> None:
    async with listening(live, staff.key) as events:
        first = await Visitor.arrive(web)
        started = await until(events, "thread.started")
        assert started[2]["thread_id"] == first.thread_id
        await first.say("Hi")
        last_id, _, data = await until(events, "message")
        assert data["message"]["role"] == "agent"
        assert data["event_id"].startswith(first.thread_id)
    second = await Visitor.arrive(web)
    async with listening(live, staff.key, last_id) as events:
        heard = [await until(events, "thread.started") for _ in range(2)]
        assert second.thread_id in {each[2]["thread_id"] for each in heard}


async def test_another_tenant_hears_nothing_of_it(
    live: httpx.AsyncClient, demo: Services, web: httpx.AsyncClient
) -> None:
    await demo.tenants.put(Tenant(tenant_id="other", name="Other"))
    _, key = await demo.keys.issue("other", "test", [Scope.THREADS_READ])
    async with listening(live, key) as events:
        await Visitor.arrive(web)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(events), 0.7)


@pytest.mark.parametrize("value", ["x", "-1", "a" * 41, "5 6", "$ne"])
async def test_a_foreign_id_is_refused(staff: Staff, value: str) -> None:
    headers = staff.headers | {"Last-Event-ID": value}
    answer = await staff.web.get("/api/events", headers=headers)
    assert answer.status_code == 422, value
