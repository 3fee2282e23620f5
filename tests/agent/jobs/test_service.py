import asyncio
from datetime import timedelta

import pytest

from agent.errors import NotFound
from agent.jobs.models import Job, JobError, JobStatus
from agent.jobs.service import LEASE, SEND_AGAIN, JobService
from agent.jobs.store import JobStore
from agent.kit.clock import ManualClock
from agent.services import Services

TENANT = "default"


class Broker:
    def __init__(self) -> None:
        self.carried: list[str] = []
        self.down = False

    async def send(self, job_id: str) -> None:
        if self.down:
            raise ConnectionError
        self.carried.append(job_id)


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def jobs(services: Services, broker: Broker) -> JobService:
    repository = services.repository
    return JobService(repository, JobStore(repository), services.audit, services.clock, broker)


class TestEnqueue:
    async def test_one_job_a_key(self, services: Services) -> None:
        jobs = await asyncio.gather(
            *(
                services.jobs.enqueue(TENANT, "retrain", {}, actor="latchkey", key="nightly")
                for _ in range(8)
            )
        )
        assert len({job.job_id for job in jobs}) == 1
        page = await services.jobs.store.page(TENANT)
        assert len(page.items) == 1
        records = await services.audit.store.about(TENANT, jobs[0].job_id)
        assert [(record.kind, record.actor) for record in records] == [("job.queued", "latchkey")]

    async def test_a_failed_upload_may_be_sent_again_and_a_failed_night_not(
        self, services: Services
    ) -> None:
        async def again(upload_id: str | None, key: str) -> bool:
            async def queue() -> Job:
                return await services.jobs.enqueue(
                    TENANT, "retrain", {}, actor="key:1", upload_id=upload_id, key=key
                )

            first = await queue()
            claimed = await services.jobs.claim("me", ["retrain"], first.job_id)
            assert claimed
            assert await services.jobs.fail(claimed, {}, JobError(code="x", message="y"))
            return (await queue()).job_id != first.job_id

        assert await again("upl_1", "upl_1")
        assert not await again(None, "nightly/retrain")

    async def test_without_a_key_each_is_its_own(self, services: Services) -> None:
        for _ in range(3):
            await services.jobs.enqueue(TENANT, "retrain", {}, actor="key:1")
        assert len((await services.jobs.store.page(TENANT)).items) == 3

    async def test_keys_belong_to_a_tenant(self, services: Services) -> None:
        jobs = [
            await services.jobs.enqueue(tenant, "retrain", {}, actor="key:1", key="nightly")
            for tenant in (TENANT, "other")
        ]
        assert jobs[0].job_id != jobs[1].job_id
        with pytest.raises(NotFound):
            await services.jobs.get("other", jobs[0].job_id)


class TestBroker:
    async def test_carries_the_id_at_once(self, jobs: JobService, broker: Broker) -> None:
        job = await jobs.enqueue(TENANT, "count", {}, actor="key:1")
        assert broker.carried == [job.job_id]
        assert await jobs.send_due() == 0

    async def test_that_is_away_keeps_nobody_from_queueing(
        self, jobs: JobService, broker: Broker, clock: ManualClock
    ) -> None:
        broker.down = True
        job = await jobs.enqueue(TENANT, "count", {}, actor="key:1")
        broker.down = False
        clock.advance(SEND_AGAIN)
        assert await jobs.send_due() == 1
        assert broker.carried == [job.job_id]
        assert await jobs.send_due() == 0

    async def test_is_told_again_of_a_job_whose_worker_died(
        self, jobs: JobService, broker: Broker, clock: ManualClock
    ) -> None:
        job = await jobs.enqueue(TENANT, "count", {}, actor="key:1")
        assert await jobs.claim("dead", ["count"], job.job_id)
        assert await jobs.claim("late", ["count"], job.job_id) is None
        clock.advance(LEASE)
        assert await jobs.send_due() == 0
        clock.advance(SEND_AGAIN - LEASE)
        assert await jobs.send_due() == 1
        assert await jobs.claim("next", ["count"], job.job_id)

    async def test_is_told_at_once_of_a_job_that_was_given_back(
        self, jobs: JobService, broker: Broker, clock: ManualClock
    ) -> None:
        job = await jobs.enqueue(TENANT, "count", {}, actor="key:1")
        held = await jobs.claim("stopping", ["count"], job.job_id)
        assert held
        assert await jobs.release(held, {}, after=timedelta(seconds=9))
        assert await jobs.send_due() == 0
        clock.advance(timedelta(seconds=9))
        assert await jobs.send_due() == 1
        assert (await jobs.get(TENANT, job.job_id)).status is JobStatus.QUEUED

    async def test_two_sweeps_at_once_send_each_once(
        self, services: Services, jobs: JobService, broker: Broker
    ) -> None:
        queued = {
            (await services.jobs.enqueue(TENANT, "count", {}, actor="key:1")).job_id
            for _ in range(10)
        }
        await asyncio.gather(*(jobs.send_due() for _ in range(4)))
        assert sorted(broker.carried) == sorted(queued)
