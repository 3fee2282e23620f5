"""A turn beyond what the process can answer is refused; whatever ends one frees its place."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from graphs import runtime
from graphs.runtime import Runtime
from server.admission import MOST, Turns
from server.state import State
from tests.server.parties import Staff, Visitor

TURNS = [
    "/api/agent/start",
    "/api/agent/reply",
    "/threads/{thread_id}/runs",
    "/threads/{thread_id}/runs/stream",
    "/threads/{thread_id}/runs/wait",
    "/runs/stream",
    "/runs/wait",
]


@pytest.fixture
def one(state: State) -> Turns:
    """Room for one turn."""
    state.turns.most = 1
    return state.turns


class Held:
    """Turns that have begun and wait to be answered."""

    def __init__(self) -> None:
        self.begun, self.may_end = asyncio.Event(), asyncio.Event()

    async def post(self, visitor: Visitor) -> "asyncio.Task[httpx.Response]":
        """A turn that is under way."""
        body = {"thread_id": visitor.thread_id, "message": "hello"}
        task = asyncio.create_task(visitor.post("/api/agent/reply", body))
        await asyncio.wait_for(self.begun.wait(), 5)
        return task


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    held = Held()
    reply = Runtime.reply

    async def waits(*given: Any, **options: Any) -> Any:
        held.begun.set()
        await held.may_end.wait()
        return await reply(*given, **options)

    monkeypatch.setattr(Runtime, "reply", waits)
    return held


async def test_one_too_many_is_told_to_come_again_and_leaves_nothing(
    visitor: Visitor, one: Turns, held: Held
) -> None:
    first = await held.post(visitor)
    body = {"thread_id": visitor.thread_id, "message": "me too", "message_id": "m-2"}
    headers = visitor.headers | {"Idempotency-Key": "again-and-again-1"}
    refused = await visitor.web.post("/api/agent/reply", json=body, headers=headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "server_busy")
    assert refused.headers["Retry-After"] == "1"
    assert refused.json()["error"]["trace_id"] == refused.headers["X-Trace-Id"]
    held.may_end.set()
    await first
    assert "me too" not in str(await visitor.thread())
    again = await visitor.web.post("/api/agent/reply", json=body, headers=headers)
    assert again.status_code == 200


@pytest.mark.parametrize("path", TURNS)
async def test_every_way_to_a_turn_is_counted(
    web: httpx.AsyncClient, one: Turns, path: str
) -> None:
    one.most = 0
    refused = await web.post(path.format(thread_id="thr_1"), json={})
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "server_busy")


def test_these_are_all_the_ways_there_are(app: FastAPI) -> None:
    posts = {path for path, item in app.openapi()["paths"].items() if "post" in item}
    assert posts & {*TURNS} == {*TURNS}
    others = {path for path in posts if path.endswith(("/runs", "/wait", "/stream", "/reply"))}
    assert others <= {*TURNS}


async def test_what_is_no_turn_has_its_way(visitor: Visitor, staff: Staff, one: Turns) -> None:
    one.most = 0
    assert (await visitor.thread())["thread_id"] == visitor.thread_id
    said = await staff.post(
        "/api/agent/message", {"thread_id": visitor.thread_id, "text": "Dana here."}
    )
    assert said.status_code == 201


async def test_a_refused_a_failed_and_a_streamed_turn_free_their_place(
    visitor: Visitor, one: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"thread_id": visitor.thread_id, "message": "hello"}
    assert (await visitor.post("/api/agent/reply", {"message": 1})).status_code == 422
    assert (await visitor.web.post("/api/agent/reply", json=body)).status_code == 401
    stream = visitor.headers | {"Accept": "text/event-stream"}
    told = await visitor.web.post("/api/agent/reply", json=body, headers=stream)
    assert "event: done" in told.text

    async def breaks(*_: Any, **__: Any) -> Any:
        raise ValueError("nobody thought of it")

    with monkeypatch.context() as patched:
        patched.setattr(Runtime, "reply", breaks)
        assert (await visitor.post("/api/agent/reply", body)).status_code == 500
    await visitor.say("hello again")


async def test_a_caller_who_leaves_frees_the_place(
    visitor: Visitor, one: Turns, held: Held
) -> None:
    first = await held.post(visitor)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert not one.full
    held.may_end.set()
    await visitor.say("hello again")


async def test_a_turn_that_is_cut_off_is_told_so(visitor: Visitor, one: Turns, held: Held) -> None:
    first = await held.post(visitor)
    one.cut_off()
    answer = await first
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "server_stopping")
    assert await one.over(1)


async def test_a_stopping_server_takes_none(visitor: Visitor, state: State) -> None:
    state.draining.set()
    body = {"thread_id": visitor.thread_id, "message": "hello"}
    answer = await visitor.post("/api/agent/reply", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "server_stopping")
    assert answer.headers["Retry-After"] == "1"


def test_the_conversation_itself_takes_what_the_door_lets_in() -> None:
    assert max(MOST.values()) <= runtime.MOST_RUNNING


async def test_turns_that_nobody_waits_for_any_more_are_bounded_too(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "MOST_RUNNING", 0)
    body = {"thread_id": visitor.thread_id, "message": "hello"}
    answer = await visitor.post("/api/agent/reply", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "server_busy")
    assert "hello" not in str(await visitor.thread())
