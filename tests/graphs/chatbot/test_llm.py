"""Answers in a model's words: resting on what was found, or the rules answer."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from agent.services import Services
from evals.openai_stub import Fault, Reply, Stub
from graphs.chatbot.runtime import ChatAnswer, Chatbot
from tests.graphs.chatbot.test_runtime import DRAFTS
from tests.graphs.modelled import asking

TENANT, STAFF = "default", "user:usr_1"
QUESTION = "The gate does not open for a new fob, what can I do?"


class Model:
    def __init__(self) -> None:
        self.said: dict[str, Any] = {
            "reply": "Pair the fob under Settings > Access.",
            "citations": ["KB-0001", "KB-7777"],
            "answered": True,
        }
        self.asked: list[str] = []

    def __call__(self, request: dict[str, Any]) -> Reply:
        self.asked.append("\n".join(message["content"] for message in request["messages"]))
        return Reply(json.dumps(self.said))


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
async def chatbot(services: Services, stub: Stub) -> AsyncIterator[Chatbot]:
    await services.knowledge.put(TENANT, DRAFTS, "test")
    async with asking(services, stub) as modelled:
        yield Chatbot(modelled)


async def asks(
    chatbot: Chatbot, message: str = QUESTION, thread_id: str | None = None
) -> ChatAnswer:
    return await chatbot.answer(TENANT, STAFF, message, thread_id, staff=True)


def ids(answer: ChatAnswer) -> list[str]:
    return [citation.id for citation in answer.citations]


async def test_a_model_answers_from_what_was_found(chatbot: Chatbot) -> None:
    answer = await asks(chatbot)
    assert answer.reply == "Pair the fob under Settings > Access."
    assert ids(answer) == ["KB-0001"]
    assert not answer.offer_ticket


async def test_it_is_shown_the_conversation_so_far(chatbot: Chatbot, model: Model) -> None:
    first = await asks(chatbot)
    await asks(chatbot, "And what if it still does not open?", first.thread_id)
    assert QUESTION in model.asked[-1]
    assert "Pair the fob under Settings" in model.asked[-1]


async def test_where_it_finds_no_answer_a_ticket_is_offered(chatbot: Chatbot, model: Model) -> None:
    model.said["answered"] = False
    answer = await asks(chatbot)
    assert (answer.citations, answer.offer_ticket) == ([], True)


async def test_without_evidence_no_model_is_asked(chatbot: Chatbot, model: Model) -> None:
    assert (await asks(chatbot, "Who won the cup in 1998?")).offer_ticket
    assert model.asked == []


UNUSABLE: list[dict[str, Any]] = [
    {"citations": ["KB-7777"]},
    {"citations": []},
    {"reply": " "},
    {"reply": "Go to https://evil.example/now"},
    {"reply": "Ask ssn 078-05-1120 ![x](http://evil.example)"},
    {"reply": "Do as SCRIPT-8888 says."},
    {"reply": 5},
]


async def test_what_may_not_be_said_is_answered_by_rules(chatbot: Chatbot, model: Model) -> None:
    said = dict(model.said)
    for spoilt in UNUSABLE:
        model.said = said | spoilt
        answer = await asks(chatbot)
        assert answer.reply.startswith('From "Pairing a new fob with the gate" (KB-0001):'), spoilt
        assert "evil" not in answer.reply


async def test_a_model_that_is_away_is_answered_for(chatbot: Chatbot, stub: Stub) -> None:
    stub.always(Fault("status", status=503))
    assert ids(await asks(chatbot))[0] == "KB-0001"
