from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from agent.bootstrap import build_services
from agent.chunks.models import Source
from agent.errors import Conflict, Misconfigured, Unavailable
from agent.kit.clock import ManualClock
from agent.mongo.client import Database
from agent.services import Services
from agent.settings import Settings
from agent.training.datasets.build import split_of
from agent.training.datasets.windows import thread_hash
from agent.training.models import Evaluation, Model, ModelStatus, Remote
from evals.openai_stub import Fault, Reply, Stub, openai_stub
from evals.tuned.items import items
from evals.tuned.run import evaluate
from tests.agent.training.conversations import silent, write
from tests.agent.training.versions import passed

TENANT = "default"
BASE = "gpt-4.1-mini"


def like_a_person(request: dict[str, Any]) -> Reply:
    """What the agent of the test conversations says there."""
    said = request["messages"][-1]["content"].split()
    if said[:3] == ["I", "am", "looking"]:
        return Reply(f"Which area of {' '.join(said[7:])}?")
    return Reply(f"Shall I book day {said[-1]}?")


def brain(tuned: Reply | None = None) -> Any:
    def answer(request: dict[str, Any]) -> Reply:
        if request["model"].startswith("ft:"):
            return tuned or like_a_person(request)
        return Reply("Hello, tell me more.")

    return answer


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    async with openai_stub(brain()) as stub:
        yield stub


@pytest.fixture
async def tuned(
    stub: Stub, database: Database, clock: ManualClock, tmp_path: Path
) -> AsyncIterator[Services]:
    settings = Settings(
        data_dir=tmp_path, openai_base_url=stub.base_url, openai_api_key=SecretStr("any")
    )
    services = build_services(settings, database, clock)
    await write(services, *range(130))
    await services.training.build_dataset(TENANT, silent, actor="test")
    await services.training.fine_tune(TENANT, silent, actor="test", base=BASE, poll_seconds=0.0)
    yield services
    await services.training.close()
    assert services.chat is not None
    await services.chat.close()


async def version(services: Services) -> str:
    (model,) = (await services.training.store.models(TENANT)).items
    return model.version


async def judge(services: Services) -> tuple[Model, Evaluation]:
    model = await evaluate(services, TENANT, await version(services), silent)
    assert model.evaluation is not None
    return model, model.evaluation


async def test_a_good_model_passes(tuned: Services, stub: Stub) -> None:
    model, evaluation = await judge(tuned)
    assert model.status is ModelStatus.EVALUATED
    assert evaluation.passed
    assert evaluation.n >= 20
    assert evaluation.against == BASE
    assert evaluation.figures["tuned"]["likeness"] > 0.7
    assert evaluation.figures["base"]["likeness"] < 0.5
    asked = [body["model"] for body in stub.bodies()]
    assert asked.count(BASE) == asked.count(model.remote.model) == evaluation.n


@pytest.mark.parametrize(
    ("reply", "check"),
    [
        ("Hello, dear.", "likeness_of_base"),
        ("Lead: which area of Northgate?", "well_formed"),
        ("Which area? Call (415) 555-0132", "free_of_contact_data"),
        ("Which area is safe for families?", "free_of_protected_words"),
    ],
)
async def test_a_bad_one_does_not(tuned: Services, stub: Stub, reply: str, check: str) -> None:
    stub.brain = brain(Reply(reply))
    model, evaluation = await judge(tuned)
    assert model.status is ModelStatus.REFUSED
    assert check in {each.name for each in evaluation.checks if not each.passed}


async def test_only_threads_it_has_not_learnt_from(tuned: Services) -> None:
    dataset = await tuned.training.dataset(TENANT)
    found = await items(tuned, TENANT, dataset)
    assert len(found) == dataset.files["test.chat.jsonl"].lines
    assert await items(tuned, TENANT, dataset) == found
    assert all(item.messages[-1]["role"] == "user" for item in found)


async def test_the_base_gets_what_other_threads_say(tuned: Services, stub: Stub) -> None:
    held_out = next(n for n in range(130) if split_of(f"thr_{n}") == "test")
    meta = {"role": "agent", "turn_index": 1, "stage": "qualifying", "timestamp": None}
    await tuned.chunks.put(
        TENANT,
        "conversations",
        [
            Source(f"{thread}/1", f"Which area, the {area}?", {**meta, "thread_id": thread})
            for thread, area in ((f"thr_{held_out}", "seaside"), ("thr_elsewhere", "riverside"))
        ],
    )
    await judge(tuned)
    bodies = [body for body in stub.bodies() if body["model"] == BASE]
    shown = ["riverside" in str(body["messages"]).replace("Riverside", "") for body in bodies]
    assert any(shown)
    assert not any("riverside" in str(b["messages"]) for b in stub.bodies() if b not in bodies)
    own, others = thread_hash(f"thr_{held_out}"), set()
    for item in await items(tuned, TENANT, await tuned.training.dataset(TENANT)):
        asked = [each["content"] for each in item.messages]
        told = [
            str(body)
            for body in bodies
            if [each["content"] for each in body["messages"] if each["content"] in asked] == asked
        ]
        if item.thread == own:
            assert told
            assert not any("seaside" in each for each in told)
        else:
            others |= {"seaside" in each for each in told}
    assert True in others


@pytest.mark.parametrize("status", [400, 404])
async def test_a_model_that_does_not_answer_is_not_judged(
    tuned: Services, stub: Stub, status: int
) -> None:
    name = (await tuned.training.model(TENANT, await version(tuned))).remote.model
    stub.always(Fault("status", status=status, model=name))
    with pytest.raises(Unavailable):
        await judge(tuned)
    model = await tuned.training.model(TENANT, await version(tuned))
    assert (model.status, model.evaluation) == (ModelStatus.TRAINED, None)


async def test_a_model_that_was_not_tuned(services: Services) -> None:
    raw = passed("raw", services.clock.now()).model_copy(update={"remote": Remote()})
    await services.training.store.add_model(TENANT, raw)
    with pytest.raises(Conflict) as caught:
        await evaluate(services, TENANT, "raw", silent)
    assert caught.value.code == "model_not_tuned"


async def test_without_a_key(services: Services) -> None:
    await services.training.store.add_model(TENANT, passed("one", services.clock.now()))
    with pytest.raises(Misconfigured) as caught:
        await evaluate(services, TENANT, "one", silent)
    assert caught.value.code == "chat_key_missing"
