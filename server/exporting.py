"""Tickets and knowledge as workbooks."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from agent.knowledge.models import Article
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
    "knowledge_id", "title", "resolution", "kind", "product", "category", "reference_articles",
    "ticket_id", "conversation_id", "created_by", "source", "status", "version", "created_at",
    "updated_at",
)  # fmt: skip
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLSX_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {XLSX: {"schema": {"type": "string", "format": "binary"}}}}
}
_PAGE = 200
Row = Sequence[Any]


async def export_tickets(
    services: Services, tenant_id: str, path: Path, *, actor: str, status: str | None = None
) -> int:
    """Write the tickets of a tenant, without contact data; how many. Audited."""
    await services.audit.record(tenant_id, "tickets.exported", tenant_id, {}, actor=actor)
    statuses = [Status(status)] if status else []

    async def pages() -> AsyncIterator[list[Row]]:
        cursor: str | None = None
        while True:
            page = await services.tickets.store.page(
                tenant_id, status=statuses, limit=_PAGE, cursor=cursor
            )
            yield [_ticket(each) for each in page.items]
            if (cursor := page.next_cursor) is None:
                return

    return await _write(path, "Tickets", TICKETS, pages())


async def export_knowledge(
    services: Services, tenant_id: str, path: Path, *, actor: str, status: str | None = None
) -> int:
    """Write articles, scripts and resolutions, of any status by default; how many. Audited."""
    await services.audit.record(tenant_id, "knowledge.exported", tenant_id, {}, actor=actor)

    async def pages() -> AsyncIterator[list[Row]]:
        cursor: str | None = None
        while True:
            page = await services.knowledge.store.page(
                tenant_id, status=status, limit=_PAGE, cursor=cursor
            )
            yield [_entry(article) for article in page.items]
            if (cursor := page.next_cursor) is None:
                return

    return await _write(path, "Knowledge", KNOWLEDGE, pages())


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
    path: Path, title: str, columns: Sequence[str], pages: AsyncIterator[list[Row]]
) -> int:
    """The pages are read here and written in a thread, one after the other."""
    from agent.kit.workbooks import write_rows

    loop, written = asyncio.get_running_loop(), 0

    def rows() -> Iterator[Row]:
        nonlocal written
        while (page := asyncio.run_coroutine_threadsafe(_next(pages), loop).result()) is not None:
            written += len(page)
            yield from page

    await asyncio.to_thread(write_rows, path, title, columns, rows())
    return written


async def _next(pages: AsyncIterator[list[Row]]) -> list[Row] | None:
    return await anext(pages, None)
