import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from agent.approvals.models import Approval, ApprovalStatus
from agent.errors import Conflict, InvalidInput, NotFound, TooBusy
from agent.kit.clock import ManualClock
from agent.services import Services
from agent.training.datasets import writing
from agent.training.datasets.build import split_of
from agent.training.datasets.windows import thread_hash
from agent.training.models import Dataset, Prompt
from agent.training.stages.turns import Turn
from tests.agent.training.conversations import silent, store, write
from tests.agent.training.versions import passed

TENANT = "default"


async def build(services: Services, tenant: str = TENANT) -> Dataset:
    return await services.training.build_dataset(tenant, silent, actor="test")


async def lines(services: Services, dataset: Dataset, file: str) -> list[dict[str, Any]]:
    pieces = [piece async for piece in services.training.file(TENANT, dataset, file)]
    return [json.loads(line) for line in b"".join(pieces).splitlines()]


async def chunks(services: Services) -> int:
    return await services.repository.scoped("dataset_chunks", TENANT).count({})


async def edited(services: Services, thread_id: str = "thr_1") -> None:
    now = services.clock.now()
    await services.approvals.store.insert(
        TENANT,
        Approval(
            action_id=f"act_{thread_id}",
            thread_id=thread_id,
            lead_id="lead",
            turn=1,
            action="send_message",
            args={"text": "See you at 4"},
            proposed_args={"text": "See you at 3"},
            args_hash="a",
            asked_hash="a",
            description="",
            risk="low",
            status=ApprovalStatus.EDITED,
            excerpt=["Lead: at four?"],
            created_at=now,
            expires_at=now,
        ),
    )


class TestBuilding:
    async def test_splits_by_thread(self, services: Services) -> None:
        await write(services, *range(40))
        dataset = await build(services)
        seen: dict[str, set[str]] = {}
        for split in ("train", "validation", "test"):
            sources = await lines(services, dataset, f"{split}.sources.jsonl")
            seen[split] = {source["thread"] for source in sources}
            assert len(sources) == dataset.counts[f"examples_{split}"]
            assert len(sources) == dataset.files[f"{split}.chat.jsonl"].lines
            assert seen[split] == {
                thread_hash(f"thr_{n}") for n in range(40) if split_of(f"thr_{n}") == split
            }
        assert len(seen["train"]) > len(seen["test"]) > 0

    async def test_the_same_conversations_are_the_same_dataset(self, services: Services) -> None:
        await write(services, *range(5))
        first = await build(services)
        kept = await chunks(services)
        second = await build(services)
        assert second == first
        assert await chunks(services) == kept
        await write(services, 5)
        assert (await build(services)).hash != first.hash

    async def test_two_builds_at_once_are_one_dataset(self, services: Services) -> None:
        await write(services, *range(5))
        one, other = await asyncio.gather(build(services), build(services))
        assert one.dataset_id == other.dataset_id
        assert await services.repository.scoped("datasets", TENANT).count({}) == 1
        assert await chunks(services) == len(one.files)

    async def test_files_in_many_pieces(
        self, services: Services, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await write(services, *range(20))
        whole = await build(services)
        monkeypatch.setattr(writing, "CHUNK", 200)
        await write(services, 20)
        pieces = await build(services)
        assert await chunks(services) > 2 * len(whole.files)
        examples = await lines(services, pieces, "train.prompts.jsonl")
        assert examples[: whole.files["train.prompts.jsonl"].lines] != []
        assert len(examples) == pieces.files["train.prompts.jsonl"].lines

    async def test_says_where_it_comes_from(self, services: Services) -> None:
        await write(services, 1)
        prompt = Prompt(
            name="leasing/agent", version="1", digest="d", first_seen=services.clock.now()
        )
        dataset = await services.training.build_dataset(
            TENANT, silent, actor="test", instructions="Be kind.", prompt=prompt
        )
        assert dataset.provenance["prompt"] == {
            "name": "leasing/agent",
            "version": "1",
            "digest": "d",
        }
        assert dataset.provenance["threads_sha256"]
        assert dataset.created_by == "test"
        (record,) = await services.audit.store.about(TENANT, dataset.dataset_id)
        assert record.kind == "dataset.built"

    async def test_tells_how_far_it_is(self, services: Services) -> None:
        await write(services, *range(70))
        told: list[tuple[int, int | None]] = []

        async def step(done: int, total: int | None, cursor: object) -> None:
            told.append((done, total))

        await services.training.build_dataset(TENANT, step, actor="test")
        assert told == [(64, 70), (70, 70)]

    async def test_pairs_of_what_people_changed(self, services: Services) -> None:
        await write(services, 1)
        await edited(services)
        (pair,) = await lines(services, await build(services), "edits.jsonl")
        assert "See you at 4" in pair["preferred_output"][0]["content"]

    async def test_of_another_tenant_is_not_read(self, services: Services) -> None:
        await write(services, 1, tenant="other")
        with pytest.raises(InvalidInput):
            await build(services)


class TestNothingToLearn:
    async def test_no_conversations(self, services: Services) -> None:
        with pytest.raises(InvalidInput) as caught:
            await build(services)
        assert caught.value.code == "dataset_empty"
        assert "ingest" in caught.value.message

    async def test_no_replies(self, services: Services) -> None:
        await store(services, {"thr_1": [Turn("lead", "Hello?"), Turn("lead", "Anybody?")]})
        with pytest.raises(InvalidInput) as caught:
            await build(services)
        assert "1 conversations" in caught.value.message
        assert await chunks(services) == 0

    async def test_no_dataset_yet(self, services: Services) -> None:
        with pytest.raises(NotFound) as caught:
            await services.training.dataset(TENANT)
        assert caught.value.code == "dataset_not_found"


class TestAnInterruptedBuild:
    async def test_that_was_told_to_stop_leaves_nothing(self, services: Services) -> None:
        await write(services, 1)

        async def stop(done: int, total: int | None, cursor: object) -> None:
            raise Conflict("job_lease_lost", "Another worker has it.")

        with pytest.raises(Conflict):
            await services.training.build_dataset(TENANT, stop, actor="test")
        assert await chunks(services) == 0

    async def test_that_died_is_cleared_away_a_day_later(
        self, services: Services, clock: ManualClock
    ) -> None:
        await write(services, 1)
        training = services.training._datasets
        await training.begin_build(TENANT, "build_dead", clock.now())
        await training.put_chunk(TENANT, "build_dead", "a", 0, b"x", {"t"})
        await build(services)
        assert await services.repository.scoped("dataset_builds", TENANT).count({}) == 1
        clock.advance(timedelta(days=1, seconds=1))
        await build(services)
        assert await services.repository.scoped("dataset_builds", TENANT).count({}) == 0
        found = await services.repository.scoped("dataset_chunks", TENANT).distinct("build", {})
        assert "build_dead" not in found


class TestOldOnes:
    async def test_go_unless_a_model_or_another_builder_needs_them(
        self, services: Services, clock: ManualClock
    ) -> None:
        built = []
        for night in range(6):
            await write(services, night)
            clock.advance(timedelta(days=1))
            built.append((await build(services)).dataset_id)
        await write(services, 6)
        mine = await services.training.build_dataset(TENANT, silent, actor="me")
        learnt = passed("one", clock.now()).model_copy(update={"dataset_id": built[1]})
        await services.training.store.add_model(TENANT, learnt)
        drop = services.training.drop_old_datasets
        assert await drop("other", built_by="test") == 0
        assert await drop(TENANT, built_by="test") == 2
        assert await drop(TENANT, built_by="test") == 0
        kept = await services.repository.scoped("datasets", TENANT).distinct("dataset_id", {})
        assert {*kept} == {built[1], *built[3:], mine.dataset_id}
        builds = await services.repository.scoped("dataset_chunks", TENANT).distinct("build", {})
        assert len(builds) == len(kept)


class TestForgetting:
    async def test_empties_every_dataset_that_holds_the_thread(self, services: Services) -> None:
        await write(services, 1, 2)
        dataset = await build(services)
        assert await services.training.forget(TENANT, ["thr_unknown"]) == 0
        assert await services.training.forget(TENANT, ["thr_1"]) == 1
        assert await chunks(services) == 0
        assert (await services.training.dataset(TENANT, dataset.dataset_id)).emptied
        with pytest.raises(NotFound):
            await services.training.dataset(TENANT)

    async def test_of_a_thread_that_is_only_in_the_edits(self, services: Services) -> None:
        await write(services, 1)
        await edited(services, "thr_9")
        await build(services)
        assert await services.training.forget(TENANT, ["thr_9"]) == 1

    async def test_while_one_is_built_ends_that_one(self, services: Services) -> None:
        await write(services, 1, 2)

        async def forget(done: int, total: int | None, cursor: Any) -> None:
            await services.training.forget(TENANT, ["thr_1"])

        with pytest.raises(TooBusy) as caught:
            await services.training.build_dataset(TENANT, forget, actor="test")
        assert caught.value.code == "dataset_outdated"
        assert await chunks(services) == 0
        with pytest.raises(NotFound):
            await services.training.dataset(TENANT)

    async def test_does_not_keep_it_from_being_built_again(self, services: Services) -> None:
        await write(services, 1)
        dataset = await build(services)
        await services.training.forget(TENANT, ["thr_1"])
        again = await build(services)
        assert (again.dataset_id, again.emptied) == (dataset.dataset_id, False)
        assert await lines(services, again, next(iter(again.files)))
