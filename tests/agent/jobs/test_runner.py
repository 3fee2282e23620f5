import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from agent.errors import InvalidInput, StorageFull, TooBusy, Unavailable
from agent.jobs.models import Job, JobStatus
from agent.jobs.runner import ATTEMPTS, DEATHS
from agent.jobs.service import LEASE
from agent.jobs.step import Step
from tests.agent.jobs.conftest import BATCHES, Bench

AWAY = Unavailable("model_unavailable", "The model does not answer.")


class TestDone:
    async def test_reports_and_frees_its_file(self, bench: Bench) -> None:
        job = await bench.queue(upload_id="upl_1")
        assert await bench.runner().run_once()
        row = await bench.row(job)
        assert (row.status, row.report, row.error) == (JobStatus.DONE, {"batches": BATCHES}, None)
        assert (row.progress.done, row.progress.total) == (BATCHES, BATCHES)
        assert row.finished_at == bench.clock.now()
        assert bench.discarded == ["upl_1"]
        assert await bench.audited(job) == ["job.done", "job.queued"]
        assert not await bench.runner().run_once()

    async def test_the_oldest_comes_first(self, bench: Bench) -> None:
        first = await bench.queue()
        bench.clock.advance(timedelta(seconds=1))
        await bench.queue()
        await bench.runner().run_once()
        assert (await bench.row(first)).status is JobStatus.DONE

    async def test_a_kind_nobody_here_can_do_waits(self, bench: Bench) -> None:
        job = await bench.queue("unheard_of")
        assert not await bench.runner().run_once()
        assert (await bench.row(job)).status is JobStatus.QUEUED

    async def test_eight_workers_do_each_job_once(self, bench: Bench) -> None:
        jobs = [await bench.queue() for _ in range(12)]

        async def work() -> int:
            runner, done = bench.runner(), 0
            while await runner.run_once():
                done += 1
            return done

        done = await asyncio.gather(*(work() for _ in range(8)))
        assert sum(done) == len(jobs)
        assert sorted(bench.wrote) == sorted(list(range(BATCHES)) * len(jobs))
        assert {(await bench.row(job)).status for job in jobs} == {JobStatus.DONE}

    async def test_a_report_that_cannot_be_kept_is_told(self, bench: Bench) -> None:
        async def boast(job: Job, step: Step) -> Mapping[str, Any]:
            return {"text": "\ud800"}

        bench.handlers["boast"] = boast
        job = await bench.queue("boast")
        await bench.runner().run_once()
        row = await bench.row(job)
        assert row.error
        assert (row.status, row.error.code) == (JobStatus.FAILED, "document_invalid")


class TestFailed:
    async def test_at_once_with_code_and_message(self, bench: Bench) -> None:
        async def refuse(batch: int) -> None:
            if batch == 2:
                raise InvalidInput("table_empty", "The file has no rows.")

        bench.before = refuse
        job = await bench.queue(upload_id="upl_1")
        await bench.runner().run_once()
        row = await bench.row(job)
        assert row.error
        assert (row.status, row.error.code) == (JobStatus.FAILED, "table_empty")
        assert row.error.message == "The file has no rows."
        assert (row.progress.done, row.report) == (2, None)
        assert bench.discarded == ["upl_1"]
        assert await bench.audited(job) == ["job.failed", "job.queued"]

    async def test_a_defect_names_no_one(
        self, bench: Bench, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def stumble(batch: int) -> None:
            raise ValueError("kim@example.com")

        bench.before = stumble
        job = await bench.queue()
        await bench.runner().run_once()
        row = await bench.row(job)
        assert row.error
        assert row.error.code == "internal"
        assert "kim@" not in row.error.message + caplog.text
        assert job.job_id in caplog.text


class TestTriedAgain:
    @pytest.mark.parametrize("error", [AWAY, TooBusy("a", "b"), StorageFull("a", "b")])
    async def test_goes_on_from_its_cursor(self, bench: Bench, error: Exception) -> None:
        async def away(batch: int) -> None:
            if batch == 2:
                raise error

        bench.before = away
        job = await bench.queue()
        await bench.runner().run_once()
        row = await bench.row(job)
        assert (row.status, row.cursor, row.attempts) == (JobStatus.QUEUED, 2, 1)
        assert row.error
        assert row.due_at > bench.clock.now()
        assert not await bench.runner().run_once()
        bench.before = None
        bench.clock.advance(timedelta(minutes=5))
        await bench.runner().run_once()
        row = await bench.row(job)
        assert (row.status, row.error) == (JobStatus.DONE, None)
        assert bench.wrote == list(range(BATCHES))

    async def test_gives_up_when_it_gets_no_further(self, bench: Bench) -> None:
        async def away(batch: int) -> None:
            raise AWAY

        bench.before = away
        job = await bench.queue()
        for _ in range(ATTEMPTS):
            assert await bench.runner().run_once()
            bench.clock.advance(timedelta(minutes=5))
        row = await bench.row(job)
        assert row.error
        assert (row.status, row.error.code) == (JobStatus.FAILED, "model_unavailable")
        assert not await bench.runner().run_once()

    async def test_counts_anew_once_it_got_further(self, bench: Bench) -> None:
        fails = True

        async def away(batch: int) -> None:
            nonlocal fails
            fails = not fails
            if not fails:
                raise AWAY

        bench.before = away
        job = await bench.queue()
        for _ in range(2 * BATCHES):
            await bench.runner().run_once()
            bench.clock.advance(timedelta(minutes=5))
        assert (await bench.row(job)).status is JobStatus.DONE

    async def test_waits_as_long_as_it_is_told(self, bench: Bench) -> None:
        async def busy(batch: int) -> None:
            raise TooBusy("model_busy", "Later.", retry_after=200)

        bench.before = busy
        job = await bench.queue()
        await bench.runner().run_once()
        assert (await bench.row(job)).due_at >= bench.clock.now() + timedelta(seconds=200)


class TestLease:
    async def test_holds_while_batches_are_written(self, bench: Bench) -> None:
        async def slow(batch: int) -> None:
            bench.clock.advance(LEASE / 2)
            assert await bench.jobs.claim("other", ["count"]) is None

        bench.before = slow
        await bench.queue()
        await bench.runner().run_once()
        assert bench.wrote == list(range(BATCHES))

    async def test_a_dead_workers_job_goes_on_from_its_cursor(self, bench: Bench) -> None:
        job = await bench.queue()
        held = await bench.jobs.claim("dead", ["count"])
        assert held
        assert await bench.jobs.renew(held, {"cursor": 3})
        assert not await bench.runner().run_once()
        bench.clock.advance(LEASE)
        assert await bench.runner().run_once()
        row = await bench.row(job)
        assert (bench.wrote, row.status, row.deaths) == ([3], JobStatus.DONE, 0)

    async def test_a_worker_that_lost_it_writes_nothing_more(self, bench: Bench) -> None:
        async def sleeps(batch: int) -> None:
            if batch == 2 and not taken:
                bench.clock.advance(LEASE * 2)
                taken.append(await bench.jobs.claim("other", ["count"]))

        taken: list[Job | None] = []
        bench.before = sleeps
        job = await bench.queue()
        await bench.runner().run_once()
        row = await bench.row(job)
        assert bench.wrote == [0, 1, 2]
        assert (row.status, row.owner, row.cursor) == (JobStatus.RUNNING, "other", 2)
        [other] = taken
        assert other
        assert await bench.jobs.finish(other, {}, {})
        assert await bench.audited(job) == ["job.done", "job.queued"]

    async def test_its_outcome_does_not_count_either(self, bench: Bench) -> None:
        async def overtaken(job: Job, step: Step) -> Mapping[str, Any]:
            bench.clock.advance(LEASE * 2)
            assert await bench.jobs.claim("other", ["overtaken"])
            return {"mine": True}

        bench.handlers["overtaken"] = overtaken
        job = await bench.queue("overtaken", upload_id="upl_1")
        await bench.runner().run_once()
        row = await bench.row(job)
        assert (row.status, row.report) == (JobStatus.RUNNING, None)
        assert bench.discarded == []

    async def test_a_clock_set_back_takes_nothing_away(self, bench: Bench) -> None:
        async def back(batch: int) -> None:
            bench.clock.advance(-timedelta(hours=1))

        bench.before = back
        job = await bench.queue()
        await bench.runner().run_once()
        assert (await bench.row(job)).status is JobStatus.DONE

    async def test_what_kills_its_workers_is_failed(self, bench: Bench) -> None:
        job = await bench.queue(upload_id="upl_1")
        for _ in range(DEATHS):
            await bench.dies()
        assert await bench.runner().run_once()
        row = await bench.row(job)
        assert row.error
        assert (row.status, row.error.code) == (JobStatus.FAILED, "job_keeps_dying")
        assert bench.wrote == []
        assert bench.discarded == ["upl_1"]


class TestStopped:
    async def test_given_back_at_its_next_step(self, bench: Bench) -> None:
        async def stop(batch: int) -> None:
            if batch == 2:
                bench.stopping.set()

        bench.before = stop
        job = await bench.queue()
        await bench.runner().run_once()
        row = await bench.row(job)
        assert (row.status, row.cursor, row.owner) == (JobStatus.QUEUED, 3, None)
        assert (row.attempts, row.deaths) == (0, 0)
        bench.before = None
        bench.stopping.clear()
        await bench.runner().run_once()
        assert bench.wrote == list(range(BATCHES))

    async def test_cut_off_in_a_batch_it_is_given_back_too(self, bench: Bench) -> None:
        reached = asyncio.Event()

        async def hang(batch: int) -> None:
            if batch == 2:
                reached.set()
                await asyncio.sleep(600)

        bench.before = hang
        job = await bench.queue()
        working = asyncio.create_task(bench.runner().run_once())
        await asyncio.wait_for(reached.wait(), 60)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working
        row = await bench.row(job)
        assert (row.status, row.cursor, row.deaths) == (JobStatus.QUEUED, 2, 0)

    async def test_a_batch_that_does_not_end_is_cut_off(self, bench: Bench) -> None:
        async def hang(batch: int) -> None:
            if batch == 1:
                bench.stopping.set()
                await asyncio.sleep(600)

        bench.before = hang
        job = await bench.queue()
        runner = bench.runner(stop_seconds=0.05)
        assert await asyncio.wait_for(runner.run_once(), 60)
        row = await bench.row(job)
        assert (row.status, row.cursor, row.deaths) == (JobStatus.QUEUED, 1, 0)

    async def test_a_handlers_own_timeout_is_a_failure(self, bench: Bench) -> None:
        async def late(batch: int) -> None:
            raise TimeoutError

        bench.before = late
        job = await bench.queue()
        await bench.runner().run_once()
        assert (await bench.row(job)).status is JobStatus.FAILED


async def test_an_outcome_waits_for_the_database(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that is away when the job ends costs the job nothing."""
    close, away = bench.jobs.finish, 2

    async def finish(*given: Any) -> bool:
        nonlocal away
        if away:
            away -= 1
            raise Unavailable("database_unavailable", "Away.")
        return await close(*given)

    monkeypatch.setattr(bench.jobs, "finish", finish)
    monkeypatch.setattr("agent.jobs.runner.WRITE_PAUSE", 0.01)
    job = await bench.queue()
    await bench.runner().run_once()
    assert (await bench.row(job)).status is JobStatus.DONE


async def test_a_long_batch_keeps_the_lease(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def long(batch: int) -> None:
        if batch == 1:
            bench.clock.advance(LEASE / 2)
            while (await bench.row(job)).due_at < bench.clock.now() + LEASE:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            bench.clock.advance(LEASE / 2)
            assert await bench.jobs.claim("other", ["count"]) is None

    monkeypatch.setattr("agent.jobs.runner.RENEW_SECONDS", 0.02)
    bench.before = long
    job = await bench.queue()
    await bench.runner().run_once()
    assert bench.wrote == list(range(BATCHES))
