import logging
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from agent.audit.service import AuditService
from agent.errors import Duplicate, NotFound
from agent.jobs.models import Job, JobError, JobStatus
from agent.jobs.store import JobStore
from agent.kit.clock import Clock
from agent.kit.ids import new_id
from agent.mongo.repository import Repository

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=30)
SEND_AGAIN = timedelta(seconds=60)
"""After this long the broker is taken to have lost an id."""
SENT_AT_ONCE = 100


class Sender(Protocol):
    async def send(self, job_id: str) -> None:
        """Tell some worker about a job; raises whatever keeps it from being told."""
        ...


class JobService:
    """Queues jobs and writes down what becomes of them; who does them is the runner's."""

    def __init__(
        self,
        repository: Repository,
        store: JobStore,
        audit: AuditService,
        clock: Clock,
        sender: Sender | None = None,
    ) -> None:
        self.store = store
        self._repository = repository
        self._audit = audit
        self._clock = clock
        self._sender = sender

    async def enqueue(
        self,
        tenant_id: str,
        kind: str,
        params: Mapping[str, Any],
        *,
        actor: str,
        upload_id: str | None = None,
        key: str | None = None,
    ) -> Job:
        """Queue a job and audit it; with `key`, the job that has the key already."""
        now = self._clock.now()
        job = Job(
            job_id=new_id("job"),
            tenant_id=tenant_id,
            kind=kind,
            params=dict(params),
            upload_id=upload_id,
            key=key,
            created_by=actor,
            created_at=now,
            due_at=now,
            sent_at=now if self._sender else None,
        )

        async def write() -> None:
            await self.store.insert(job)
            await self._audit.record(
                tenant_id, "job.queued", job.job_id, {"kind": kind}, actor=actor
            )

        if key is not None and (known := await self.store.by_key(tenant_id, key)):
            return known
        try:
            await self._repository.transact(write)
        except Duplicate:
            known = await self.store.by_key(tenant_id, key) if key is not None else None
            if known is None:
                raise
            return known
        await self._send(job.job_id)
        return job

    async def get(self, tenant_id: str, job_id: str) -> Job:
        job = await self.store.get(tenant_id, job_id)
        if job is None:
            raise unknown(job_id)
        return job

    async def claim(
        self, owner: str, kinds: Collection[str], job_id: str | None = None
    ) -> Job | None:
        """Lease the job that is due longest, or just `job_id`."""
        return await self.store.claim(
            self._clock.now(), owner=owner, lease=LEASE, kinds=kinds, job_id=job_id
        )

    async def renew(self, job: Job, changes: Mapping[str, Any] | None = None) -> bool:
        """Keep the lease for as long again, with `changes`; False when it is lost."""
        return await self.store.write(job, {**(changes or {}), "due_at": self._clock.now() + LEASE})

    async def release(
        self,
        job: Job,
        changes: Mapping[str, Any],
        *,
        after: timedelta = timedelta(),
        error: JobError | None = None,
    ) -> bool:
        """Give the job back, to be taken again at once or `after` a while."""
        return await self.store.write(
            job,
            {
                **changes,
                "status": JobStatus.QUEUED,
                "owner": None,
                "due_at": self._clock.now() + after,
                "error": error.model_dump() if error else None,
                "sent_at": None,
            },
        )

    async def finish(self, job: Job, changes: Mapping[str, Any], report: Mapping[str, Any]) -> bool:
        """Close the job as done, with an audit record; False when the lease is lost."""
        done = {**changes, "report": dict(report), "error": None}
        return await self._close(job, JobStatus.DONE, done, {"kind": job.kind})

    async def fail(self, job: Job, changes: Mapping[str, Any], error: JobError) -> bool:
        """Close the job as failed, with an audit record; False when the lease is lost.

        A job of an upload lets go of its key, so that the same file can be sent again at once.
        """
        failed: dict[str, Any] = {**changes, "error": error.model_dump()}
        if job.upload_id is not None:
            failed["key"] = None
        return await self._close(
            job, JobStatus.FAILED, failed, {"kind": job.kind, "code": error.code}
        )

    async def send_due(self) -> int:
        """Send the ids of due jobs that no broker seems to carry any more; how many.

        Heals a broker that lost them and workers that died.
        """
        now = self._clock.now()
        for sent in range(SENT_AT_ONCE):
            job_id = await self.store.mark_sent(now, before=now - SEND_AGAIN)
            if job_id is None:
                return sent
            await self._send(job_id)
        return SENT_AT_ONCE

    async def _close(
        self, job: Job, status: JobStatus, changes: Mapping[str, Any], data: Mapping[str, Any]
    ) -> bool:
        finished: dict[str, JobStatus | datetime | None] = {
            "status": status,
            "owner": None,
            "finished_at": self._clock.now(),
        }

        async def write() -> bool:
            held = await self.store.write(job, {**changes, **finished})
            if held:
                await self._audit.record(
                    job.tenant_id, f"job.{status}", job.job_id, data, actor=job.created_by
                )
            return held

        return await self._repository.transact(write)

    async def _send(self, job_id: str) -> None:
        if self._sender is None:
            return
        try:
            await self._sender.send(job_id)
        except Exception as error:
            # the row is the truth: the sweep sends it again
            log.warning("the broker did not take a job: %s", type(error).__name__)


def unknown(job_id: str) -> NotFound:
    return NotFound("job_not_found", f"There is no job {job_id!r}.")
