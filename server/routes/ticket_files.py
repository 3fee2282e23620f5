"""Files of tickets: in as a job, out as a workbook."""

from pathlib import PurePath
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel

from agent.errors import InvalidInput, TooLarge
from agent.tickets.models import Status
from server.actors import Actor
from server.deps import Serving, TheServices, scoped
from server.errors import problems
from server.exporting import XLSX_ANSWER, export_tickets, workbook_answer
from server.files import LIMITS, WORKBOOK_LIMIT, FilePart, file_form
from server.routes.tickets import Reviewing
from server.scopes import Scope
from server.ticketing import Checked, TicketParams, check

router = APIRouter(prefix="/api/tickets", tags=["tickets"])

Creator = Annotated[Actor, Depends(scoped(Scope.TICKETS_CREATE))]
TEXT_LIMIT = LIMITS["/api/tickets/upload"]
LISTED = 10_000
"""Refused rows and warnings that an answer names; all are counted."""


class RejectedRow(BaseModel):
    row: int
    """The first row of a file is 1; of a .csv it is the line on which the row starts."""
    code: str
    message: str
    of_row: int | None = None
    """The earlier row that has the conversation id."""


class WarnedCell(BaseModel):
    row: int
    field: str
    code: str


class Uploaded(BaseModel):
    job_id: str
    """`GET /api/jobs/{job_id}` says what becomes of it."""
    accepted: int
    """Rows that become tickets."""
    duplicates: int
    """Of the rejected: their conversation id is taken, in the file or by a ticket."""
    rejected: list[RejectedRow]
    rejected_count: int
    """Where there are more than are listed."""
    warnings: list[WarnedCell]
    """Cells that were left out of rows that are accepted; `ticket_id_taken` and
    `ticket_id_unusable`: the ticket gets a new id."""
    sheet: str | None
    header_row: int
    columns: dict[str, str]
    """Header -> field it was taken for."""
    ignored_columns: list[str]

    @classmethod
    def of(cls, job_id: str, checked: Checked) -> "Uploaded":
        file, rejected = checked.file, checked.rejected
        return cls.model_validate(
            {
                "job_id": job_id,
                "accepted": checked.accepted,
                "duplicates": checked.duplicates,
                "rejected": list(rejected[:LISTED]),
                "rejected_count": len(rejected),
                "warnings": list(checked.warnings[:LISTED]),
                "sheet": file.sheet,
                "header_row": file.header_row,
                "columns": file.columns,
                "ignored_columns": file.ignored_columns,
            },
            from_attributes=True,
        )


@router.post(
    "/upload",
    status_code=202,
    summary="Make tickets of a workbook or a CSV file",
    description="The file is sent in the field `file` of a multipart form: .xlsx of at most 20 "
    "MB, .csv of at most 50 MB. What is wrong with it is said at once; a job makes the tickets and "
    "finds a resolution for each. The first row of a conversation id counts. While it waits, the "
    "same file again is the same job.",
    responses=problems(400, 401, 403, 410, 413, 415, 429),
    openapi_extra=file_form("tickets.xlsx"),
)
async def upload(request: Request, state: Serving, actor: Creator) -> Uploaded:
    services = state.services
    part = await FilePart.of(request)
    suffix = PurePath(part.name).suffix.lower()
    workbook = suffix not in (".csv", ".jsonl")
    upload_id = await services.uploads.save(
        actor.tenant_id,
        part.name,
        part.chunks(),
        # the same bytes under another suffix are another file
        purpose=f"ingest_tickets{suffix}/{actor.name}",
        limit=WORKBOOK_LIMIT if workbook else TEXT_LIMIT,
    )
    try:
        async with state.reading, services.uploads.open(actor.tenant_id, upload_id) as path:
            checked = await check(services, actor.tenant_id, path, part.name, upload_id=upload_id)
    except (InvalidInput, TooLarge):
        await services.uploads.delete(actor.tenant_id, upload_id)
        raise
    job = await services.jobs.enqueue(
        actor.tenant_id,
        "ingest_tickets",
        TicketParams(name=part.name, accepted=checked.accepted).model_dump(),
        actor=actor.name,
        upload_id=upload_id,
        key=upload_id,
    )
    return Uploaded.of(job.job_id, checked)


@router.get(
    "/export.xlsx",
    summary="Tickets as a workbook, without contact data",
    responses=problems(401, 403) | XLSX_ANSWER,
    response_class=FileResponse,
)
async def export(
    services: TheServices, actor: Reviewing, status: Status | None = None
) -> FileResponse:
    return await workbook_answer(
        "tickets.xlsx",
        lambda path: export_tickets(
            services, actor.tenant_id, path, actor=actor.name, status=status
        ),
    )
