"""Tickets and knowledge as workbooks."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from fastapi.responses import FileResponse
from pydantic import BaseModel
from starlette.background import BackgroundTask

from agent.knowledge.models import Article
from agent.mongo.paging import Page
from agent.services import Services
from agent.tickets.models import Status, Ticket
from server.actors import named

TICKETS = (
    "ticket_id", "conversation_id", "channel", "customer_role", "product", "category", "subject",
    "description", "transcript", "first_tier_agent_name", "account_name", "property_name",
    "property_city", "property_state", "contact_role", "status", "created_by", "assigned_to",
    "resolution_content", "edited_resolution", "relevancy_score", "relevancy_points",
    "accuracy_points", "completeness_points", "reasoning", "kb_id", "script_id",
    "generated_kb_id", "knowledge_id", "similarity_score", "distance", "priority", "sentiment",
    "tier", "reject_reason", "created_at", "updated_at", "resolved_at",
)  # fmt: skip
KNOWLEDGE = (
    "knowledge_id", "title", "resolution", "kind", "product", "category", "community_id",
    "reference_articles", "ticket_id", "conversation_id", "created_by", "source", "status",
    "version", "created_at", "updated_at",
)  # fmt: skip
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLSX_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {XLSX: {"schema": {"type": "string", "format": "binary"}}}}
}
_PAGE = 200
Row = Sequence[Any]
T = TypeVar("T", bound=BaseModel)


async def export_tickets(
    services: Services, tenant_id: str, path: Path, *, actor: str, status: str | None = None
) -> int:
    """Write the tickets of a tenant, without contact data; how many. Audited."""
    await services.audit.record(tenant_id, "tickets.exported", tenant_id, {}, actor=actor)
    read = partial(
        services.tickets.store.page, tenant_id, status=[Status(status)] if status else []
    )
    return await _write(path, "Tickets", TICKETS, read, _ticket)


async def export_knowledge(services: Services, tenant_id: str, path: Path, *, actor: str) -> int:
    """Write articles, scripts and resolutions of any status; how many. Audited."""
    await services.audit.record(tenant_id, "knowledge.exported", tenant_id, {}, actor=actor)
    read = partial(services.knowledge.store.page, tenant_id)
    return await _write(path, "Knowledge", KNOWLEDGE, read, _entry)


async def workbook_answer(name: str, write: Callable[[Path], Awaitable[object]]) -> FileResponse:
    """What `write` puts into a file, sent as `name`; the file is gone afterwards."""
    folder = tempfile.TemporaryDirectory(prefix="latchkey-")
    try:
        path = Path(folder.name) / name
        await write(path)
    except BaseException:
        folder.cleanup()
        raise
    return FileResponse(
        path, media_type=XLSX, filename=name, background=BackgroundTask(folder.cleanup)
    )


def _ticket(ticket: Ticket) -> Row:
    said = {**dict(ticket), "created_by": named(ticket.created_by)}
    return [said[column] for column in TICKETS]


def _entry(article: Article) -> Row:
    references = ", ".join(article.reference_articles)
    said = {
        **dict(article),
        "resolution": article.text,
        "reference_articles": references,
        "created_by": named(article.created_by),
    }
    return [said[column] for column in KNOWLEDGE]


async def _write(
    path: Path,
    title: str,
    columns: Sequence[str],
    read: Callable[..., Coroutine[Any, Any, Page[T]]],
    row: Callable[[T], Row],
) -> int:
    """The pages are read here and written in a thread, one after the other."""
    from agent.kit.workbooks import write_rows

    loop, written = asyncio.get_running_loop(), 0

    def rows() -> Iterator[Row]:
        nonlocal written
        cursor: str | None = None
        while True:
            reading = read(limit=_PAGE, cursor=cursor)
            page = asyncio.run_coroutine_threadsafe(reading, loop).result()
            written += len(page.items)
            yield from map(row, page.items)
            if (cursor := page.next_cursor) is None:
                return

    await asyncio.to_thread(write_rows, path, title, columns, rows())
    return written
