"""Accepted rows of a file become tickets: redacted, under ids nobody else has."""

import re
import secrets
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime

from agent.kit.ids import new_id
from agent.privacy.models import Contact
from agent.tickets.models import Status, Step, Ticket, TicketDraft
from agent.tickets.unnamed import contact_of, without_contact

_ID = re.compile(r"[A-Za-z0-9_.:-]{1,50}")
_ROUTES = frozenset(("upload", "pending", "resolved", "export.xlsx", "calibration"))
"""Words that may stand in an address where a ticket's id stands."""


def tickets_of(
    drafts: Sequence[tuple[int, TicketDraft]],
    *,
    taken: Collection[str],
    created_by: str,
    job_id: str | None,
    now: datetime,
) -> Iterator[tuple[Ticket, Contact]]:
    """A ticket for each (row, draft), with what the vault keeps of it.

    A ticket_id that is in `taken`, or cannot stand in an address, gives way to a new one.
    """
    used = {*taken}
    for row, draft in drafts:
        ticket_id = draft.ticket_id
        if ticket_id is None or renumbered(ticket_id, taken=ticket_id in used):
            ticket_id = new_ticket_id(used)
        used.add(ticket_id)
        contact = contact_of(draft)
        stored = without_contact(draft).model_dump(
            exclude={"ticket_id", "contact_name", "contact_email", "contact_phone", "created_at"}
        )
        ticket = Ticket(
            **stored,
            ticket_id=ticket_id,
            contact_ref=new_id("con") if contact != Contact() else None,
            created_by=created_by,
            created_at=_utc(draft.created_at) if draft.created_at else now,
            steps=[Step(status=Status.PENDING, at=now, by=created_by)],
            job_id=job_id,
            row=row,
        )
        yield ticket, contact


def renumbered(ticket_id: str, *, taken: bool) -> str | None:
    """Why a ticket does not get the id that its file gives it, as the code of a warning."""
    if not _ID.fullmatch(ticket_id) or ticket_id in _ROUTES:
        return "ticket_id_unusable"
    return "ticket_id_taken" if taken else None


def new_ticket_id(used: Collection[str]) -> str:
    while True:
        ticket_id = f"CS-{secrets.randbelow(90_000_000) + 10_000_000}"
        if ticket_id not in used:
            return ticket_id


def _utc(at: datetime) -> datetime:
    """A time without a zone is UTC."""
    return at if at.tzinfo else at.replace(tzinfo=UTC)
