"""Prompt tokens of long conversations, beside the same prompts with the whole transcript."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from agent.demo.load import load_demo
from agent.kit.clock import ManualClock
from agent.privacy.models import Contact
from agent.settings import Settings
from agent.tenants.models import DEFAULT_TENANT
from evals.journeys.brain import competent
from evals.journeys.script import Script, load_scripts
from evals.openai_stub import Reply, Stub, openai_stub
from evals.openai_stub.tokens import prompt_tokens, tokens
from evals.scratch import scratch_services
from graphs.runtime import Runtime, open_runtime

THREADS = 4
TURNS = 50
MOST_OF_FULL_HISTORY = 0.60
LEAST_CACHED = 0.55
NOON = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
SAID = ("areas", "bedrooms", "budget", "move_date", "pets", "property", "tour", "tour_date", "slot")
"""Answers of the scripted leads that a long conversation is made of."""
SMALL_TALK = (
    "Thank you for telling me, that helps me a lot to find the right place for you.",
    "I'm glad you asked, because that is one of the things people like to know before they decide.",
    "That makes sense, and I'm happy to go through it with you step by step.",
)
OFFERS = (
    "If you like, I can compare the homes for you, look for other dates, or answer any question "
    "you have about the building, the lease or what comes next.",
    "Take all the time you need; I can show you other homes, tell you more about any of these, or "
    "find a time that fits your week better.",
    "Just let me know what matters most to you, and I will narrow the list down or look at other "
    "areas, sizes and dates for you.",
)
"""What a model wraps an answer in; it makes a turn some 110 tokens, as models write."""
Body = dict[str, Any]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Counted:
    """The tokens of one request: as sent, and with two kinds of full history."""

    sent: int
    transcript: int
    """With every line said so far in place of summary and window."""
    everything: int
    """With the tool calls of earlier turns and their answers as well."""


async def run(
    settings: Settings, *, threads: int = THREADS, turns: int = TURNS, progress: Progress
) -> dict[str, Any]:
    """Replay `threads` conversations of `turns` messages under the policy `llm`."""
    async with openai_stub(talkative) as stub:
        asked = settings.model_copy(
            update={
                "policy": "llm",
                "openai_base_url": stub.base_url,
                "openai_api_key": SecretStr("stub"),
            }
        )
        counted: list[Counted] = []
        spoken = 0
        async with scratch_services(asked, ManualClock(NOON)) as services:
            await load_demo(services.tenants, services.listings, services.clock)
            async with open_runtime(services) as runtime:
                for number in range(threads):
                    progress(number, threads)
                    requests, history = await _replay(runtime, stub, said(number, turns))
                    counted += requests
                    spoken += sum(len(tokens(line["content"] or "")) for line in history)
        progress(threads, threads)
        sent, transcript, everything = (
            sum(getattr(each, name) for each in counted)
            for name in ("sent", "transcript", "everything")
        )
        return {
            "threads": threads,
            "turns": threads * turns,
            "calls": len(counted),
            "spoken_tokens_a_turn": round(spoken / (threads * turns), 1),
            "input_tokens": sent,
            "full_history_tokens": transcript,
            "of_full_history": round(sent / transcript, 4),
            "of_full_history_with_tools": round(sent / everything, 4),
            "cached_share": round(stub.usage.cached_tokens / stub.usage.prompt_tokens, 4),
            "longest_prompt": max(each.sent for each in counted),
            "longest_with_full_history": max(each.transcript for each in counted),
            "goals": {"of_full_history": MOST_OF_FULL_HISTORY, "cached_share": LEAST_CACHED},
        }


def talkative(request: dict[str, Any]) -> Reply:
    """The competent brain in a model's usual number of words."""
    reply = competent(request)
    if not reply.text:
        return reply
    answer = json.loads(reply.text)
    pick = random.Random(answer["reply"]).randrange(len(OFFERS))
    answer["reply"] = f"{SMALL_TALK[pick]} {answer['reply']}\n{OFFERS[pick]}"
    return Reply(json.dumps(answer))


def said(seed: int, turns: int, scripts: Sequence[Script] | None = None) -> list[str]:
    """What one undecided lead says: lines of many scripts, the same ones for a seed."""
    scripts = scripts or load_scripts()
    rng = random.Random(seed)
    lines = [rng.choice(scripts).opening]
    while len(lines) < turns:
        script = rng.choice(scripts)
        answers = [line for name in SAID for line in script.answers.get(name, [])]
        asides = [aside.say for aside in script.asides if aside.after in ("opening", "offered")]
        lines += rng.sample(answers, min(2, len(answers))) + asides[:1]
    return lines[:turns]


async def _replay(
    runtime: Runtime, stub: Stub, lines: Sequence[str]
) -> tuple[list[Counted], list[Body]]:
    """What every request took, and all lines as messages."""
    contact = Contact(name="Kim Doe", email="kim@example.com")
    started = await runtime.start(DEFAULT_TENANT, contact=contact)
    counted: list[Counted] = []
    transcript: list[Body] = []
    everything: list[Body] = []
    for line in lines:
        before = len(stub.requests)
        answer = await runtime.reply(DEFAULT_TENANT, started.thread_id, line)
        bodies = [request.body for request in stub.requests[before:]]
        for body in bodies:
            counted.append(
                Counted(
                    sent=len(prompt_tokens(body)),
                    transcript=len(prompt_tokens(with_all(body, transcript))),
                    everything=len(prompt_tokens(with_all(body, everything))),
                )
            )
        called = bodies[-1]["messages"][_newest(bodies[-1]) + 1 :] if bodies else []
        user, spoken = _message("user", line), _message("assistant", answer.reply)
        transcript += [user, spoken]
        everything += [user, *called, spoken]
    return counted, transcript


def with_all(body: Body, history: Sequence[Body]) -> Body:
    """The request with `history` where the summary and the window stand."""
    messages = body["messages"]
    fixed = [message for message in messages[:3] if message["role"] == "system"]
    return {**body, "messages": [*fixed, *history, *messages[_newest(body) :]]}


def _newest(body: Body) -> int:
    """Where the newest message stands; what follows are the calls of its turn."""
    return max(i for i, message in enumerate(body["messages"]) if message["role"] == "user")


def _message(role: str, content: str) -> Body:
    return {"role": role, "content": content}
