"""Files of articles: in as a job, out as a workbook."""

from pathlib import PurePath
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse

from agent.errors import InvalidInput
from agent.knowledge.models import Kind
from server.deps import TheServices
from server.errors import problems
from server.exporting import XLSX_ANSWER, export_knowledge, workbook_answer
from server.files import LIMITS, WORKBOOK_LIMIT, FilePart, file_form
from server.importing import KnowledgeParams
from server.routes.knowledge import Writer
from server.routes.training import Accepted

router = APIRouter(prefix="/api/knowledge", tags=["knowledge"])

TEXT_LIMIT = LIMITS["/api/knowledge/import"]
SUFFIXES = (".csv", ".jsonl", ".xlsx")


@router.post(
    "/import",
    status_code=202,
    summary="Import articles from a CSV, JSON Lines or Excel file",
    description="The file is sent in the field `file` of a multipart form: .xlsx of at most 20 "
    "MB, .csv and .jsonl of at most 50 MB, columns as people name them. The job's report says what "
    "became of every row; what is read can be searched at once. While it waits, the same file "
    "again is the same job.",
    responses=problems(400, 401, 403, 413, 415, 429),
    openapi_extra=file_form("articles.csv"),
)
async def import_knowledge(
    request: Request,
    services: TheServices,
    actor: Writer,
    kind: Annotated[Kind, Query(description="Of rows that name none.")] = "article",
) -> Accepted:
    part = await FilePart.of(request)
    suffix = PurePath(part.name).suffix.lower()
    if suffix not in SUFFIXES:
        raise InvalidInput(
            "table_format_unknown", f"The file's name must end in one of: {', '.join(SUFFIXES)}."
        )
    upload_id = await services.uploads.save(
        actor.tenant_id,
        part.name,
        part.chunks(),
        purpose=f"ingest_knowledge{suffix}/{kind}/{actor.name}",
        limit=WORKBOOK_LIMIT if suffix == ".xlsx" else TEXT_LIMIT,
    )
    job = await services.jobs.enqueue(
        actor.tenant_id,
        "ingest_knowledge",
        KnowledgeParams(name=part.name, kind=kind).model_dump(),
        actor=actor.name,
        upload_id=upload_id,
        key=upload_id,
    )
    return Accepted(job_id=job.job_id)


@router.get(
    "/export.xlsx",
    summary="Articles, scripts and resolutions as a workbook",
    description="All of them, drafts and retired ones too.",
    responses=problems(401, 403) | XLSX_ANSWER,
    response_class=FileResponse,
)
async def export(services: TheServices, actor: Writer) -> FileResponse:
    return await workbook_answer(
        "knowledge.xlsx",
        lambda path: export_knowledge(services, actor.tenant_id, path, actor=actor.name),
    )
