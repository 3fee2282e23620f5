"""A file of tickets: what is wrong with it, said at once, and the job that takes it in."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from agent.ingest.tickets import Batch, Rejected, TicketFile, Warned, read_tickets
from agent.jobs.models import Job
from agent.jobs.step import Step
from agent.services import Services
from agent.tickets.adding import renumbered
from graphs.tickets.runtime import TicketDesk, open_desk

DUPLICATE = "duplicate_conversation_id"
AT_ONCE = 50
"""Tickets that are resolved between two looks at the lease."""
Told = Callable[[int, int | None, Any], Awaitable[None]]
"""Called with (done, total, cursor) after each batch."""


class TicketParams(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    """What the file is called; its suffix says how it is read."""
    accepted: int = 0
    """Rows that were good when it was sent."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a file would become."""

    file: TicketFile
    accepted: int
    rejected: Sequence[Rejected]
    """In the order of their rows; those whose conversation has a ticket already too."""
    warnings: Sequence[Warned]
    """In the order of their rows; of cells that are left out, and of ids that are others'."""

    @property
    def duplicates(self) -> int:
        return sum(rejected.code == DUPLICATE for rejected in self.rejected)


class TicketReport(BaseModel):
    """What became of a file."""

    accepted: int = 0
    """Rows that are tickets now."""
    duplicates: int = 0
    """Of the rejected: their conversation had a ticket, or an earlier row of the file."""
    rejected: dict[str, int] = Field(default_factory=dict)
    """Code -> rows."""
    warnings: dict[str, int] = Field(default_factory=dict)
    """Code -> cells that were left out, and ids that gave way to new ones."""
    resolved: int = 0


class _Cursor(BaseModel):
    row: int = 0
    """The last row that is written down."""
    accepted: int = 0
    taken: int = 0
    """Rows whose conversation had a ticket already."""
    renumbered: dict[str, int] = Field(default_factory=dict)
    """Code -> tickets that did not get the id of their row."""
    looked_at: int = 0
    """Tickets for which a resolution was looked for."""


async def check(
    services: Services, tenant_id: str, path: Path, name: str, *, upload_id: str | None = None
) -> Checked:
    """Read a whole file, write nothing; raises what `read_tickets` does.

    What the job of this upload has made of it already is still accepted.
    """
    taken: list[Rejected] = []
    warned: list[Warned] = []
    used: set[str] = set()
    job = await services.jobs.store.by_key(tenant_id, upload_id) if upload_id else None
    own = job.job_id if job else None
    async with read_tickets(path, name=name) as file:
        async for batch in file.batches:
            known = await services.tickets.store.conversations(
                tenant_id, [draft.conversation_id for _, draft in batch]
            )
            holders = await services.tickets.store.origins(
                tenant_id, [draft.ticket_id for _, draft in batch if draft.ticket_id]
            )
            for row, draft in batch:
                if _is_others(known.get(draft.conversation_id), own, row):
                    taken.append(_taken(row))
                elif ticket_id := draft.ticket_id:
                    held = ticket_id in used or _is_others(holders.get(ticket_id), own, row)
                    used.add(ticket_id)
                    if code := renumbered(ticket_id, taken=held):
                        warned.append(Warned(row, "ticket_id", code))
    return Checked(
        file=file,
        accepted=file.accepted - len(taken),
        rejected=sorted([*file.rejected, *taken], key=lambda each: each.row),
        warnings=sorted([*file.warnings, *warned], key=lambda each: each.row),
    )


def _is_others(ticket: Mapping[str, Any] | None, own: str | None, row: int) -> bool:
    """Whether there is a ticket, and it is not what the job `own` has made of this row."""
    return ticket is not None and (own is None or (ticket["job_id"], ticket["row"]) != (own, row))


async def ingest_tickets(services: Services, job: Job, step: Step) -> Mapping[str, Any]:
    """The job `ingest_tickets`."""
    params = TicketParams.model_validate(job.params)
    async with (
        services.uploads.open(job.tenant_id, job.upload_id or "") as path,
        open_desk(services) as desk,
    ):
        report = await take_in(
            services,
            desk,
            path,
            params.name,
            tenant_id=job.tenant_id,
            created_by=job.created_by,
            job_id=job.job_id,
            expected=params.accepted,
            cursor=job.cursor,
            step=step,
        )
    return report.model_dump()


async def take_in(
    services: Services,
    desk: TicketDesk,
    path: Path,
    name: str,
    *,
    tenant_id: str,
    created_by: str,
    job_id: str,
    step: Told,
    expected: int | None = None,
    cursor: Any = None,
) -> TicketReport:
    """Make tickets of a file, then find a resolution for each; goes on from `cursor`.

    Begun again with the same `job_id` it makes no ticket twice.
    """
    at = _Cursor.model_validate(cursor or {})
    async with read_tickets(path, name=name) as file:
        async for batch in file.batches:
            await _add(services, tenant_id, batch, at, created_by, job_id)
            await step(at.looked_at, expected, at.model_dump())
    report = TicketReport(
        accepted=at.accepted,
        duplicates=at.taken + sum(each.code == DUPLICATE for each in file.rejected),
        rejected=_counted([*file.rejected, *[_taken(0)] * at.taken]),
        warnings=_counted(file.warnings, at.renumbered),
    )
    report.resolved = await _resolve(services, desk, tenant_id, job_id, at, step)
    return report


async def _add(
    services: Services, tenant_id: str, batch: Batch, at: _Cursor, created_by: str, job_id: str
) -> None:
    new = [(row, draft) for row, draft in batch if row > at.row]
    if not new:
        return
    added = await services.tickets.add(tenant_id, new, created_by=created_by, job_id=job_id)
    at.row = new[-1][0]
    at.accepted += len(added.ticket_ids)
    at.taken += len(added.duplicates)
    for _, code in added.renumbered:
        at.renumbered[code] = at.renumbered.get(code, 0) + 1


async def _resolve(
    services: Services, desk: TicketDesk, tenant_id: str, job_id: str, at: _Cursor, step: Told
) -> int:
    """How many tickets of the job have a resolution in the end."""
    store = services.tickets.store
    after: str | None = None
    while waiting := await store.unresolved(tenant_id, AT_ONCE, after=after, job_id=job_id):
        ids = [ticket.ticket_id for ticket in waiting]
        await desk.resolve(tenant_id, ids)
        after = ids[-1]
        at.looked_at += len(ids)
        await step(at.looked_at, at.accepted, at.model_dump())
    if at.looked_at < at.accepted:  # a process that died had resolved the others
        at.looked_at = at.accepted
        await step(at.looked_at, at.accepted, at.model_dump())
    return await store.resolved_by(tenant_id, job_id)


def _taken(row: int) -> Rejected:
    return Rejected(row, DUPLICATE, "A ticket has this conversation id already.")


def _counted(
    found: Iterable[Rejected | Warned], more: Mapping[str, int] | None = None
) -> dict[str, int]:
    counts = Counter(each.code for each in found)
    counts.update(more)
    return dict(sorted(counts.items()))
