"""What a model says comes under the same last look, and under it before anybody hears a part."""

import json

import pytest

from evals.openai_stub import Reply, Stub
from graphs.answer import Answer
from graphs.runtime import Runtime

TENANT = "default"
QUESTION = "hi, what areas do you have?"


async def told(runtime: Runtime, stub: Stub, text: str) -> Answer:
    form = {"reply": text, "asked": [], "noted": [], "understood": True}
    stub.brain = lambda request: Reply(json.dumps(form))
    started = await runtime.start(TENANT)
    return await runtime.reply(TENANT, started.thread_id, QUESTION)


@pytest.mark.parametrize(
    "text",
    [
        "The gym is full of young professionals.",
        "Do you have children?",
        "You would be approved.",
        "It is a very s\u0430fe neighborhood.",
        "Sure. N0 k1ds though.",
        "No. Kids.",
    ],
)
async def test_whatever_a_model_says(runtime: Runtime, stub: Stub, text: str) -> None:
    answer = await told(runtime, stub, text)
    assert text not in answer.reply
    assert answer.reply
    assert [rule for rule in answer.why.rules if rule.startswith("filter:FH")]


async def test_a_plain_answer_passes(runtime: Runtime, stub: Stub) -> None:
    said = "The gym is open to all residents."
    answer = await told(runtime, stub, said)
    assert said in answer.reply
    assert "policy:llm" in answer.why.rules
