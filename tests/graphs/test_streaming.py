"""A reply while it is written: what a listener hears, and what it comes to."""

import asyncio
import json

from agent.services import Services
from evals.openai_stub import Fault, Reply, Stub
from graphs.answer import StreamEvent
from graphs.runtime import Runtime, open_runtime

TENANT = "default"


async def heard(runtime: Runtime, text: str) -> list[StreamEvent]:
    thread_id = (await runtime.start(TENANT)).thread_id
    return [event async for event in runtime.stream(TENANT, thread_id, text)]


def kinds(events: list[StreamEvent]) -> list[str]:
    found = [event.event for event in events]
    return [kind for i, kind in enumerate(found) if i == 0 or kind != found[i - 1]]


def shown(events: list[StreamEvent]) -> str:
    """What a client shows at the end: the tokens, voided by each reset."""
    text = ""
    for event in events:
        text = "" if event.event == "reset" else text + event.data.get("text", "")
    return text


def says(reply: str) -> Reply:
    return Reply(json.dumps({"reply": reply, "asked": [], "noted": [], "understood": True}))


class TestWithAModel:
    async def test_sentences_come_before_the_answer_is_whole(
        self, modelled: Services, stub: Stub
    ) -> None:
        stub.brain = lambda request: says("Hello there. I can find homes. Where should it be?")
        stub.always(Fault("slow_tokens", seconds=0.02))
        async with open_runtime(modelled) as runtime:
            thread_id = (await runtime.start(TENANT)).thread_id
            clock = asyncio.get_running_loop().time
            at: dict[str, float] = {}
            async for event in runtime.stream(TENANT, thread_id, "hi"):
                at.setdefault(event.data.get("text", event.event), clock())
        assert at["done"] - at["Hello there. "] > 0.1

    async def test_the_tokens_are_the_reply(self, modelled: Services, stub: Stub) -> None:
        stub.brain = lambda request: says("Hello there. I can find homes.\nWhere should it be?")
        async with open_runtime(modelled) as runtime:
            events = await heard(runtime, "hi")
        assert kinds(events) == ["accepted", "stage", "token", "done"]
        assert shown(events) == events[-1].data["reply"]

    async def test_a_reply_that_became_another_is_reset(
        self, modelled: Services, stub: Stub
    ) -> None:
        stub.brain = lambda request: says("Hello there. It is only $1. Come at once!")
        async with open_runtime(modelled) as runtime:
            events = await heard(runtime, "hi")
        assert kinds(events)[:4] == ["accepted", "stage", "token", "reset"]
        assert "$1" not in "".join(event.data.get("text", "") for event in events)
        assert shown(events) == events[-1].data["reply"]

    async def test_what_fair_housing_refuses_is_not_told_meanwhile(
        self, modelled: Services, stub: Stub
    ) -> None:
        stub.brain = lambda request: says("Hello there. No children allowed here. Where to?")
        async with open_runtime(modelled) as runtime:
            events = await heard(runtime, "hi")
        assert "children" not in "".join(event.data.get("text", "") for event in events)
        assert shown(events) == events[-1].data["reply"]

    async def test_a_stream_that_is_cut_is_reset_to_the_rules_words(
        self, modelled: Services, stub: Stub
    ) -> None:
        stub.brain = lambda request: says("Hello there. " * 20)
        stub.always(Fault("cut", after=30))
        async with open_runtime(modelled) as runtime:
            events = await heard(runtime, "hi")
        assert "reset" in kinds(events)
        assert shown(events) == events[-1].data["reply"]
        assert "policy:rules" in events[-1].data["why"]["rules"]

    async def test_who_hangs_up_loses_nothing(self, modelled: Services, stub: Stub) -> None:
        stub.always(Fault("slow_tokens", seconds=0.01))
        async with open_runtime(modelled) as runtime:
            thread_id = (await runtime.start(TENANT)).thread_id
            events = runtime.stream(TENANT, thread_id, "hi", message_id="m1")
            async for event in events:
                if event.event == "accepted":
                    break
            await events.aclose()  # type: ignore[attr-defined]
            answer = await runtime.reply(TENANT, thread_id, "hi", message_id="m1")
        assert answer.reply
        assert len(stub.bodies()) == 1

    async def test_two_listeners_hear_their_own_messages(
        self, modelled: Services, stub: Stub
    ) -> None:
        async with open_runtime(modelled) as runtime:
            thread_id = (await runtime.start(TENANT)).thread_id

            async def listen(text: str) -> list[StreamEvent]:
                return [event async for event in runtime.stream(TENANT, thread_id, text)]

            for events in await asyncio.gather(listen("hi"), listen("a studio in Tacoma")):
                assert shown(events) == events[-1].data["reply"]


async def test_the_rules_tell_it_in_words(runtime: Runtime) -> None:
    events = await heard(runtime, "a 2 bedroom in Denver")
    assert kinds(events) == ["accepted", "stage", "token", "listings", "done"]
    assert shown(events) == events[-1].data["reply"]
