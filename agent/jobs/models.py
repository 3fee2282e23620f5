from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from agent.jobs.step import Step


class JobStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


OPEN = (JobStatus.QUEUED, JobStatus.RUNNING)


class JobProgress(BaseModel):
    done: int = 0
    total: int | None = None
    """None while it is unknown."""


class JobError(BaseModel):
    code: str
    message: str


class Job(BaseModel):
    """Bulk work that outlives the process that does it."""

    job_id: str
    tenant_id: str
    kind: str
    params: dict[str, Any] = Field(default_factory=dict)
    upload_id: str | None = None
    key: str | None = None
    """One job a key: who enqueues it again gets the first one."""
    status: JobStatus = JobStatus.QUEUED
    cursor: Any = None
    """Where the handler goes on; None at the start."""
    progress: JobProgress = JobProgress()
    report: dict[str, Any] | None = None
    error: JobError | None = None
    """Why it failed, or why it waits to be tried again."""
    attempts: int = 0
    """Failures that may pass, since it last got further."""
    deaths: int = 0
    """Workers that vanished during it, since it last got further."""
    due_at: datetime
    """When it may be taken: while it runs, when its lease lapses."""
    owner: str | None = None
    """The worker that holds the lease."""
    fence: int = 0
    sent_at: datetime | None = None
    """When its id last went to the broker."""
    created_by: str
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None


Handler = Callable[[Job, "Step"], Awaitable[Mapping[str, Any]]]
"""Does a job and returns its report.

It calls the step after each batch, goes on from `job.cursor`, and may be begun again at any time:
what it writes is the same when it is written twice. Work for the CPU goes to threads. Raises
Unavailable or TooBusy for what is worth another try.
"""
