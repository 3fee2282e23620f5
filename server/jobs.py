"""Which kinds of jobs there are: what each takes, who does it, when it comes by itself."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict

from agent.jobs.models import Job
from agent.jobs.runner import Runner
from agent.jobs.step import Step
from agent.services import Services
from agent.tenants.models import Retention, Tenant
from server import embedding, importing, keeping, learning, ticketing

Handle = Callable[[Services, Job, Step], Awaitable[Mapping[str, Any]]]


class Params(BaseModel):
    """What a kind takes; nothing by default."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Kind:
    run: Handle
    params: type[BaseModel] = Params
    startable: bool = False
    """Whether POST /api/training/start takes it."""
    nightly: bool = False
    """Whether every tenant has one a night."""
    wanted: Callable[[Tenant], bool] = lambda tenant: True
    """Of those it is for, which tenants."""


KINDS: dict[str, Kind] = {
    "ingest_csv": Kind(importing.csv, importing.ImportParams),
    "ingest_threads": Kind(importing.threads, importing.ImportParams),
    "ingest_knowledge": Kind(importing.knowledge, importing.KnowledgeParams),
    "ingest_tickets": Kind(ticketing.ingest_tickets, ticketing.TicketParams),
    "embeddings": Kind(
        embedding.embeddings, embedding.EmbeddingsParams, startable=True, nightly=True
    ),
    "dataset": Kind(learning.dataset, startable=True),
    "stages": Kind(learning.stages, startable=True),
    "fine_tune": Kind(learning.fine_tune, learning.FineTuneParams, startable=True),
    "retrain": Kind(learning.retrain, nightly=True),
    "retention": Kind(
        keeping.retention, nightly=True, wanted=lambda tenant: tenant.retention != Retention()
    ),
}

NIGHT = range(3, 6)
"""The hours, UTC, in which nightly jobs are queued."""


def make_runner(services: Services, stopping: asyncio.Event) -> Runner:
    """A worker for every kind; set `stopping` and it gives back what it does."""
    return Runner(
        services.jobs,
        {name: partial(kind.run, services) for name, kind in KINDS.items()},
        services.failpoints,
        random.Random(),
        services.uploads.delete,
        stopping=stopping,
    )


async def queue_nightly(services: Services) -> None:
    """Queue what is due this night; once a tenant, kind and night, whoever asks how often.

    Nothing where LATCHKEY_NIGHTLY is off.
    """
    now = services.clock.now()
    kinds = [name for name, kind in KINDS.items() if kind.nightly]
    if services.settings.nightly == "off" or now.hour not in NIGHT:
        return
    for tenant in await services.tenants.tenants():
        for kind in kinds:
            if not KINDS[kind].wanted(tenant):
                continue
            await services.jobs.enqueue(
                tenant.tenant_id,
                kind,
                {},
                actor="latchkey",
                key=f"nightly/{kind}/{now.date().isoformat()}",
            )
