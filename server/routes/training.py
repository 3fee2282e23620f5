"""Bulk work for the memory and the models: each request queues a job."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.errors import InvalidInput
from server.actors import Actor
from server.deps import TheServices, scoped
from server.errors import problems
from server.files import LIMITS, FilePart
from server.jobs import KINDS
from server.scopes import Scope

router = APIRouter(prefix="/api/training", tags=["training"])

Writer = Annotated[Actor, Depends(scoped(Scope.TRAINING_WRITE))]
CSV_LIMIT = LIMITS["/api/training/ingest-csv"]


class Accepted(BaseModel):
    job_id: str
    """`GET /api/jobs/{job_id}` says what becomes of it."""


class StartRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"kind": "embeddings"}})

    kind: Annotated[str, Field(min_length=1, max_length=50)]
    params: dict[str, Any] = Field(default_factory=dict)


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
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "properties": {"file": {"type": "string", "format": "binary"}},
                        "required": ["file"],
                        "additionalProperties": False,
                        "example": {"file": "conversations.csv"},
                    }
                }
            },
        }
    },
)
async def ingest_csv(
    request: Request,
    services: TheServices,
    actor: Writer,
    community: Annotated[
        str | None, Query(max_length=200, description="Whose time zone; default: the tenant's.")
    ] = None,
) -> Accepted:
    place = await services.tenants.community(actor.tenant_id, community)
    part = await FilePart.of(request)
    upload_id = await services.uploads.save(
        actor.tenant_id,
        part.name,
        part.chunks(),
        purpose=f"ingest_csv/{place.community_id}",
        limit=CSV_LIMIT,
    )
    job = await services.jobs.enqueue(
        actor.tenant_id,
        "ingest_csv",
        {"community_id": place.community_id},
        actor=actor.name,
        upload_id=upload_id,
        key=upload_id,
    )
    return Accepted(job_id=job.job_id)
