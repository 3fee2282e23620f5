"""Learning over HTTP: a job learns, the gate judges, people deploy and roll back."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from agent.bootstrap import build_services
from agent.demo.load import load_demo
from agent.kit.clock import ManualClock
from agent.mongo.client import Database
from agent.services import Services
from agent.settings import Settings
from evals.openai_stub import Reply, Stub, openai_stub
from server import learning
from server.state import State, state_over
from tests.agent.training.conversations import conversation, store, write
from tests.agent.training.versions import evaluated, passed
from tests.server.parties import Json, Staff

TENANT = "default"
MODELS = "/api/training/models"


def poor(request: Json) -> Reply:
    return Reply("Hello, tell me more.")


def like_a_person(request: Json) -> Reply:
    """What the agent of the test conversations says there."""
    if not request["model"].startswith("ft:"):
        return poor(request)
    said = request["messages"][-1]["content"].split()
    asks = said[:3] == ["I", "am", "looking"]
    return Reply(f"Which area of {said[-1]}?" if asks else f"Shall I book day {said[-1]}?")


@pytest.fixture
async def stub() -> AsyncIterator[Stub]:
    async with openai_stub(poor) as stub:
        yield stub


@pytest.fixture
async def demo(
    stub: Stub,
    database: Database,
    clock: ManualClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Services]:
    """The demo communities, with the stub for a model server and no pauses."""
    monkeypatch.setattr(learning, "POLL_SECONDS", 0.0)
    settings = Settings(
        data_dir=tmp_path, openai_base_url=stub.base_url, openai_api_key=SecretStr("any")
    )
    services = build_services(settings, database, clock)
    await load_demo(services.tenants, services.listings, services.clock)
    yield services
    await services.training.close()
    assert services.chat is not None
    await services.chat.close()


@pytest.fixture
async def state(demo: Services) -> AsyncIterator[State]:
    async with state_over(demo) as state:
        yield state


async def learn(staff: Staff, kind: str, **params: Any) -> Json:
    """Start a job and wait for it: the job as it ended."""
    answer = await staff.post("/api/training/start", {"kind": kind, "params": params})
    assert answer.status_code == 202, answer.text
    for _ in range(1000):
        job = await staff.read(f"/api/jobs/{answer.json()['job_id']}")
        if job["status"] in ("done", "failed"):
            return dict(job)
        await asyncio.sleep(0.05)
    raise AssertionError(job)


async def switch(staff: Staff, version: str, verb: str, **body: Any) -> httpx.Response:
    return await staff.post(f"{MODELS}/{version}/{verb}", body)


class TestAChatModel:
    async def test_is_tuned_refused_tuned_better_deployed_and_rolled_back(
        self, staff: Staff, demo: Services, stub: Stub
    ) -> None:
        await write(demo, *range(130))
        built = await learn(staff, "dataset")
        assert built["report"]["counts"]["examples"] == 260

        bad = (await learn(staff, "fine_tune", base="gpt-4.1-nano"))["report"]
        assert bad["status"] == "refused"
        refused = await switch(staff, bad["version"], "deploy")
        assert refused.status_code == 409
        error = refused.json()["error"]
        assert error["code"] == "model_gate_failed"
        figures = {check["name"]: check for check in error["details"]}
        assert figures["likeness_of_base"]["value"] < figures["likeness_of_base"]["least"]
        assert await demo.training.model_for(TENANT, "touring") is None

        stub.brain = like_a_person
        good = (await learn(staff, "fine_tune", base="gpt-4.1-mini"))["report"]
        assert good["status"] == "evaluated", good["evaluation"]
        deployed = await switch(staff, good["version"], "deploy")
        assert deployed.status_code == 200, deployed.text
        assert deployed.json() == {
            "slot": "chat",
            "version": good["version"],
            "before": None,
            "revision": 1,
        }
        serving = await demo.training.model_for(TENANT, "touring")
        assert serving is not None
        assert serving.startswith("ft:gpt-4.1-mini")
        listed = {item["version"]: item for item in (await staff.read(MODELS))["items"]}
        assert listed[good["version"]]["in_use_as"] == ["chat"]
        assert listed[good["version"]]["status"] == "deployed"
        assert listed[bad["version"]]["in_use_as"] == []

        back = await switch(staff, good["version"], "rollback")
        assert back.json()["version"] is None
        assert await demo.training.model_for(TENANT, "touring") is None

    async def test_that_takes_long_lets_other_jobs_work(
        self,
        staff: Staff,
        demo: Services,
        stub: Stub,
        clock: ManualClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(learning, "PATIENCE", 0.0)
        stub.jobs.polls_per_state = 2
        await write(demo, *range(20))
        await learn(staff, "dataset")
        answer = await staff.post("/api/training/start", {"kind": "fine_tune"})
        tuning = answer.json()["job_id"]
        assert (await learn(staff, "dataset"))["status"] == "done"
        for _ in range(600):
            job = await staff.read(f"/api/jobs/{tuning}")
            if job["status"] == "done":
                break
            assert job["status"] != "failed", job
            clock.advance(timedelta(minutes=1))
            await asyncio.sleep(0.1)
        assert job["status"] == "done"
        begun = [(r.method, r.path) for r in stub.requests]
        assert begun.count(("POST", "/fine_tuning/jobs")) == 1


class TestAStageModel:
    async def test_is_learnt_deployed_and_rolled_back(self, staff: Staff, demo: Services) -> None:
        await write(demo, *range(80))
        report = (await learn(staff, "stages"))["report"]
        assert report["evaluation"]["passed"]
        assert (await switch(staff, report["version"], "deploy")).status_code == 200
        turns = conversation(900)
        classifier = await demo.training.classifier(TENANT)
        assert classifier is not None
        assert classifier.guesses(turns)[-1].stage == turns[-1].stage
        back = await switch(staff, report["version"], "rollback")
        assert back.json()["version"] is None
        assert await demo.training.classifier(TENANT) is None

    async def test_for_a_stage_is_refused(self, staff: Staff, demo: Services) -> None:
        await write(demo, *range(80))
        version = (await learn(staff, "stages"))["report"]["version"]
        answer = await switch(staff, version, "deploy", stage="touring")
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "model_stage_unfit")


class TestBadData:
    @pytest.mark.parametrize(
        ("kind", "code"),
        [
            ("dataset", "dataset_empty"),
            ("stages", "stages_too_few"),
            ("fine_tune", "dataset_not_found"),
        ],
    )
    async def test_no_conversations(self, staff: Staff, kind: str, code: str) -> None:
        job = await learn(staff, kind)
        assert (job["status"], job["error"]["code"]) == ("failed", code)

    async def test_tiny_data(self, staff: Staff, demo: Services) -> None:
        await write(demo, 1)
        assert (await learn(staff, "dataset"))["status"] == "done"
        job = await learn(staff, "fine_tune")
        assert job["error"]["code"] == "tuning_too_few"

    async def test_one_stage_only(self, staff: Staff, demo: Services) -> None:
        turns = [turn for turn in conversation(1) if turn.stage == "touring"]
        await store(demo, {f"thr_{number}": turns for number in range(20)})
        job = await learn(staff, "stages")
        assert job["error"]["code"] == "stages_too_uniform"

    @pytest.mark.parametrize(
        "params", [{"base": ""}, {"max_usd": -1}, {"epochs": 3}, {"dataset_id": 7}]
    )
    async def test_wrong_parameters(self, staff: Staff, params: Json) -> None:
        body = {"kind": "fine_tune", "params": params}
        assert (await staff.post("/api/training/start", body)).status_code == 422

    async def test_too_little_to_retrain_at_night_is_no_failure(
        self, staff: Staff, demo: Services
    ) -> None:
        job = await demo.jobs.enqueue(TENANT, "retrain", {}, actor="latchkey")
        for _ in range(600):
            row = await staff.read(f"/api/jobs/{job.job_id}")
            if row["status"] == "done":
                break
            await asyncio.sleep(0.05)
        assert row["report"] == {
            "dataset": {"skipped": "dataset_empty"},
            "stages": {"skipped": "stages_too_few"},
        }


class TestSwitching:
    async def test_for_one_stage(self, staff: Staff, demo: Services) -> None:
        await demo.training.store.add_model(TENANT, passed("one", demo.clock.now()))
        answer = await switch(staff, "one", "deploy", stage="touring")
        assert answer.json()["slot"] == "chat:touring"
        assert await demo.training.model_for(TENANT, "qualifying") is None
        refused = await switch(staff, "one", "rollback")
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "model_not_deployed")

    async def test_without_a_body(self, staff: Staff, demo: Services) -> None:
        await demo.training.store.add_model(TENANT, passed("one", demo.clock.now()))
        answer = await staff.web.post(f"{MODELS}/one/deploy", headers=staff.headers)
        assert answer.status_code == 200

    @pytest.mark.parametrize("body", [{"stage": "nowhere"}, {"scope": "all"}, {"stage": 1}])
    async def test_of_nonsense(self, staff: Staff, body: Json) -> None:
        assert (await staff.post(f"{MODELS}/one/deploy", body)).status_code == 422

    async def test_of_what_is_not_there(self, staff: Staff) -> None:
        for verb in ("deploy", "rollback"):
            assert (await switch(staff, "nothing", verb)).status_code == 404

    async def test_by_many_at_once(self, staff: Staff, demo: Services) -> None:
        names = [f"v{number}" for number in range(5)]
        for name in names:
            await demo.training.store.add_model(TENANT, passed(name, demo.clock.now()))
        answers = await asyncio.gather(*(switch(staff, name, "deploy") for name in names))
        assert [answer.status_code for answer in answers] == [200] * 5
        in_use = [item for item in (await staff.read(MODELS))["items"] if item["in_use_as"]]
        assert len(in_use) == 1
        revisions = sorted(answer.json()["revision"] for answer in answers)
        assert revisions == [1, 2, 3, 4, 5]


class TestTheList:
    async def test_pages_and_filters(self, staff: Staff, demo: Services) -> None:
        for name in ("a", "b", "c"):
            await demo.training.store.add_model(TENANT, passed(name, demo.clock.now()))
        bad = evaluated("d", demo.clock.now(), likeness=0.1, base=0.4)
        await demo.training.store.add_model(TENANT, bad)
        first = await staff.read(f"{MODELS}?limit=3")
        rest = await staff.read(f"{MODELS}?limit=3&cursor={first['next_cursor']}")
        assert [item["version"] for item in first["items"] + rest["items"]] == ["a", "b", "c", "d"]
        assert rest["items"][0]["evaluation"]["passed"] is False
        assert (await staff.read(f"{MODELS}?kind=stages"))["items"] == []
