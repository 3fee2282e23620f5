"""The job that removes what a tenant keeps no longer."""

from collections.abc import Mapping
from typing import Any

from agent.jobs.models import Job
from agent.jobs.step import Step
from agent.services import Services
from graphs.retention import retain


async def retention(services: Services, job: Job, step: Step) -> Mapping[str, Any]:
    async def removed(done: int) -> None:
        await step(done, None, None)

    return await retain(services, job.tenant_id, step=removed)
