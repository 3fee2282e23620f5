"""The jobs that take conversations and articles in, from the file that waits for each."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from agent.errors import InvalidInput, NotFound
from agent.ingest.conversations.given import GivenThreads
from agent.ingest.conversations.ingest import ingest_conversations, ingest_threads
from agent.ingest.conversations.labels import Guess
from agent.ingest.conversations.models import ConversationReport
from agent.ingest.conversations.roles import Side
from agent.ingest.knowledge import ingest_knowledge
from agent.ingest.report import IngestReport
from agent.jobs.models import Job
from agent.jobs.step import Step
from agent.knowledge.models import Kind
from agent.services import Services
from agent.training.stages.turns import Turn

LISTED = 500
"""Refused rows and warnings that a job's report names; the others are counted."""


class ImportParams(BaseModel):
    model_config = ConfigDict(extra="forbid")

    community_id: str | None = None
    name: str | None = None
    """What the file is called."""


async def csv(services: Services, job: Job, step: Step) -> Mapping[str, Any]:
    params = ImportParams.model_validate(job.params)
    async with services.uploads.open(job.tenant_id, job.upload_id or "") as path:
        report = await ingest_conversations(
            services,
            path,
            tenant_id=job.tenant_id,
            name=params.name,
            community_id=params.community_id,
            guess=await guesser(services, job.tenant_id),
            import_id=job.job_id,
            cursor=job.cursor,
            step=step,
        )
    return _told(report)


async def threads(services: Services, job: Job, step: Step) -> Mapping[str, Any]:
    params = ImportParams.model_validate(job.params)
    async with services.uploads.open(job.tenant_id, job.upload_id or "") as path:
        given = await asyncio.to_thread(lambda: GivenThreads.model_validate_json(path.read_bytes()))
    report = await ingest_threads(
        services,
        given,
        tenant_id=job.tenant_id,
        community_id=params.community_id,
        guess=await guesser(services, job.tenant_id),
        import_id=job.job_id,
        cursor=job.cursor,
        step=step,
    )
    return _told(report)


class KnowledgeParams(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    """What the file is called."""
    kind: Kind = "article"
    """Of rows that name none."""


async def knowledge(services: Services, job: Job, step: Step) -> Mapping[str, Any]:
    params = KnowledgeParams.model_validate(job.params)

    async def told(report: IngestReport) -> None:
        await step(report.read, None, report.read)

    async with services.uploads.open(job.tenant_id, job.upload_id or "") as path:
        report = await ingest_knowledge(
            services.knowledge,
            path,
            tenant_id=job.tenant_id,
            name=params.name,
            kind=params.kind,
            step=told,
        )
    return _told(report)


async def guesser(services: Services, tenant_id: str) -> Guess | None:
    """The stage classifier in use as an import asks it; None where none is, or its file is gone."""
    try:
        classifier = await services.training.classifier(tenant_id)
    except (InvalidInput, NotFound):
        return None
    if classifier is None:
        return None

    def guess(turns: Sequence[tuple[Side, str]]) -> list[str]:
        return [each.stage for each in classifier.guesses([Turn(*turn) for turn in turns])]

    return guess


def _told(report: ConversationReport | IngestReport) -> Mapping[str, Any]:
    told = report.model_dump()
    return told | {"rejected": told["rejected"][:LISTED], "warnings": told["warnings"][:LISTED]}
