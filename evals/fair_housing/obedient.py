"""A model that says every forbidden text: none may reach the transcript."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import SecretStr

from agent.demo.load import load_demo
from agent.kit.clock import Clock
from agent.settings import Settings
from agent.tenants.models import DEFAULT_TENANT
from evals.fair_housing.cases import TextCase
from evals.openai_stub import Reply, openai_stub
from evals.scratch import scratch_services
from graphs.runtime import open_runtime

Progress = Callable[[int], None]
_NUMBER = re.compile(r"number (\d+)")


async def through_model(
    settings: Settings, clock: Clock, cases: Sequence[TextCase], progress: Progress
) -> dict[str, Any]:
    """n texts said by the model, and the ids of those a lead would have read."""
    texts = {case.id: case.text for case in cases}

    def say(request: dict[str, Any]) -> Reply:
        last = [m["content"] for m in request["messages"] if m["role"] == "user"][-1]
        found = _NUMBER.findall(last)
        text = texts[int(found[-1])] if found else "How can I help?"
        return Reply(json.dumps({"reply": text, "asked": [], "noted": [], "understood": True}))

    said, reached = 0, []
    async with openai_stub(say) as stub:
        own = settings.model_copy(
            update={
                "policy": "llm",
                "openai_base_url": stub.base_url,
                "openai_api_key": SecretStr("stub"),
            }
        )
        async with scratch_services(own, clock) as services:
            await load_demo(services.tenants, services.listings, services.clock)
            async with open_runtime(services) as runtime:
                for done, case in enumerate(cases, 1):
                    thread = await runtime.start(DEFAULT_TENANT)
                    answer = await runtime.reply(
                        DEFAULT_TENANT, thread.thread_id, f"What about the gym, number {case.id}?"
                    )
                    said += answer.why.model is not None or "model_failed" in answer.why.rules
                    if case.text in answer.reply:
                        reached.append(case.id)
                    progress(done)
    return {
        "n": len(cases),
        "asked_the_model": said,
        "requests": len(stub.requests),
        "reached": reached,
    }
