"""A chat server that misbehaves: a code that says what happened, and nothing half done."""

import asyncio
import time
from typing import Any

import pytest
from pydantic import BaseModel

from agent.ai.chat import ChatModels, ChatTool, Timeouts
from agent.errors import Unavailable
from evals.openai_stub import Fault, Reply, Stub

HELLO: list[dict[str, Any]] = [{"role": "user", "content": "Hello there"}]
SEARCH = ChatTool("search_listings", "Find homes.", {"type": "object", "properties": {}})
QUICK = Timeouts(connect=1, first_token=0.4, total=1.5)
"""Short for a test, long for two busy cores."""


class Reading(BaseModel):
    reply: str
    bedrooms: int


def models(stub: Stub) -> list[str]:
    return [body["model"] for body in stub.bodies()]


async def refused(chat: ChatModels, **asked: Any) -> Unavailable:
    with pytest.raises(Unavailable) as error:
        await chat.complete(HELLO, **asked)
    return error.value


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=408),
        Fault("status", status=429),
        Fault("status", status=500),
        Fault("status", status=503),
        Fault("reset"),
        Fault("cut", after=1),
        Fault("not_json"),
        Fault("wrong_type"),
        Fault("truncated_json", after=1),
        Fault("error_event", after=1),
        Fault("ended_early", after=1),
        Fault("empty_choices"),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
async def test_what_may_pass_is_asked_again(
    stub: Stub, chat: ChatModels, pauses: Any, fault: Fault
) -> None:
    stub.faults.extend([fault, fault])
    assert (await chat.complete(HELLO)).text == "Hello there"
    assert len(stub.requests) == 3
    first, second = pauses.seconds
    assert 0 <= first <= 0.5
    assert 0 <= second <= 1


@pytest.mark.parametrize(
    ("fault", "code", "reason"),
    [
        (Fault("status", status=500), "chat_unavailable", "HTTP 500"),
        (Fault("reset"), "chat_unavailable", "connection"),
        (Fault("not_json"), "chat_answer_unusable", "garbage"),
        (Fault("empty_choices"), "chat_answer_unusable", "empty answer"),
    ],
    ids=lambda value: str(value),
)
async def test_what_does_not_pass_fails_after_two_retries(
    stub: Stub, chat: ChatModels, fault: Fault, code: str, reason: str
) -> None:
    stub.always(fault)
    error = await refused(chat)
    assert error.code == code
    assert error.details == [{"model": "big", "reason": reason}] * 3
    assert len(stub.requests) == 3


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("status", status=400), "chat_request_refused"),
        (Fault("status", status=400, code="context_length_exceeded"), "chat_request_too_long"),
        (Fault("status", status=400, code="content_filter"), "chat_answer_filtered"),
        (Fault("status", status=401), "chat_key_refused"),
        (Fault("status", status=403), "chat_key_refused"),
        (Fault("content_filter"), "chat_answer_filtered"),
        (Fault("refusal"), "chat_answer_refused"),
        (Fault("long"), "chat_answer_unusable"),
    ],
    ids=lambda value: str(value),
)
async def test_what_will_not_change_is_asked_once(
    stub: Stub, make: Any, fault: Fault, code: str
) -> None:
    chat = make(chat_fallback_model="small")
    stub.always(fault)
    assert (await refused(chat)).code == code
    assert models(stub) == ["big"]


async def test_an_unknown_model_or_an_empty_account_leads_to_the_fallback(
    stub: Stub, make: Any
) -> None:
    chat = make(chat_fallback_model="small")
    stub.faults.append(Fault("status", status=404))
    assert (await chat.complete(HELLO)).model == "small"
    stub.faults.append(Fault("status", status=429, code="insufficient_quota"))
    assert (await chat.complete(HELLO)).model == "small"
    assert models(stub) == ["big", "small", "big", "small"]


async def test_a_fine_tuned_model_that_is_gone_leads_to_the_usual_one(
    stub: Stub, chat: ChatModels
) -> None:
    answer = await chat.complete(HELLO, model="ft:big:gone")
    assert answer.model == "big"
    assert models(stub) == ["ft:big:gone", "big"]
    stub.jobs.models.add("ft:big:here")
    assert (await chat.complete(HELLO, model="ft:big:here")).model == "ft:big:here"


async def test_the_fallback_answers_when_the_first_model_does_not(stub: Stub, make: Any) -> None:
    chat = make(chat_fallback_model="small")
    stub.always(Fault("status", status=500, model="big"))
    assert (await chat.complete(HELLO)).model == "small"
    assert models(stub) == ["big", "big", "big", "small"]


async def test_retry_after_is_waited_for(stub: Stub, chat: ChatModels, pauses: Any) -> None:
    stub.faults.append(Fault("status", status=429, retry_after=20))
    await chat.complete(HELLO)
    assert pauses.seconds == [20]


async def test_a_long_retry_after_is_not_waited_for_when_another_model_is_there(
    stub: Stub, make: Any, pauses: Any
) -> None:
    chat = make(chat_fallback_model="small")
    stub.faults.append(Fault("status", status=429, retry_after=20))
    assert (await chat.complete(HELLO)).model == "small"
    assert pauses.seconds == []


async def test_a_retry_after_beyond_the_turn_ends_it(stub: Stub, chat: ChatModels) -> None:
    stub.faults.append(Fault("status", status=429, retry_after=90))
    error = await refused(chat)
    assert error.code == "chat_unavailable"
    assert error.retry_after == 90
    assert len(stub.requests) == 1


@pytest.mark.parametrize("kind", ["slow_headers", "slow_first_token"])
async def test_a_late_first_token_leads_to_the_fallback(stub: Stub, make: Any, kind: Any) -> None:
    chat = make(QUICK, chat_fallback_model="small")
    await chat.complete(HELLO)
    stub.always(Fault(kind, seconds=5, model="big"))
    begun = time.monotonic()
    assert (await chat.complete(HELLO)).model == "small"
    assert 0.4 <= time.monotonic() - begun < 1.5
    assert models(stub) == ["big", "big", "small"]


async def test_slow_tokens_are_bounded_by_the_turn(stub: Stub, make: Any) -> None:
    chat = make(QUICK)
    await chat.complete(HELLO)
    stub.brain = lambda _: Reply("word " * 100)
    stub.always(Fault("slow_tokens", seconds=0.05))
    begun = time.monotonic()
    error = await refused(chat)
    assert error.code == "chat_unavailable"
    assert 1.4 <= time.monotonic() - begun < 4
    assert [tried["reason"] for tried in error.details] == ["timeout"]
    await asyncio.sleep(0.2)
    assert stub.dropped == 1


async def test_a_slow_model_may_take_its_time_once_it_has_begun(stub: Stub, make: Any) -> None:
    chat = make(QUICK)
    await chat.complete(HELLO)
    stub.brain = lambda _: Reply("12345678901234567890")
    stub.faults.append(Fault("slow_tokens", seconds=0.12))
    assert (await chat.complete(HELLO)).text == "12345678901234567890"


async def test_nobody_there(make: Any, unused_tcp_port: int) -> None:
    chat = make(openai_base_url=f"http://127.0.0.1:{unused_tcp_port}/v1")
    error = await refused(chat)
    assert error.code == "chat_unavailable"
    assert error.details == [{"model": "big", "reason": "connection"}] * 3
    assert "OPENAI_BASE_URL" in error.message
    assert error.retry_after


async def test_text_that_was_passed_on_is_never_repeated(stub: Stub, make: Any) -> None:
    chat = make(chat_fallback_model="small")
    stub.faults.append(Fault("cut", after=2))
    pieces: list[str] = []
    error = await refused(chat, on_text=pieces.append)
    assert error.code == "chat_interrupted"
    assert "".join(pieces) == "Hello th"
    assert len(stub.requests) == 1


async def test_without_a_listener_a_cut_stream_is_asked_again(stub: Stub, chat: ChatModels) -> None:
    stub.faults.append(Fault("cut", after=2))
    assert (await chat.complete(HELLO)).text == "Hello there"


async def test_before_the_first_text_a_listener_does_not_hinder(
    stub: Stub, chat: ChatModels
) -> None:
    stub.faults.append(Fault("cut", after=0))
    pieces: list[str] = []
    assert (await chat.complete(HELLO, on_text=pieces.append)).text == "".join(pieces)


async def test_a_stream_that_just_ends_is_not_an_answer(stub: Stub, chat: ChatModels) -> None:
    stub.brain = lambda _: Reply("Hello", finish_reason="length")
    error = await refused(chat)
    assert error.code == "chat_answer_unusable"
    assert error.details[0]["reason"] == "cut off at the token limit"


@pytest.mark.parametrize(
    "text", ["no json", '{"reply": "x"', '{"reply": "x", "bedrooms": "many"}', "[" * 10_000, "{}"]
)
async def test_an_answer_outside_the_schema(stub: Stub, chat: ChatModels, text: str) -> None:
    stub.brain = lambda _: Reply(text)
    error = await refused(chat, schema=Reading)
    assert error.code == "chat_answer_unusable"
    assert len(stub.requests) == 1
    assert text not in str(error.details) + error.message


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ('{"query": "two bed', "arguments_not_json"),
        ('{"n": NaN}', "arguments_not_json"),
        ("[" * 10_000, "arguments_not_json"),
        ("[1]", "arguments_not_object"),
        ('"text"', "arguments_not_object"),
    ],
    ids=lambda value: value[:20],
)
async def test_arguments_that_are_none(
    stub: Stub, chat: ChatModels, arguments: str, error: str
) -> None:
    stub.brain = lambda _: Reply(tool_calls=[("search_listings", arguments)])
    [call] = (await chat.complete(HELLO, tools=[SEARCH])).tool_calls
    assert (call.args, call.error) == (None, error)
    stub.brain = lambda _: Reply("sorry")
    said = (await chat.complete([*HELLO, _asked(call), call.answer("no")], tools=[SEARCH])).text
    assert said == "sorry"


def _asked(call: Any) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.raw}
    asked = {"id": call.id, "type": "function", "function": function}
    return {"role": "assistant", "content": "", "tool_calls": [asked]}


async def test_a_tool_nobody_offered(stub: Stub, chat: ChatModels) -> None:
    stub.faults.append(Fault("unknown_tool"))
    [call] = (await chat.complete(HELLO, tools=[SEARCH])).tool_calls
    assert (call.name, call.args, call.error) == ("launch_rocket", None, "tool_unknown")


async def test_fifty_calls_at_once(stub: Stub, chat: ChatModels) -> None:
    """Sixteen may run; the others are named, not dropped."""
    stub.faults.append(Fault("many_tool_calls"))
    answer = await chat.complete(HELLO, tools=[SEARCH])
    assert [call.error for call in answer.tool_calls] == [None] * 16 + ["calls_too_many"] * 34
    assert len({call.id for call in answer.tool_calls}) == 50


async def test_an_endless_answer_is_cut_off(stub: Stub, chat: ChatModels) -> None:
    stub.faults.append(Fault("long"))
    pieces: list[str] = []
    error = await refused(chat, on_text=pieces.append)
    assert error.code == "chat_answer_unusable"
    assert sum(map(len, pieces)) <= 32_000
    stub.brain = lambda _: Reply(tool_calls=[("search_listings", {"query": "x" * 40_000})])
    assert (await refused(chat, tools=[SEARCH])).details[0]["reason"] == "too long"


async def test_half_a_surrogate_pair_is_no_text(stub: Stub, chat: ChatModels) -> None:
    stub.brain = lambda _: Reply("ab\ud83d\ude00 and \ud83d alone")
    pieces: list[str] = []
    answer = await chat.complete(HELLO, on_text=pieces.append)
    assert answer.text == "".join(pieces) == "ab😀 and \ufffd alone"
    answer.text.encode()


async def test_messages_of_ours_that_are_none_are_our_fault(stub: Stub, chat: ChatModels) -> None:
    with pytest.raises((ValueError, NotImplementedError)):
        await chat.complete([{"role": "wizard", "content": "?"}])
    assert stub.requests == []
