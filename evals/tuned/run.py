"""Lets a tuned model and its base answer the same held-out conversations, and judges both."""

import asyncio
from collections.abc import Sequence
from typing import Any

from agent.ai.chat.service import ChatModels
from agent.errors import Conflict, LatchkeyError, Misconfigured, Unavailable
from agent.services import Services
from agent.training.datasets.build import Step
from agent.training.datasets.windows import thread_hash
from agent.training.gate import judged, reply_checks
from agent.training.models import Evaluation, Model, ModelKind
from evals.tuned.items import Item, items
from evals.tuned.judge import is_private, is_protected, likeness, mean, well_formed
from prompts import load

AT_ONCE = 4
PASSAGES = 3
_CANDIDATES = 10


async def evaluate(services: Services, tenant_id: str, version: str, step: Step) -> Model:
    """Judge a tuned model and record it; the base model gets retrieved answers beside.

    Raises Unavailable where a model does not answer: nothing is recorded then.
    """
    model = await services.training.model(tenant_id, version)
    if model.kind is not ModelKind.FINE_TUNE or model.remote.model is None:
        raise Conflict("model_not_tuned", f"{version} is no tuned chat model.")
    if services.chat is None:
        raise Misconfigured(
            "chat_key_missing", "The evaluation needs OPENAI_API_KEY or OPENAI_BASE_URL."
        )
    dataset = await services.training.dataset(tenant_id, model.dataset_id)
    held_out = await items(services, tenant_id, dataset)
    ours, base = await _answers(services, services.chat, tenant_id, model, held_out, step)
    evaluation = _judged(services, model, held_out, ours, base)
    return await services.training.evaluated(tenant_id, version, evaluation)


async def _answers(
    services: Services,
    chat: ChatModels,
    tenant_id: str,
    model: Model,
    held_out: Sequence[Item],
    step: Step,
) -> tuple[list[str], list[str]]:
    tuned = model.remote.model or ""
    ours: list[str] = []
    base: list[str] = []
    for start in range(0, len(held_out), AT_ONCE):
        batch = held_out[start : start + AT_ONCE]
        with_past = [await _with_past(services, tenant_id, item) for item in batch]
        answers = await asyncio.gather(
            *(_ask(chat, tuned, item.messages) for item in batch),
            *(_ask(chat, model.base, messages) for messages in with_past),
        )
        ours += answers[: len(batch)]
        base += answers[len(batch) :]
        await step(len(ours), len(held_out), None)
    return ours, base


async def _ask(chat: ChatModels, model: str, messages: Sequence[dict[str, Any]]) -> str:
    completion = await chat.complete(messages, model=model)
    if completion.model != model:
        raise Unavailable(
            "evaluation_unanswered", f"{model} did not answer; another model did. Try again later."
        )
    return completion.text


async def _with_past(services: Services, tenant_id: str, item: Item) -> Sequence[dict[str, Any]]:
    """The messages, with what agents said in like places of other threads."""
    try:
        hits = await services.chunks.search(
            tenant_id,
            "conversations",
            item.messages[-1]["content"][:500],
            k=_CANDIDATES,
            where={"role": "agent"},
        )
    except LatchkeyError:
        return item.messages
    others = [hit.text for hit in hits if thread_hash(str(hit.meta["thread_id"])) != item.thread]
    if not others:
        return item.messages
    past = load("leasing/agent").render("context", {"data": "\n".join(others[:PASSAGES])})
    return [*item.messages[:-1], {"role": "system", "content": past}, item.messages[-1]]


def _judged(
    services: Services,
    model: Model,
    held_out: Sequence[Item],
    ours: Sequence[str],
    base: Sequence[str],
) -> Evaluation:
    references = [item.reference for item in held_out]
    figures = {"tuned": _figures(ours, references), "base": _figures(base, references)}
    mine = figures["tuned"]
    return judged(
        reply_checks(
            n=len(ours),
            well_formed=mine["well_formed"],
            private=int(mine["private"]),
            protected=int(mine["protected"]),
            like=mine["likeness"],
            like_base=figures["base"]["likeness"],
        ),
        n=len(ours),
        at=services.clock.now(),
        against=model.base,
        figures=figures,
    )


def _figures(replies: Sequence[str], references: Sequence[str]) -> dict[str, float]:
    return {
        "likeness": round(mean(map(likeness, replies, references)), 4),
        "well_formed": round(mean(map(well_formed, replies)), 4),
        "private": sum(map(is_private, replies)),
        "protected": sum(map(is_protected, replies)),
    }
