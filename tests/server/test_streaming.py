import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from agent.errors import Unavailable
from agent.events.models import Event as Happening
from agent.services import Services
from agent.threads.models import Message, Role
from agent.threads.store import ThreadStore
from server.sse import tail
from server.state import State
from tests.server.parties import Staff, Visitor

STREAM = {"Accept": "text/event-stream"}
Event = dict[str, Any]


async def parsed(response: httpx.Response) -> AsyncIterator[Event]:
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        name, _, value = line.partition(": ")
        if line and name:
            fields[name] = value
        elif "event" in fields:
            yield {**fields, "data": json.loads(fields["data"])}
            fields = {}


async def until(events: AsyncIterator[Event], kind: str) -> list[Event]:
    """Everything up to the first event of `kind`."""
    found: list[Event] = []
    async with asyncio.timeout(60):
        async for event in events:
            found.append(event)
            if event["event"] == kind:
                return found
    raise AssertionError(f"the stream ended before {kind}")


class TestAReplyAsEvents:
    async def stream(self, visitor: Visitor, **body: Any) -> list[Event]:
        body = {"thread_id": visitor.thread_id, **body}
        headers = visitor.headers | STREAM
        async with visitor.web.stream(
            "POST", "/api/agent/reply", json=body, headers=headers
        ) as response:
            assert response.headers["Content-Type"].startswith("text/event-stream")
            assert response.headers["Cache-Control"] == "no-store"
            return [event async for event in parsed(response)]

    async def test_tells_the_same_as_the_answer(self, visitor: Visitor) -> None:
        text = "two bedrooms in Portland under 3000"
        events = await self.stream(visitor, message=text, message_id="m-1")
        kinds = [event["event"] for event in events]
        assert kinds[0] == "accepted"
        assert kinds[-1] == "done"
        assert {"stage", "token", "listings"} <= set(kinds)
        done = events[-1]["data"]
        spoken = "".join(e["data"]["text"] for e in events if e["event"] == "token")
        assert spoken == done["reply"]
        assert done == await visitor.say(text, message_id="m-1")

    async def test_a_refusal_is_an_ordinary_answer(self, visitor: Visitor) -> None:
        for body, status in (
            ({"thread_id": visitor.thread_id, "message": ""}, 422),
            ({"thread_id": "thr_other", "message": "hi"}, 404),
            ({"thread_id": visitor.thread_id, "message": "x" * 8001}, 413),
        ):
            answer = await visitor.web.post(
                "/api/agent/reply", json=body, headers=visitor.headers | STREAM
            )
            assert answer.status_code == status
            assert answer.json()["error"]["code"]

    async def test_hanging_up_loses_nothing(self, live: httpx.AsyncClient, demo: Services) -> None:
        visitor = await Visitor.arrive(live)
        body = {"thread_id": visitor.thread_id, "message": "hello", "message_id": "m-1"}
        headers = visitor.headers | STREAM
        async with live.stream("POST", "/api/agent/reply", json=body, headers=headers) as response:
            await until(parsed(response), "accepted")
        answer = await visitor.say("hello", message_id="m-1")
        assert answer["reply"]
        roles = [message["role"] for message in (await visitor.thread())["messages"]]
        assert roles == ["agent", "lead", "agent"]


class TestListening:
    @contextlib.asynccontextmanager
    async def listen(
        self, visitor: Visitor, after: int | None = None, headers: dict[str, str] | None = None
    ) -> AsyncIterator[AsyncIterator[Event]]:
        headers = (headers or visitor.headers) | STREAM
        if after is not None:
            headers["Last-Event-ID"] = str(after)
        params = {"thread_id": visitor.thread_id}
        async with visitor.web.stream(
            "GET", "/api/agent/events", params=params, headers=headers
        ) as response:
            assert response.status_code == 200, await response.aread()
            yield parsed(response)

    async def test_hears_the_approval_and_the_news(
        self, live: httpx.AsyncClient, staff: Staff
    ) -> None:
        visitor = await Visitor.arrive(live)
        pending = await visitor.ask_for_a_tour()
        async with self.listen(visitor) as events:
            before = await until(events, "tour.proposed")
            decision = asyncio.create_task(staff.decide(pending["action_id"], "approve"))
            news = await until(events, "tour.booked")
            last = await until(events, "message")
            assert (await decision).status_code == 200
        assert before[0]["event"] == "thread.started"
        decided = next(event for event in news if event["event"] == "approval.decided")
        assert decided["data"]["status"] == "approved"
        told = last[-1]["data"]["message"]
        assert (told["role"], "why" in told) == ("agent", False)
        assert "booked" in told["text"].lower()

    async def test_goes_on_after_the_last_event(self, live: httpx.AsyncClient) -> None:
        visitor = await Visitor.arrive(live)
        await visitor.say("hello")
        async with self.listen(visitor) as events:
            first = await until(events, "message")
        await visitor.say("two bedrooms in Portland")
        async with self.listen(visitor, after=int(first[-1]["id"])) as events:
            rest = await until(events, "message")
        ids = [int(event["id"]) for event in (*first, *rest)]
        assert ids == list(range(len(ids)))

    async def test_a_last_event_of_the_future_waits_for_it(self, live: httpx.AsyncClient) -> None:
        visitor = await Visitor.arrive(live)
        await visitor.say("hello")
        async with self.listen(visitor, after=10_000) as events:
            try:
                async with asyncio.timeout(0.5):
                    raise AssertionError(await anext(events))
            except TimeoutError:
                pass

    async def test_a_key_listens_too(self, live: httpx.AsyncClient, staff: Staff) -> None:
        visitor = await Visitor.arrive(live)
        async with self.listen(visitor, headers=staff.headers) as events:
            assert (await anext(events))["event"] == "thread.started"

    async def test_a_stopping_server_says_come_back(
        self, live: httpx.AsyncClient, state: State
    ) -> None:
        visitor = await Visitor.arrive(live)
        async with self.listen(visitor) as events:
            await until(events, "thread.started")
            os.kill(os.getpid(), signal.SIGTERM)
            assert (await until(events, "restart"))[-1]["data"] == {}
        assert state.draining.is_set()

    async def test_a_staff_line_is_heard(
        self, live: httpx.AsyncClient, demo: Services, state: State
    ) -> None:
        visitor = await Visitor.arrive(live)
        line = Message(
            message_id="staff-1", turn_index=0, role=Role.STAFF, text="Hi, this is Ana.",
            timestamp=demo.clock.now(),
        )  # fmt: skip
        news = Happening(type="message", data={"message_id": "staff-1"})
        await demo.threads.add("default", visitor.thread_id, [line], [news])
        async with self.listen(visitor) as events:
            heard = (await until(events, "message"))[-1]["data"]["message"]
        assert (heard["role"], heard["text"]) == ("staff", "Hi, this is Ana.")

    async def test_pings_when_nothing_happens(self, visitor: Visitor, state: State) -> None:
        frames = tail(
            state.services, state.broadcast, ("default", visitor.thread_id), after=10_000,
            draining=state.draining, ping_seconds=0.1,
        )  # fmt: skip
        async with asyncio.timeout(60):
            assert await anext(frames) == ": hello\n\n"
            assert await anext(frames) == ": ping\n\n"
        await frames.aclose()

    async def test_comes_to_its_end_when_the_words_of_a_line_cannot_be_read(
        self, visitor: Visitor, state: State, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def away(*_: object) -> None:
            raise Unavailable("database_unavailable", "Away.")

        await visitor.say("hello")
        monkeypatch.setattr(ThreadStore, "message", away)
        frames = tail(
            state.services, state.broadcast, ("default", visitor.thread_id), after=-1,
            draining=state.draining,
        )  # fmt: skip
        async with asyncio.timeout(60):
            assert [each async for each in frames][-1] == "event: restart\ndata: {}\n\n"
