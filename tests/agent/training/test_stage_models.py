import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from agent.errors import Conflict, InvalidInput, NotFound
from agent.kit.clock import ManualClock
from agent.services import Services
from agent.threads.models import Stage
from agent.training.datasets.build import split_of
from agent.training.models import Model, ModelStatus
from agent.training.stages import training
from agent.training.stages.turns import Turn
from tests.agent.training.conversations import conversation, silent, store, write

TENANT = "default"
ASKS = [Turn("lead", "I would like to visit on day 3")]


async def train(services: Services) -> Model:
    return await services.training.train_stages(TENANT, silent, actor="test")


async def deploy(services: Services, version: str) -> None:
    await services.training.deploy(TENANT, version, actor="test")


async def stage_of(services: Services, tenant_id: str, turns: list[Turn]) -> str | None:
    """Of the last turn, by the classifier in use."""
    classifier = await services.training.classifier(tenant_id)
    guesses = classifier.guesses(turns) if classifier else []
    return guesses[-1].stage if guesses else None


async def muddle(services: Services) -> None:
    """More conversations to learn from, all of them labelled wrong."""
    threads = {
        f"mud_{seed}": [replace(turn, stage="applying") for turn in conversation(seed)]
        for seed in range(120)
        if split_of(f"mud_{seed}") != "test"
    }
    await store(services, threads)


class TestTraining:
    async def test_learns_from_labelled_threads_and_is_scored_on_others(
        self, services: Services
    ) -> None:
        await write(services, *range(80))
        model = await train(services)
        assert model.status is ModelStatus.EVALUATED
        assert model.evaluation is not None
        assert model.evaluation.passed
        assert model.evaluation.n == 6 * (80 - model.metrics["threads"])
        assert model.evaluation.figures["overall"]["accuracy"] == 1.0
        assert model.artefact is not None
        assert model.artefact.size == len(
            await services.training.store.artefact(TENANT, model.version)
        )

    async def test_the_same_labels_are_the_same_version(self, services: Services) -> None:
        await write(services, *range(80))
        first = await train(services)
        again = await train(services)
        assert again.version == first.version
        assert again.created_at == first.created_at
        await write(services, 80)
        assert (await train(services)).version != first.version

    async def test_two_trainings_at_once_are_one_version(self, services: Services) -> None:
        await write(services, *range(40))
        one, other = await asyncio.gather(train(services), train(services))
        assert one.version == other.version
        assert await services.repository.scoped("models", TENANT).count({}) == 1

    async def test_takes_a_share_of_very_many(
        self, services: Services, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(training, "MOST_LABELLED", 300)
        await write(services, *range(80))
        model = await train(services)
        assert model.evaluation is not None
        assert model.metrics["turns"] + model.evaluation.n <= 300

    async def test_without_conversations(self, services: Services) -> None:
        with pytest.raises(InvalidInput) as caught:
            await train(services)
        assert caught.value.code == "stages_too_few"

    async def test_with_one_stage_only(self, services: Services) -> None:
        hello = [Turn("lead", "Hello", "touring")]
        await store(services, {f"thr_{seed}": hello for seed in range(30)})
        with pytest.raises(InvalidInput) as caught:
            await train(services)
        assert caught.value.code == "stages_too_uniform"
        assert "'touring'" in caught.value.message

    async def test_with_too_few_held_out_to_be_sure(self, services: Services) -> None:
        await write(services, *range(8))
        model = await train(services)
        assert model.status is ModelStatus.REFUSED
        with pytest.raises(Conflict) as caught:
            await deploy(services, model.version)
        assert caught.value.code == "model_gate_failed"
        assert "turns" in caught.value.message
        assert caught.value.details


class TestInUse:
    async def test_nothing_is_in_use_until_it_is_deployed(self, services: Services) -> None:
        await write(services, *range(80))
        model = await train(services)
        assert await stage_of(services, TENANT, ASKS) is None
        await deploy(services, model.version)
        assert await stage_of(services, TENANT, ASKS) == "touring"
        assert await stage_of(services, TENANT, []) is None
        assert await stage_of(services, "other", ASKS) is None

    async def test_another_process_sees_it_within_five_seconds(
        self, services: Services, clock: ManualClock
    ) -> None:
        await write(services, *range(80))
        model = await train(services)
        assert await services.training.classifier(TENANT) is None
        services.training._deployments._known[TENANT] = (clock.now(), {})
        row = {"slot": "stages", "version": model.version, "revision": 1}
        await services.repository.scoped("deployments", TENANT).insert(row)
        assert await services.training.classifier(TENANT) is None
        clock.advance(timedelta(seconds=5))
        assert await services.training.classifier(TENANT) is not None

    async def test_no_stage_of_its_own(self, services: Services) -> None:
        await write(services, *range(80))
        model = await train(services)
        with pytest.raises(InvalidInput) as caught:
            await services.training.deploy(TENANT, model.version, stage=Stage.TOURING, actor="test")
        assert caught.value.code == "model_stage_unfit"

    async def test_an_artefact_that_is_gone(self, services: Services) -> None:
        await write(services, *range(80))
        model = await train(services)
        await services.repository.scoped("model_artefacts", TENANT).delete_many({})
        services.training._stages._classifiers.clear()
        await deploy(services, model.version)
        with pytest.raises(NotFound) as caught:
            await stage_of(services, TENANT, ASKS)
        assert caught.value.code == "artefact_not_found"
        assert (await train(services)).version == model.version
        assert await stage_of(services, TENANT, ASKS) == "touring"

    async def test_an_artefact_of_an_older_latchkey_can_be_replaced(
        self, services: Services
    ) -> None:
        await write(services, *range(80))
        old = await train(services)
        await deploy(services, old.version)
        await services.training.store.put_artefact(TENANT, old.version, b"of another format")
        services.training._stages._classifiers.clear()
        await write(services, 80)
        new = await train(services)
        assert new.evaluation is not None
        assert new.evaluation.figures["deployed"] is None
        await deploy(services, new.version)
        assert await stage_of(services, TENANT, ASKS) == "touring"


class TestTheGate:
    async def test_refuses_what_is_worse_than_the_deployed(self, services: Services) -> None:
        await write(services, *range(80))
        good = await train(services)
        await deploy(services, good.version)
        await muddle(services)
        worse = await train(services)
        assert worse.status is ModelStatus.REFUSED
        assert worse.evaluation is not None
        assert worse.evaluation.against == good.version
        with pytest.raises(Conflict) as caught:
            await deploy(services, worse.version)
        assert caught.value.code == "model_gate_failed"
        assert await stage_of(services, TENANT, ASKS) == "touring"

    async def test_refuses_what_was_compared_with_another(self, services: Services) -> None:
        await write(services, *range(80))
        first = await train(services)
        await write(services, 80)
        second = await train(services)
        await deploy(services, first.version)
        with pytest.raises(Conflict) as caught:
            await deploy(services, second.version)
        assert caught.value.code == "model_gate_stale"
        again = await train(services)
        assert again.version == second.version
        await deploy(services, again.version)
