"""Bulk work for the memory and the models: each request queues a job."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.errors import InvalidInput
from agent.ingest.conversations.given import GivenThreads
from agent.services import Services
from server.actors import Actor
from server.deps import TheServices, scoped
from server.errors import problems
from server.files import LIMITS, FilePart, file_form
from server.jobs import KINDS
from server.scopes import Scope

router = APIRouter(prefix="/api/training", tags=["training"])

Writer = Annotated[Actor, Depends(scoped(Scope.TRAINING_WRITE))]
Community = Annotated[
    str | None, Query(max_length=200, description="Where they took place; default: the default.")
]
CSV_LIMIT = LIMITS["/api/training/ingest-csv"]


class Accepted(BaseModel):
    job_id: str
    """`GET /api/jobs/{job_id}` says what becomes of it."""


class StartRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"kind": "embeddings"}})

    kind: Annotated[str, Field(min_length=1, max_length=50)]
    params: dict[str, Any] = Field(default_factory=dict)


class ThreadsRequest(GivenThreads):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "threads": [
                    {
                        "thread_id": "crm-812",
                        "messages": [
                            {"role": "lead", "text": "Is the two-bedroom still free?"},
                            {"role": "agent", "text": "It is. Would you like to see it?"},
                        ],
                    }
                ]
            }
        },
    )


@router.post(
    "/start", status_code=202, summary="Start a job", responses=problems(400, 401, 403, 413, 415)
)
async def start(body: StartRequest, services: TheServices, actor: Writer) -> Accepted:
    kind = KINDS.get(body.kind)
    if kind is None or not kind.startable:
        kinds = ", ".join(name for name, kind in KINDS.items() if kind.startable)
        raise InvalidInput("job_kind_unknown", f"Start one of: {kinds}.")
    try:
        params = kind.params.model_validate(body.params)
    except ValidationError as error:
        raise RequestValidationError(
            [{**e, "loc": ("body", "params", *e["loc"])} for e in error.errors()]
        ) from None
    job = await services.jobs.enqueue(
        actor.tenant_id,
        body.kind,
        params.model_dump(mode="json", exclude_unset=True),
        actor=actor.name,
    )
    return Accepted(job_id=job.job_id)


@router.post(
    "/ingest-csv",
    status_code=202,
    summary="Import conversations from a CSV file",
    description="The file is sent in the field `file` of a multipart form. While it waits, the "
    "same file again is the same job.",
    responses=problems(400, 401, 403, 404, 413, 415),
    openapi_extra=file_form("conversations.csv"),
)
async def ingest_csv(
    request: Request,
    services: TheServices,
    actor: Writer,
    community: Community = None,
) -> Accepted:
    await services.tenants.community(actor.tenant_id, community)
    part = await FilePart.of(request)
    return await _take_in(services, actor, "ingest_csv", community, part.name, part.chunks())


@router.post(
    "/ingest",
    status_code=202,
    summary="Import conversations that are normalised already",
    description="While they wait, the same threads again are the same job.",
    responses=problems(400, 401, 403, 404, 413, 415),
)
async def ingest(
    body: ThreadsRequest, services: TheServices, actor: Writer, community: Community = None
) -> Accepted:
    await services.tenants.community(actor.tenant_id, community)

    async def data() -> AsyncIterator[bytes]:
        yield body.model_dump_json(exclude_none=True).encode()

    return await _take_in(services, actor, "ingest_threads", community, "threads.json", data())


async def _take_in(
    services: Services,
    actor: Actor,
    kind: str,
    community: str | None,
    name: str,
    data: AsyncIterator[bytes],
) -> Accepted:
    """Keep the file and queue its job; the job that waits for the same bytes already, if any."""
    upload_id = await services.uploads.save(
        actor.tenant_id, name, data, purpose=f"{kind}/{community or ''}", limit=CSV_LIMIT
    )
    job = await services.jobs.enqueue(
        actor.tenant_id,
        kind,
        {"community_id": community, "name": name},
        actor=actor.name,
        upload_id=upload_id,
        key=upload_id,
    )
    return Accepted(job_id=job.job_id)
