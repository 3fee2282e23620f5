"""A chat model that works, through the real client and a real socket."""

import asyncio
import json
import socket
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from agent.ai.chat import ChatModels, ChatTool, FieldReader, Timeouts
from evals.openai_stub import Fault, Reply, Stub

HELLO: list[dict[str, Any]] = [{"role": "user", "content": "Hello there"}]
SEARCH = ChatTool("search_listings", "Find homes.", {"type": "object", "properties": {}})
TOUR = ChatTool("tour_slots", "Find times.", {"type": "object", "properties": {}})


class Wish(BaseModel):
    area: str = Field(default="", max_length=40)
    format: str | None = None


class Understood(BaseModel):
    intent: Literal["tour", "other"]
    bedrooms: int | None = Field(default=None, ge=0)
    wishes: list[Wish] = []
    reply: str = Field(min_length=1)


async def test_a_text_comes_in_pieces_and_whole(stub: Stub, chat: ChatModels) -> None:
    pieces: list[str] = []
    answer = await chat.complete(HELLO, on_text=pieces.append)
    assert answer.text == "".join(pieces) == "Hello there"
    assert len(pieces) > 1
    assert (answer.model, answer.parsed, list(answer.tool_calls)) == ("big", None, [])
    [body] = stub.bodies()
    assert body["stream_options"] == {"include_usage": True}
    assert "tools" not in body
    assert "response_format" not in body


async def test_tool_calls_are_data_and_can_be_answered(stub: Stub, chat: ChatModels) -> None:
    calls = [("search_listings", {"area": "Mesa", "n": 2}), ("tour_slots", {})]
    stub.brain = lambda _: Reply("Let me look.", calls)
    answer = await chat.complete(HELLO, tools=[SEARCH, TOUR])
    assert [(call.name, call.args, call.error) for call in answer.tool_calls] == [
        ("search_listings", {"area": "Mesa", "n": 2}, None),
        ("tour_slots", {}, None),
    ]
    assert [tool["function"]["name"] for tool in stub.bodies()[0]["tools"]] == [
        "search_listings",
        "tour_slots",
    ]
    stub.brain = lambda request: Reply(request["messages"][-1]["content"])
    told = [call.answer(f"answer {n}") for n, call in enumerate(answer.tool_calls)]
    after = await chat.complete([*HELLO, answer.message(), *told], tools=[SEARCH, TOUR])
    assert after.text == "answer 1"


async def test_a_schema_is_strict_and_the_answer_is_parsed(stub: Stub, chat: ChatModels) -> None:
    value = {
        "intent": "tour",
        "bedrooms": 2,
        "wishes": [{"area": "Mesa", "format": None}],
        "reply": 'Gern — "soon" 🏠\nYes',
    }
    stub.brain = lambda _: Reply(json.dumps(value))
    reader = FieldReader("reply")
    heard: list[str] = []
    answer = await chat.complete(
        HELLO,
        tools=[SEARCH],
        schema=Understood,
        on_text=lambda piece: heard.append(reader.feed(piece)),
    )
    assert answer.parsed == Understood.model_validate(value)
    assert "".join(heard) == value["reply"]
    assert len([piece for piece in heard if piece]) > 2
    asked = stub.bodies()[0]["response_format"]["json_schema"]
    assert asked["strict"] is True
    assert list(asked["schema"]["properties"]) == ["intent", "bedrooms", "wishes", "reply"]
    assert list(asked["schema"]["$defs"]["Wish"]["properties"]) == ["area", "format"]


async def test_tool_calls_come_instead_of_the_schema(stub: Stub, chat: ChatModels) -> None:
    stub.brain = lambda _: Reply(tool_calls=[("search_listings", {})])
    answer = await chat.complete(HELLO, tools=[SEARCH], schema=Understood)
    assert answer.parsed is None
    assert answer.tool_calls[0].args == {}


async def test_usage_counts_what_was_cached_and_what_it_cost(stub: Stub, chat: ChatModels) -> None:
    stable = [{"role": "system", "content": "home " * 1500}]
    for cached in (0, 1408):
        answer = await chat.complete([*stable, *HELLO], model="gpt-4.1-mini-2025-04-14")
        assert answer.usage
        assert answer.usage.cached_tokens == cached
        assert answer.usage.input_tokens > 1500
        price = (
            (answer.usage.input_tokens - cached) * 0.40
            + cached * 0.10
            + answer.usage.output_tokens * 1.60
        )
        assert answer.usage.cost_usd == pytest.approx(price / 1e6)
    assert stub.usage.cached_tokens == 1408
    unknown = await chat.complete(HELLO)
    assert unknown.usage
    assert unknown.usage.cost_usd is None


async def test_many_calls_share_the_client(stub: Stub, chat: ChatModels) -> None:
    answers = await asyncio.gather(
        *(chat.complete([{"role": "user", "content": f"number {n}"}]) for n in range(20))
    )
    assert [answer.text for answer in answers] == [f"number {n}" for n in range(20)]


async def test_who_goes_away_closes_the_stream(stub: Stub, chat: ChatModels) -> None:
    stub.faults.append(Fault("slow_tokens", seconds=0.05))
    begun = asyncio.Event()
    task = asyncio.create_task(chat.complete(HELLO, on_text=lambda _: begun.set()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.2)
    assert stub.dropped == 1
    assert (await chat.complete(HELLO)).text == "Hello there"


async def test_what_hears_the_text_may_fail(stub: Stub, chat: ChatModels) -> None:
    """Its error is not the model's: it comes out as it is, and nothing is asked again."""

    def broken(_: str) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await chat.complete(HELLO, on_text=broken)
    assert len(stub.requests) == 1


async def test_nothing_but_the_server_is_contacted(
    stub: Stub, chat: ChatModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[Any] = set()
    resolve = socket.getaddrinfo
    connect = asyncio.SelectorEventLoop.sock_connect

    def resolving(host: Any, *args: Any, **kwargs: Any) -> Any:
        asked.add(host)
        return resolve(host, *args, **kwargs)

    async def connecting(loop: Any, sock: Any, address: Any) -> None:
        asked.add(address[0])
        await connect(loop, sock, address)

    monkeypatch.setattr(socket, "getaddrinfo", resolving)
    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", connecting)
    await chat.complete(HELLO, tools=[SEARCH], schema=Understood)
    assert asked <= {"127.0.0.1", b"127.0.0.1"}
    assert asked


async def test_a_server_of_ones_own_needs_no_key(stub: Stub, make: Any) -> None:
    chat = make(Timeouts(), openai_api_key=None)
    assert (await chat.complete(HELLO)).text == "Hello there"
