"""A sample of the journeys with a competent model behind the real client."""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from agent.ai.chat import ChatModels
from agent.services import Services
from evals.journeys.brain import competent
from evals.journeys.modelled import beyond, kept, modelled
from evals.journeys.run import make_room, run_seed
from evals.journeys.script import load_scripts
from evals.openai_stub import openai_stub
from graphs.runtime import open_runtime

EVERY = 35


@pytest.mark.untraced
async def test_a_sample_reaches_the_same_ends(demo: Services) -> None:
    await make_room(demo)
    async with openai_stub(competent) as stub:
        settings = demo.settings.model_copy(
            update={
                "policy": "llm",
                "openai_base_url": stub.base_url,
                "openai_api_key": SecretStr("stub"),
            }
        )
        chat = ChatModels(settings, demo.clock)
        services = replace(demo, settings=settings, chat=chat)
        async with open_runtime(services) as runtime:
            journeys = await run_seed(runtime, load_scripts()[::EVERY], 0, lambda *_: None)
        await chat.close()
        report = modelled(stub, [why for journey in journeys for why in journey.whys])
    assert {j.script.id: j.problem for j in journeys if not j.passed} == {}
    assert kept(report)
    assert not kept({**report, "tools_beyond_stage": 1})
    assert not kept({**report, "most_calls_without_tools": 2})
    assert report["failed_over"] == 0
    assert report["answered_by_model"] > report["turns"] / 2
    body = stub.bodies()[0]
    body["tools"] = [{"function": {"name": "start_application"}}]
    assert beyond(body) == {"start_application"}
