"""The stub, driven by the real clients."""

import asyncio
import json
from typing import Any

import openai
import pytest
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, ConfigDict, SecretStr

from evals.openai_stub import Fault, Reply, Stub, openai_stub

HELLO: list[Any] = [{"role": "user", "content": "Hello there"}]
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "search_listings",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


def client_of(stub: Stub) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=stub.base_url, api_key="k", max_retries=0)


async def said(
    client: openai.AsyncOpenAI, pieces: list[str] | None = None, *, stream: bool = False
) -> str:
    """The answer to a greeting; its pieces are also added to `pieces` as they come."""
    pieces = [] if pieces is None else pieces
    if not stream:
        answer = await client.chat.completions.create(model="m", messages=HELLO)
        return answer.choices[0].message.content or ""
    async for chunk in await client.chat.completions.create(model="m", messages=HELLO, stream=True):
        pieces += [choice.delta.content or "" for choice in chunk.choices]
    return "".join(pieces)


class Understood(BaseModel):
    model_config = ConfigDict(extra="forbid")

    intent: str
    bedrooms: int | None


async def test_a_whole_answer(stub: Stub, client: openai.AsyncOpenAI) -> None:
    answer = await client.chat.completions.create(model="m", messages=HELLO)
    assert answer.choices[0].message.content == "Hello there"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage
    assert answer.usage.prompt_tokens == stub.usage.prompt_tokens > 0
    [request] = stub.requests
    assert (request.method, request.path) == ("POST", "/chat/completions")
    assert request.body == {"model": "m", "messages": HELLO}


async def test_a_stream_ends_with_its_usage(client: openai.AsyncOpenAI) -> None:
    text = ""
    usage = None
    stream = await client.chat.completions.create(
        model="m", messages=HELLO, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    for chunk in chunks:
        usage = chunk.usage or usage
        text += "".join(choice.delta.content or "" for choice in chunk.choices)
    assert text == "Hello there"
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].choices == []
    assert usage is not None
    assert usage.total_tokens > usage.completion_tokens > 0


async def test_no_usage_chunk_unless_asked_for(client: openai.AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(model="m", messages=HELLO, stream=True)
    assert [chunk.usage async for chunk in stream if chunk.usage] == []


@pytest.mark.parametrize("streaming", [False, True])
async def test_parallel_tool_calls_through_langchain(
    stub: Stub, http: openai.DefaultAsyncHttpxClient, streaming: bool
) -> None:
    stub.brain = lambda _: Reply(
        tool_calls=[("search_listings", {"city": "Reno"}), ("search_listings", {"city": "Mesa"})]
    )
    model = ChatOpenAI(
        model_name="m",
        openai_api_base=stub.base_url,
        openai_api_key=SecretStr("k"),
        http_async_client=http,
        streaming=streaming,
    ).bind_tools([TOOL])
    message = await model.ainvoke("homes?")
    assert [call["args"] for call in message.tool_calls] == [{"city": "Reno"}, {"city": "Mesa"}]
    assert len({call["id"] for call in message.tool_calls}) == 2


async def test_a_strict_schema_through_langchain(
    stub: Stub, http: openai.DefaultAsyncHttpxClient
) -> None:
    model = ChatOpenAI(
        model_name="m",
        openai_api_base=stub.base_url,
        openai_api_key=SecretStr("k"),
        http_async_client=http,
    )
    asked = model.with_structured_output(Understood, method="json_schema", strict=True)
    assert await asked.ainvoke("two beds") == Understood(intent="two beds", bedrooms=None)
    assert stub.bodies()[0]["response_format"]["json_schema"]["strict"] is True


async def test_a_loose_strict_schema_is_refused(client: openai.AsyncOpenAI) -> None:
    loose: Any = {
        "type": "json_schema",
        "json_schema": {
            "name": "x",
            "strict": True,
            "schema": {"type": "object", "properties": {"a": {"type": "string"}}},
        },
    }
    with pytest.raises(openai.BadRequestError, match="additionalProperties"):
        await client.chat.completions.create(model="m", messages=HELLO, response_format=loose)


async def test_every_tool_call_needs_its_answer(client: openai.AsyncOpenAI) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    asked: list[Any] = [*HELLO, {"role": "assistant", "content": None, "tool_calls": [call]}]
    with pytest.raises(openai.BadRequestError, match="c1"):
        await client.chat.completions.create(model="m", messages=[*asked, *HELLO])
    answered: Any = {"role": "tool", "tool_call_id": "c1", "content": "none"}
    await client.chat.completions.create(model="m", messages=[*asked, answered])
    with pytest.raises(openai.BadRequestError, match="preceding"):
        await client.chat.completions.create(model="m", messages=[*HELLO, answered])


async def test_a_long_prefix_is_cached(stub: Stub, client: openai.AsyncOpenAI) -> None:
    stable: Any = {"role": "system", "content": "home " * 1100}
    cached = []
    for words in ("first", "second"):
        question: Any = {"role": "user", "content": words}
        answer = await client.chat.completions.create(model="m", messages=[stable, question])
        assert answer.usage
        assert answer.usage.prompt_tokens_details
        cached.append(answer.usage.prompt_tokens_details.cached_tokens)
    assert cached == [0, 1024]
    assert stub.usage.cached_tokens == 1024
    short = await client.chat.completions.create(model="m", messages=HELLO)
    assert short.usage
    assert short.usage.prompt_tokens_details
    assert short.usage.prompt_tokens_details.cached_tokens == 0


async def test_a_missing_key_and_an_unknown_model(stub: Stub, client: openai.AsyncOpenAI) -> None:
    stub.known_models = {"m"}
    await client.chat.completions.create(model="m", messages=HELLO)
    with pytest.raises(openai.NotFoundError) as unknown:
        await client.chat.completions.create(model="n", messages=HELLO)
    assert unknown.value.code == "model_not_found"
    assert [model.id async for model in client.models.list()] == ["m"]
    async with openai.DefaultAsyncHttpxClient() as http:
        answer = await http.get(f"{stub.base_url}/models")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_api_key"


async def test_a_failing_brain_is_not_forgotten() -> None:
    def brain(_: dict[str, Any]) -> Reply:
        raise ZeroDivisionError

    async def use() -> None:
        async with openai_stub(brain) as stub, client_of(stub) as client:
            with pytest.raises(openai.InternalServerError):
                await client.chat.completions.create(model="m", messages=HELLO)

    with pytest.raises(ZeroDivisionError):
        await use()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
async def test_errors_in_the_shape_of_openai(
    stub: Stub, client: openai.AsyncOpenAI, status: int
) -> None:
    stub.faults.append(Fault("status", status=status, retry_after=1.2))
    with pytest.raises(openai.APIStatusError) as failed:
        await client.chat.completions.create(model="m", messages=HELLO)
    assert failed.value.status_code == status
    assert failed.value.message.endswith("the stub was told so")
    assert failed.value.type
    assert failed.value.response.headers["retry-after"] == "2"
    assert failed.value.response.headers["retry-after-ms"] == "1200"
    await client.chat.completions.create(model="m", messages=HELLO)


async def test_a_fault_waits_for_its_model_and_a_standing_one_stays(
    stub: Stub, client: openai.AsyncOpenAI
) -> None:
    stub.faults.append(Fault("status", model="big"))
    await client.chat.completions.create(model="m", messages=HELLO)
    with pytest.raises(openai.InternalServerError):
        await client.chat.completions.create(model="big", messages=HELLO)
    stub.always(Fault("status", status=503, path="chat/completions"))
    for _ in range(2):
        with pytest.raises(openai.InternalServerError):
            await client.chat.completions.create(model="m", messages=HELLO)
    await client.embeddings.create(model="e", input="x")
    stub.always(None)
    await client.chat.completions.create(model="m", messages=HELLO)


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("kind", ["slow_headers", "slow_first_token", "slow_tokens"])
async def test_slow_answers_are_slow(
    stub: Stub, client: openai.AsyncOpenAI, kind: Any, streaming: bool
) -> None:
    stub.faults.append(Fault(kind, seconds=5))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await said(client, stream=streaming)
    await asyncio.sleep(0.2)
    assert stub.dropped == 1


@pytest.mark.parametrize("kind", ["reset", "cut"])
async def test_connections_break(stub: Stub, client: openai.AsyncOpenAI, kind: Any) -> None:
    stub.faults.append(Fault(kind))
    with pytest.raises(openai.APIConnectionError):
        await said(client)
    assert await said(client) == "Hello there"


async def test_a_cut_stream_brings_some_pieces(stub: Stub, client: openai.AsyncOpenAI) -> None:
    stub.brain = lambda _: Reply("one two three four five six")
    stub.faults.append(Fault("cut", after=2))
    pieces: list[str] = []
    with pytest.raises(openai.APIConnectionError):
        await said(client, pieces, stream=True)
    assert "".join(pieces) == "one two "


@pytest.mark.parametrize("kind", ["not_json", "truncated_json"])
async def test_garbage(stub: Stub, client: openai.AsyncOpenAI, kind: Any) -> None:
    stub.faults.append(Fault(kind))
    with pytest.raises((openai.APIError, ValueError)):
        await said(client)


async def test_what_models_say_wrong(stub: Stub, client: openai.AsyncOpenAI) -> None:
    async def say(kind: Any) -> Any:
        stub.faults.append(Fault(kind))
        answer = await client.chat.completions.create(model="m", messages=HELLO)
        return answer.choices[0] if answer.choices else None

    assert len((await say("many_tool_calls")).message.tool_calls) == 50
    assert (await say("unknown_tool")).message.tool_calls[0].function.name == "launch_rocket"
    with pytest.raises(ValueError):
        json.loads((await say("truncated_arguments")).message.tool_calls[0].function.arguments)
    assert (await say("content_filter")).finish_reason == "content_filter"
    assert (await say("refusal")).message.refusal
    assert await say("empty_choices") is None
    assert len((await say("long")).message.content) == 200_000
