"""What becomes of tickets beside the review: added, settled, made findable, forgotten."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.audit.service import AuditService
from agent.chunks.following import Followed
from agent.chunks.models import Source
from agent.chunks.service import ChunkService
from agent.errors import Duplicate, NotFound
from agent.events.models import Event
from agent.events.store import EventStore
from agent.kit.clock import Clock
from agent.kit.text import clean
from agent.knowledge.publishing import Publishing
from agent.mongo.repository import Repository
from agent.privacy.vault import Vault
from agent.tickets.acts import changed
from agent.tickets.adding import renumbered, tickets_of
from agent.tickets.calibration import Band, bands
from agent.tickets.entries import entry_of
from agent.tickets.models import RESOLVED, Grounds, Resolution, Status, Ticket, TicketDraft
from agent.tickets.store import TicketStore
from agent.tickets.unnamed import unnamed
from agent.tickets.wording import asked

CORPUS = "tickets"
_ATTEMPTS = 5
"""At adding what another process adds at the same moment."""
_LABELS = ("category", "priority", "sentiment")
_FORGOTTEN: dict[str, Any] = {
    "transcript": "", "subject": None, "description": None,
    "contact_ref": None, "contact_hashes": {}, "contact_role": None, "generated_kb_id": None,
}  # fmt: skip
_UNDECIDED: dict[str, Any] = {
    "resolution_content": None, "edited_resolution": None, "reasoning": None,
    "relevancy_score": None, "relevancy_points": None, "accuracy_points": None,
    "completeness_points": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Added:
    """What became of drafts."""

    ticket_ids: list[str] = field(default_factory=list)
    """Of the new tickets, and of those that this very row of this job has added before."""
    duplicates: list[tuple[int, str]] = field(default_factory=list)
    """(row, conversation_id) of those whose conversation has a ticket."""
    renumbered: list[tuple[int, str]] = field(default_factory=list)
    """(row, code) of those that did not get the id of the file, and why."""

    def append(self, row: int, draft: TicketDraft, ticket_id: str) -> None:
        self.ticket_ids.append(ticket_id)
        if draft.ticket_id is not None and draft.ticket_id != ticket_id:
            code = renumbered(draft.ticket_id, taken=True)
            self.renumbered.append((row, str(code)))


class TicketService(Followed[Ticket]):
    what = "tickets"

    def __init__(
        self,
        repository: Repository,
        store: TicketStore,
        vault: Vault,
        chunks: ChunkService,
        publishing: Publishing,
        audit: AuditService,
        events: EventStore,
        clock: Clock,
    ) -> None:
        super().__init__(store)
        self._repository = repository
        self.store = store
        self._vault = vault
        self._chunks = chunks
        self._publishing = publishing
        self._audit = audit
        self._events = events
        self._clock = clock

    async def get(self, tenant_id: str, ticket_id: str) -> Ticket:
        """Raises NotFound `ticket_not_found`."""
        ticket = await self.store.get(tenant_id, ticket_id)
        if ticket is None:
            raise unknown(ticket_id)
        return ticket

    async def add(
        self,
        tenant_id: str,
        drafts: Sequence[tuple[int, TicketDraft]],
        *,
        created_by: str,
        job_id: str | None = None,
    ) -> Added:
        """Make tickets of (row, draft), redacted, their contacts in the vault, all or none.

        A conversation has one ticket: the first row wins. The same rows of the same job again
        add nothing.
        """
        for attempt in range(_ATTEMPTS):
            try:
                return await self._add(tenant_id, drafts, created_by, job_id)
            except Duplicate:
                # somebody has added one of them since we looked
                if attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError

    async def settle(
        self, tenant_id: str, ticket_id: str, resolution: Resolution, grounds: Grounds
    ) -> Ticket:
        """Write what was found for a ticket, with its draft article, while nobody works on it.

        A ticket that somebody has opened takes it only as long as it has no resolution at all.
        What the file says of category and priority stays. Raises NotFound.
        """
        standing = await self.get(tenant_id, ticket_id)
        resolution = await self._as_kept(tenant_id, standing, resolution)

        async def write() -> Ticket:
            standing = await self.get(tenant_id, ticket_id)
            if not _takes(standing):
                return standing
            changes = _found(standing, resolution, grounds)
            changes["generated_kb_id"] = await self._draft(tenant_id, standing, resolution, changes)
            changes["updated_at"] = self._clock.now()
            settled = await self.store.change(tenant_id, ticket_id, standing.version, changes)
            return settled or standing

        return await self._repository.transact(write)

    async def calibration(self, tenant_id: str) -> list[Band]:
        """Scores against what people decided."""
        return bands(await self.store.decided(tenant_id))

    async def forget(self, tenant_id: str, ticket_id: str, *, actor: str) -> Ticket:
        """Erase a ticket's contact and all that they said; a second time changes nothing.

        The vault's key is shredded; transcript, subject and description go, from the search and
        from what other tickets were resolved on too, and so does what waits for a decision: an
        answer nobody has approved, the draft of an article. What was decided stays, redacted, and
        so does what it was published as.
        Raises NotFound, Conflict `ticket_changed`.
        """

        async def write() -> Ticket:
            ticket = await self.get(tenant_id, ticket_id)
            if ticket.forgotten_at is not None:
                return ticket
            if ticket.contact_ref is not None:
                await self._vault.shred(tenant_id, [ticket.contact_ref])
            now = self._clock.now()
            unread = {} if ticket.status in RESOLVED else _UNDECIDED
            times = {"forgotten_at": now, "updated_at": now}
            changes = {**_FORGOTTEN, **unread, **times, "indexed": False}
            forgotten = await self.store.change(tenant_id, ticket_id, ticket.version, changes)
            if forgotten is None:
                raise changed()
            await self.store.unquote(tenant_id, ticket_id)
            if ticket.generated_kb_id is not None:
                await self._publishing.erase_draft(tenant_id, ticket.generated_kb_id)
            await self._audit.record(tenant_id, "ticket.forgotten", ticket_id, {}, actor=actor)
            return forgotten

        ticket = await self._repository.transact(write)
        await self.follow(tenant_id)
        return ticket

    async def sources(self, tenant_id: str) -> AsyncIterator[Source]:
        """All that the search should have, for building it anew."""
        async for ticket in self.store.approved(tenant_id):
            if _is_found(ticket):
                yield _source(ticket)

    async def _add(
        self,
        tenant_id: str,
        drafts: Sequence[tuple[int, TicketDraft]],
        created_by: str,
        job_id: str | None,
    ) -> Added:
        drafts = [
            (row, draft.model_copy(update={"conversation_id": clean(draft.conversation_id)}))
            for row, draft in drafts
        ]
        standing = await self.store.conversations(
            tenant_id, {draft.conversation_id for _, draft in drafts}
        )
        new: dict[str, tuple[int, TicketDraft]] = {}
        added = Added()
        for row, draft in drafts:
            conversation_id = draft.conversation_id
            before = standing.get(conversation_id)
            if before and job_id and (before["job_id"], before["row"]) == (job_id, row):
                added.append(row, draft, before["ticket_id"])
            elif before or conversation_id in new:
                added.duplicates.append((row, conversation_id))
            else:
                new[conversation_id] = (row, draft)
        if new:
            ids = await self._insert(tenant_id, list(new.values()), created_by, job_id)
            for (row, draft), ticket_id in zip(new.values(), ids, strict=True):
                added.append(row, draft, ticket_id)
        return added

    async def _insert(
        self,
        tenant_id: str,
        drafts: Sequence[tuple[int, TicketDraft]],
        created_by: str,
        job_id: str | None,
    ) -> list[str]:
        wanted = {draft.ticket_id for _, draft in drafts if draft.ticket_id}
        taken = await self.store.known(tenant_id, wanted)
        now = self._clock.now()
        made = await asyncio.to_thread(
            lambda: list(
                tickets_of(drafts, taken=taken, created_by=created_by, job_id=job_id, now=now)
            )
        )
        for ticket, contact in made:
            hashes = self._vault.hashes(tenant_id, contact)
            hashes.pop("name", None)
            ticket.contact_hashes = hashes
        tickets = [ticket for ticket, _ in made]

        async def write() -> None:
            await self._vault.put_many(
                tenant_id, {t.contact_ref: contact for t, contact in made if t.contact_ref}
            )
            await self.store.insert(tenant_id, tickets)
            events = [
                Event(type="ticket.created", data={"ticket_id": ticket.ticket_id})
                for ticket in tickets
            ]
            await self._events.tell_all(tenant_id, events, now)
            await self._audit.record(
                tenant_id,
                "tickets.added",
                job_id or tickets[0].ticket_id,
                {"tickets": len(tickets)},
                actor=created_by,
            )

        await self._repository.transact(write)
        return [ticket.ticket_id for ticket in tickets]

    async def _draft(
        self, tenant_id: str, standing: Ticket, resolution: Resolution, changes: dict[str, Any]
    ) -> str | None:
        """The id of the draft article, written anew or closed as the resolution wants it."""
        if resolution.draft_title is None:
            if standing.generated_kb_id:
                await self._publishing.discard(tenant_id, standing.generated_kb_id)
            return None
        entry = entry_of(
            standing.model_copy(update=changes), title=resolution.draft_title, by=resolution.by
        )
        draft = await self._publishing.draft(tenant_id, entry, standing.generated_kb_id)
        return draft.knowledge_id

    async def _as_kept(self, tenant_id: str, ticket: Ticket, found: Resolution) -> Resolution:
        """With its words redacted."""
        name = await self.contact_name(tenant_id, ticket)
        title = found.draft_title
        words = {
            "content": await asyncio.to_thread(unnamed, found.content, name),
            "draft_title": unnamed(title, name) if title is not None else None,
        }
        return found.model_copy(update=words)

    async def contact_name(self, tenant_id: str, ticket: Ticket) -> str | None:
        """For taking it out of texts; nothing else may see it."""
        if ticket.contact_ref is None:
            return None
        contact = await self._vault.get(tenant_id, ticket.contact_ref)
        return contact.name if contact else None

    async def _follow(self, tenant_id: str, tickets: list[Ticket]) -> None:
        """Bring the search to what these rows say; one that changes meanwhile stays behind."""
        gone = [ticket.ticket_id for ticket in tickets if not _is_found(ticket)]
        found = [_source(ticket) for ticket in tickets if _is_found(ticket)]
        if gone:
            await self._chunks.remove(tenant_id, CORPUS, gone)
        if found:
            await self._chunks.put(tenant_id, CORPUS, found)
        if await self.store.followed(tenant_id, tickets) < len(tickets):
            await self.store.fell_behind(tenant_id, tickets)


def unknown(ticket_id: str) -> NotFound:
    return NotFound("ticket_not_found", f"There is no ticket {ticket_id[:80]!r}; list them first.")


def _takes(ticket: Ticket) -> bool:
    if ticket.forgotten_at is not None:
        return False
    if ticket.status is Status.PENDING:
        return True
    return ticket.status is Status.IN_PROGRESS and ticket.final_resolution is None


def _found(ticket: Ticket, resolution: Resolution, grounds: Grounds) -> dict[str, Any]:
    score, changes, confidence = resolution.score, {}, {}
    for name in _LABELS:
        label = getattr(resolution.labels, name)
        if getattr(ticket, name) is None or name in ticket.confidence:
            changes[name] = label.value
            confidence[name] = label.confidence
    return {
        **changes,
        "confidence": confidence,
        "resolution_content": resolution.content,
        "kb_id": resolution.kb_id,
        "script_id": resolution.script_id,
        "reference_articles": list(dict.fromkeys(resolution.citations)),
        "relevancy_score": score.relevancy_score,
        "relevancy_points": score.relevancy_points,
        "accuracy_points": score.accuracy_points,
        "completeness_points": score.completeness_points,
        "reasoning": score.reasoning,
        "similarity_score": resolution.similarity_score,
        "distance": resolution.distance,
        "resolved_by": resolution.by,
        "grounds": grounds.model_dump(),
    }


def _is_found(ticket: Ticket) -> bool:
    return ticket.status is Status.APPROVED and ticket.forgotten_at is None


def _source(ticket: Ticket) -> Source:
    """What is searched of a ticket, and what it votes for."""
    meta = {
        "ticket_id": ticket.ticket_id,
        "product": ticket.product,
        "category": ticket.category,
        "status": ticket.status.value,
        "kb_id": ticket.kb_id or ticket.knowledge_id,
        "script_id": ticket.script_id,
    }
    return Source(source_id=ticket.ticket_id, text=asked(ticket.case), meta=meta)
