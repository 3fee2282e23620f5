from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from agent.jobs.models import OPEN, Job, JobStatus
from agent.mongo.paging import Order, Page, page
from agent.mongo.repository import Repository

_ORDER = Order(at="created_at", key="job_id")


class JobStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def insert(self, job: Job) -> None:
        await self._rows(job.tenant_id).insert(job.model_dump(mode="python"))

    async def get(self, tenant_id: str, job_id: str) -> Job | None:
        row = await self._rows(tenant_id).find_one({"job_id": job_id})
        return Job.model_validate(row) if row else None

    async def by_key(self, tenant_id: str, key: str) -> Job | None:
        row = await self._rows(tenant_id).find_one({"key": key})
        return Job.model_validate(row) if row else None

    async def page(
        self,
        tenant_id: str,
        *,
        created_by: str | None = None,
        kind: str | None = None,
        status: JobStatus | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Job]:
        wanted = {"created_by": created_by, "kind": kind, "status": status}
        query = {name: value for name, value in wanted.items() if value is not None}
        return await page(self._rows(tenant_id), Job, query, _ORDER, limit=limit, cursor=cursor)

    async def claim(
        self,
        now: datetime,
        *,
        owner: str,
        lease: timedelta,
        kinds: Collection[str],
        job_id: str | None = None,
    ) -> Job | None:
        """Take the job that is due longest, or just `job_id`, as it is once leased."""
        query: dict[str, Any] = {
            "status": {"$in": list(OPEN)},
            "due_at": {"$lte": now},
            "kind": {"$in": list(kinds)},
        }
        if job_id is not None:
            query["job_id"] = job_id
        died = {"$cond": [{"$eq": ["$status", JobStatus.RUNNING]}, 1, 0]}
        row = await self._repository.across_tenants("jobs").find_and_update(
            query,
            [
                {
                    "$set": {
                        "status": JobStatus.RUNNING,
                        "owner": {"$literal": owner},
                        "due_at": now + lease,
                        "fence": {"$add": ["$fence", 1]},
                        "deaths": {"$add": ["$deaths", died]},
                        "started_at": {"$ifNull": ["$started_at", now]},
                    }
                }
            ],
            sort=[("due_at", 1)],
        )
        return Job.model_validate(row) if row else None

    async def write(self, job: Job, changes: Mapping[str, Any]) -> bool:
        """Change a running job, if the lease of `job` is still the one that holds it."""
        matched = await self._rows(job.tenant_id).update(
            {"job_id": job.job_id, "status": JobStatus.RUNNING, "fence": job.fence},
            {"$set": dict(changes)},
        )
        return bool(matched)

    async def mark_sent(self, now: datetime, *, before: datetime) -> str | None:
        """Note that the job that is due longest is sent now: its id.

        Only those that are due, and that went to the broker `before` or not at all.
        """
        row = await self._repository.across_tenants("jobs").find_and_update(
            {
                "status": {"$in": list(OPEN)},
                "due_at": {"$lte": now},
                "$or": [{"sent_at": None}, {"sent_at": {"$lte": before}}],
            },
            {"$set": {"sent_at": now}},
            sort=[("due_at", 1)],
        )
        return str(row["job_id"]) if row else None

    def _rows(self, tenant_id: str) -> Any:
        return self._repository.scoped("jobs", tenant_id)
