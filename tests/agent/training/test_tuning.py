import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from agent.errors import Conflict, InvalidInput, LatchkeyError, Misconfigured, TooBusy, Unavailable
from agent.kit.clock import ManualClock
from agent.services import Services
from agent.training.models import Dataset, Model, ModelStatus
from agent.training.tuning.prices import cost
from agent.training.tuning.run import STARTING, estimate
from evals.openai_stub import Fault, Stub
from tests.agent.training.conversations import silent, write

TENANT = "default"
BASE = "gpt-4.1-mini"


async def prepare(services: Services, threads: int = 12) -> Dataset:
    await write(services, *range(threads))
    return await services.training.build_dataset(TENANT, silent, actor="test")


async def tune(services: Services, *, base: str = BASE, **more: Any) -> Model:
    options = {"step": silent, "poll_seconds": 0.0, **more}
    return await services.training.fine_tune(TENANT, actor="test", base=base, **options)


def begun(stub: Stub) -> int:
    """How many remote jobs were started."""
    asked = [(request.method, request.path) for request in stub.requests]
    return asked.count(("POST", "/fine_tuning/jobs"))


async def forget_remote(services: Services, version: str, changes: Mapping[str, Any]) -> None:
    await services.training.store.change_model(TENANT, version, changes)


class TestTuning:
    async def test_ends_with_a_model_of_the_dataset(self, tuning: Services, stub: Stub) -> None:
        dataset = await prepare(tuning)
        model = await tune(tuning)
        assert model.status is ModelStatus.TRAINED
        assert model.remote.model is not None
        assert model.remote.model.startswith(f"ft:{BASE}")
        assert model.dataset_hash == dataset.hash
        assert model.metrics["trained_tokens"] > 0
        assert model.remote.file_id is not None
        sent = stub.files.content(model.remote.file_id).splitlines()
        assert len(sent) == dataset.files["train.chat.jsonl"].lines
        assert json.loads(sent[0])["messages"][-1]["role"] == "assistant"

    async def test_is_not_repeated_for_the_same_dataset_and_base(
        self, tuning: Services, stub: Stub
    ) -> None:
        await prepare(tuning)
        first = await tune(tuning)
        assert (await tune(tuning)).version == first.version
        assert begun(stub) == 1
        assert (await tune(tuning, base="gpt-4.1-nano")).version != first.version
        assert begun(stub) == 2

    async def test_tells_how_far_it_is(self, tuning: Services) -> None:
        await prepare(tuning)
        told: list[Any] = []

        async def step(done: int, total: int | None, cursor: Any) -> None:
            told.append((done, cursor["job_id"], cursor["looks"]))

        model = await tune(tuning, step=step)
        job_id = model.remote.job_id
        assert told == [(1, job_id, 1), (2, job_id, 2)]
        assert model.metrics["events"][0] == "The job has succeeded"

    async def test_a_killed_worker_goes_on_with_the_same_job(
        self, tuning: Services, stub: Stub
    ) -> None:
        await prepare(tuning)

        async def die(done: int, total: int | None, cursor: Any) -> None:
            raise asyncio.CancelledError

        with pytest.raises(asyncio.CancelledError):
            await tune(tuning, step=die)
        assert (await tune(tuning)).status is ModelStatus.TRAINED
        assert begun(stub) == 1

    async def test_a_job_whose_id_was_lost_is_found_again(
        self, tuning: Services, stub: Stub
    ) -> None:
        """The worker died after it had begun the job and before it had written that down."""
        await prepare(tuning)
        stub.jobs.polls_per_state = 3
        with pytest.raises(TooBusy):
            await tune(tuning, patience=0)
        page = await tuning.training.store.models(TENANT)
        await forget_remote(tuning, page.items[0].version, {"remote": {}})
        assert (await tune(tuning)).status is ModelStatus.TRAINED
        assert begun(stub) == 1
        files = [r for r in stub.requests if (r.method, r.path) == ("POST", "/files")]
        assert len(files) == 2

    async def test_two_workers_at_once_begin_one_job(self, tuning: Services, stub: Stub) -> None:
        await prepare(tuning)
        stub.always(Fault("slow_headers", path="fine_tuning/jobs", seconds=0.2))
        found = await asyncio.gather(*(tune(tuning) for _ in range(3)), return_exceptions=True)
        tuned = [each for each in found if isinstance(each, Model)]
        busy = [each.code for each in found if isinstance(each, TooBusy)]
        assert {model.status for model in tuned} == {ModelStatus.TRAINED}
        assert {*busy} <= {"tuning_starting"}
        assert len(tuned) + len(busy) == 3
        assert begun(stub) == 1

    async def test_a_worker_that_died_about_to_begin_is_not_waited_for_long(
        self, tuning: Services, clock: ManualClock, stub: Stub
    ) -> None:
        await prepare(tuning)
        stub.always(Fault("status", status=400))
        with pytest.raises(InvalidInput):
            await tune(tuning)
        stub.always(None)
        (model,) = (await tuning.training.store.models(TENANT)).items
        now = clock.now()
        claimed = tuning.training.store.claim_start
        assert await claimed(TENANT, model.version, now=now, until=now + STARTING)
        with pytest.raises(TooBusy) as caught:
            await tune(tuning)
        assert caught.value.code == "tuning_starting"
        assert begun(stub) == 0
        clock.advance(STARTING)
        assert (await tune(tuning)).status is ModelStatus.TRAINED
        assert begun(stub) == 1

    async def test_gives_its_worker_back_while_it_waits(self, tuning: Services) -> None:
        await prepare(tuning)
        with pytest.raises(TooBusy) as caught:
            await tune(tuning, patience=0)
        assert caught.value.code == "tuning_running"
        assert caught.value.retry_after
        assert (await tune(tuning, looks=1)).status is ModelStatus.TRAINED

    async def test_can_be_cancelled(self, tuning: Services, stub: Stub) -> None:
        await prepare(tuning)
        with pytest.raises(TooBusy):
            await tune(tuning, patience=0)
        (model,) = (await tuning.training.store.models(TENANT)).items
        cancelled = await tuning.training.cancel(TENANT, model.version, actor="test")
        assert (cancelled.status, cancelled.error) == (ModelStatus.FAILED, "cancelled")
        with pytest.raises(Conflict) as caught:
            await tuning.training.cancel(TENANT, model.version, actor="test")
        assert caught.value.code == "model_not_training"
        assert (await tune(tuning)).status is ModelStatus.TRAINED
        assert begun(stub) == 2


class TestRefusedBefore:
    async def test_without_a_dataset(self, tuning: Services) -> None:
        with pytest.raises(LatchkeyError) as caught:
            await tune(tuning)
        assert caught.value.code == "dataset_not_found"

    async def test_with_too_few_examples(self, tuning: Services, stub: Stub) -> None:
        await prepare(tuning, 2)
        with pytest.raises(InvalidInput) as caught:
            await tune(tuning)
        assert caught.value.code == "tuning_too_few"
        assert not stub.requests

    async def test_beyond_the_money_allowed(self, tuning: Services, stub: Stub) -> None:
        await prepare(tuning)
        with pytest.raises(InvalidInput) as caught:
            await tune(tuning, base="gpt-4o", max_usd=0)
        assert caught.value.code == "tuning_too_expensive"
        assert not stub.requests

    async def test_without_a_key(self, services: Services) -> None:
        await prepare(services)
        with pytest.raises(Misconfigured) as caught:
            await tune(services)
        assert caught.value.code == "tuning_key_missing"

    async def test_after_somebody_was_forgotten(self, tuning: Services, stub: Stub) -> None:
        dataset = await prepare(tuning)
        await tuning.training.forget(TENANT, ["thr_1"])
        with pytest.raises(Conflict) as caught:
            await tune(tuning, dataset_id=dataset.dataset_id)
        assert caught.value.code == "dataset_emptied"
        assert not stub.requests


class TestAServer:
    async def test_that_fails_the_job_is_asked_again_another_time(
        self, tuning: Services, stub: Stub
    ) -> None:
        await prepare(tuning)
        # the first look at the list of jobs would take the fault
        stub.faults.append(Fault("status", path="files", status=400))
        with pytest.raises(InvalidInput) as refused:
            await tune(tuning)
        assert refused.value.code == "tuning_refused"
        stub.always(Fault("job_failed"))
        with pytest.raises(Conflict) as caught:
            await tune(tuning)
        assert caught.value.code == "tuning_failed"
        assert "server_error" in caught.value.message
        (model,) = (await tuning.training.store.models(TENANT)).items
        assert (model.status, model.error) == (ModelStatus.FAILED, "server_error")
        stub.always(None)
        assert (await tune(tuning)).status is ModelStatus.TRAINED

    @pytest.mark.parametrize(
        ("fault", "error", "code"),
        [
            (Fault("status", status=401), Misconfigured, "tuning_key_refused"),
            (Fault("status", status=404), InvalidInput, "tuning_refused"),
            (Fault("status", status=503, retry_after=0.01), Unavailable, "tuning_unavailable"),
            (Fault("status", status=429, retry_after=0.01), Unavailable, "tuning_unavailable"),
            (Fault("not_json"), Unavailable, "tuning_unavailable"),
            (Fault("wrong_type"), Unavailable, "tuning_unavailable"),
        ],
    )
    async def test_that_does_not_do_its_part(
        self,
        tuning: Services,
        stub: Stub,
        fault: Fault,
        error: type[LatchkeyError],
        code: str,
    ) -> None:
        await prepare(tuning)
        stub.always(fault)
        with pytest.raises(error) as caught:
            await tune(tuning)
        assert caught.value.code == code
        stub.always(None)
        assert (await tune(tuning)).status is ModelStatus.TRAINED


class TestAnEstimate:
    async def test_names_tokens_and_dollars(self, services: Services) -> None:
        dataset = await prepare(services)
        expected = estimate(dataset, "gpt-4.1-mini-2025-04-14")
        assert expected["examples"] == dataset.files["train.chat.jsonl"].lines
        assert expected["tokens"] > 0
        assert expected["usd"] == cost("gpt-4.1-mini", expected["tokens"])
        assert estimate(dataset, "of-our-own")["usd"] is None
