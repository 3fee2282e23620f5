import asyncio
from datetime import timedelta

import pytest

from agent.errors import Conflict, NotFound
from agent.kit.clock import ManualClock
from agent.services import Services
from agent.threads.models import Stage
from agent.training.models import Deployment, Model, ModelStatus
from tests.agent.training.versions import evaluated, passed

TENANT = "default"


async def add(services: Services, *names: str) -> None:
    for name in names:
        await services.training.store.add_model(TENANT, passed(name, services.clock.now()))


async def deploy(services: Services, version: str, stage: Stage | None = None) -> Deployment:
    return await services.training.deploy(TENANT, version, stage=stage, actor="ada")


async def rollback(services: Services, version: str, stage: Stage | None = None) -> Deployment:
    return await services.training.rollback(TENANT, version, stage=stage, actor="ada")


async def status(services: Services, version: str) -> ModelStatus:
    return (await services.training.model(TENANT, version)).status


class TestDeploying:
    async def test_puts_a_version_in_use(self, services: Services) -> None:
        await add(services, "one")
        assert await services.training.model_for(TENANT, "touring") is None
        deployment = await deploy(services, "one")
        assert (deployment.slot, deployment.version, deployment.revision) == ("chat", "one", 1)
        assert await services.training.model_for(TENANT, "touring") == "ft:base:one"
        assert await services.training.model_for("other", "touring") is None
        assert await status(services, "one") is ModelStatus.DEPLOYED

    async def test_the_next_one_retires_it(self, services: Services) -> None:
        await add(services, "one", "two")
        await deploy(services, "one")
        assert (await deploy(services, "two")).history == ["one"]
        assert await status(services, "one") is ModelStatus.RETIRED
        assert await status(services, "two") is ModelStatus.DEPLOYED

    async def test_again_changes_nothing(self, services: Services) -> None:
        await add(services, "one")
        first = await deploy(services, "one")
        assert (await deploy(services, "one")).revision == first.revision
        assert len(await services.audit.store.about(TENANT, "one")) == 1

    async def test_a_stage_may_have_its_own(self, services: Services) -> None:
        await add(services, "one", "two")
        await deploy(services, "one")
        await deploy(services, "two", Stage.TOURING)
        assert await services.training.model_for(TENANT, "touring") == "ft:base:two"
        assert await services.training.model_for(TENANT, "qualifying") == "ft:base:one"

    async def test_is_audited(self, services: Services) -> None:
        await add(services, "one", "two")
        await deploy(services, "one")
        await deploy(services, "two")
        (record,) = await services.audit.store.about(TENANT, "two")
        assert (record.kind, record.actor) == ("model.deployed", "ada")
        assert record.data == {"slot": "chat", "before": "one", "after": "two"}

    async def test_what_failed_the_gate_is_refused_with_the_figures(
        self, services: Services
    ) -> None:
        bad = evaluated("bad", services.clock.now(), likeness=0.3, base=0.4)
        await services.training.store.add_model(TENANT, bad)
        with pytest.raises(Conflict) as caught:
            await deploy(services, "bad")
        assert caught.value.code == "model_gate_failed"
        assert caught.value.details == [
            {"name": "likeness_of_base", "value": 0.3, "least": 0.4, "passed": False}
        ]
        assert await services.training.store.deployments(TENANT) == []

    @pytest.mark.parametrize(
        "state", [ModelStatus.TRAINING, ModelStatus.TRAINED, ModelStatus.FAILED]
    )
    async def test_what_was_not_evaluated_is_refused(
        self, services: Services, state: ModelStatus
    ) -> None:
        raw: Model = passed("raw", services.clock.now())
        await services.training.store.add_model(
            TENANT, raw.model_copy(update={"status": state, "evaluation": None})
        )
        with pytest.raises(Conflict) as caught:
            await deploy(services, "raw")
        assert caught.value.code == "model_not_evaluated"

    async def test_what_is_unknown_or_of_another_tenant(self, services: Services) -> None:
        await services.training.store.add_model("other", passed("one", services.clock.now()))
        with pytest.raises(NotFound) as caught:
            await deploy(services, "one")
        assert caught.value.code == "model_not_found"


class TestRollingBack:
    async def test_puts_back_what_was_before(self, services: Services) -> None:
        await add(services, "one", "two", "three")
        for name in ("one", "two", "three"):
            await deploy(services, name)
        assert (await rollback(services, "three")).version == "two"
        assert (await rollback(services, "two")).version == "one"
        assert await services.training.model_for(TENANT, "touring") == "ft:base:one"
        assert await status(services, "three") is ModelStatus.RETIRED
        assert await status(services, "one") is ModelStatus.DEPLOYED

    async def test_the_first_one_leaves_nothing_in_use(self, services: Services) -> None:
        await add(services, "one")
        await deploy(services, "one")
        assert (await rollback(services, "one")).version is None
        assert await services.training.model_for(TENANT, "touring") is None
        assert (await deploy(services, "one")).revision == 3

    async def test_twice_is_refused(self, services: Services) -> None:
        await add(services, "one", "two")
        await deploy(services, "one")
        await deploy(services, "two")
        await rollback(services, "two")
        with pytest.raises(Conflict) as caught:
            await rollback(services, "two")
        assert caught.value.code == "model_not_deployed"

    async def test_of_one_stage_leaves_the_others(self, services: Services) -> None:
        await add(services, "one")
        await deploy(services, "one")
        await deploy(services, "one", Stage.TOURING)
        await rollback(services, "one", Stage.TOURING)
        assert await services.training.model_for(TENANT, "touring") == "ft:base:one"
        assert await status(services, "one") is ModelStatus.DEPLOYED

    async def test_is_audited(self, services: Services) -> None:
        await add(services, "one")
        await deploy(services, "one")
        await rollback(services, "one")
        kinds = {record.kind for record in await services.audit.store.about(TENANT, "one")}
        assert kinds == {"model.deployed", "model.rolled_back"}


class TestAtOnce:
    async def test_deploys_follow_one_another(self, services: Services) -> None:
        names = [f"v{number}" for number in range(6)]
        await add(services, *names)
        await asyncio.gather(*(deploy(services, name) for name in names))
        (deployment,) = await services.training.store.deployments(TENANT)
        assert deployment.revision == 6
        assert sorted([*deployment.history, deployment.version or ""]) == names
        states = [await status(services, name) for name in names]
        assert states.count(ModelStatus.DEPLOYED) == 1
        assert states.count(ModelStatus.RETIRED) == 5

    async def test_the_same_deploy_happens_once(self, services: Services) -> None:
        await add(services, "one")
        done = await asyncio.gather(*(deploy(services, "one") for _ in range(5)))
        assert {deployment.revision for deployment in done} == {1}

    async def test_one_rollback_wins(self, services: Services) -> None:
        await add(services, "one", "two")
        await deploy(services, "one")
        await deploy(services, "two")
        done = await asyncio.gather(
            *(rollback(services, "two") for _ in range(3)), return_exceptions=True
        )
        assert [type(each) for each in done].count(Deployment) == 1
        assert await services.training.model_for(TENANT, "touring") == "ft:base:one"

    async def test_what_another_process_switched_is_known_within_five_seconds(
        self, services: Services, clock: ManualClock
    ) -> None:
        await add(services, "one")
        assert await services.training.model_for(TENANT, "touring") is None
        row = Deployment(slot="chat", version="one", revision=1)
        assert await services.training.store.switch(TENANT, row)
        assert await services.training.model_for(TENANT, "touring") is None
        clock.advance(timedelta(seconds=5))
        assert await services.training.model_for(TENANT, "touring") == "ft:base:one"
