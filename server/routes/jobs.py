"""What became of bulk work."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from agent.jobs.models import Job, JobError, JobProgress, JobStatus
from agent.jobs.service import unknown
from server.actors import Actor
from server.deps import Id, Someone, TheServices
from server.errors import problems
from server.listed import Cursor, Limit, Listed
from server.scopes import Scope

router = APIRouter(prefix="/api/jobs", tags=["jobs"])


def _reader(actor: Someone) -> Actor:
    """Any API key; what it did not start itself needs `training:read`."""
    if actor.thread_id is not None:
        actor.require(Scope.TRAINING_READ)
    return actor


Reader = Annotated[Actor, Depends(_reader)]


class JobItem(BaseModel):
    job_id: str
    kind: str
    status: JobStatus
    progress: JobProgress
    report: dict[str, Any] | None
    error: JobError | None
    """Why it failed, or why it waits to be tried again."""
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, job: Job) -> "JobItem":
        return cls.model_validate(job, from_attributes=True)


@router.get(
    "",
    summary="Jobs, the newest first",
    description="One's own; with `training:read` those of everyone.",
    responses=problems(401, 403),
)
async def list_jobs(
    services: TheServices,
    actor: Reader,
    kind: str | None = None,
    status: JobStatus | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Listed[JobItem]:
    page = await services.jobs.store.page(
        actor.tenant_id,
        created_by=None if Scope.TRAINING_READ in actor.scopes else actor.name,
        kind=kind,
        status=status,
        limit=limit,
        cursor=cursor,
    )
    return Listed(items=[JobItem.of(job) for job in page.items], next_cursor=page.next_cursor)


@router.get("/{job_id}", summary="One job", responses=problems(401, 403, 404))
async def read_job(job_id: Id, services: TheServices, actor: Reader) -> JobItem:
    job = await services.jobs.get(actor.tenant_id, job_id)
    if Scope.TRAINING_READ not in actor.scopes and job.created_by != actor.name:
        raise unknown(job_id)
    return JobItem.of(job)
