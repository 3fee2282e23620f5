"""`latchkey` with one kind of job more: it writes numbered rows and says who wrote them."""

import asyncio
import os
from collections.abc import Mapping
from typing import Any

from agent.jobs.models import Job
from agent.jobs.step import Step
from agent.services import Services
from server.cli import main
from server.jobs import KINDS, Kind


async def tally(services: Services, job: Job, step: Step) -> Mapping[str, Any]:
    rows = services.repository.scoped("tally", job.tenant_id)
    up_to = int(job.params["up_to"])
    for number in range(job.cursor or 0, up_to):
        row = {"job_id": job.job_id, "number": number, "by": os.getpid()}
        await rows.bulk_upsert(["job_id", "number"], [row])
        await asyncio.sleep(job.params["pause"])
        await step(number + 1, up_to, cursor=number + 1)
    return {"up_to": up_to}


if __name__ == "__main__":
    KINDS["tally"] = Kind(tally)
    main()
