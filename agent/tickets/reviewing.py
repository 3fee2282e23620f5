"""What people do with a ticket: open, edit, assign, approve, reject."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.audit.service import AuditService
from agent.errors import Conflict, InvalidInput, TooLarge
from agent.events.models import Event
from agent.events.store import EventStore
from agent.kit.clock import Clock
from agent.kit.failpoints import Failpoints
from agent.kit.text import clean
from agent.knowledge.models import Article
from agent.knowledge.publishing import Publishing
from agent.knowledge.service import KnowledgeService
from agent.mongo.repository import Repository
from agent.tickets.entries import entry_of
from agent.tickets.models import NEXT, RESOLVED, TRANSCRIPT, Status, Step, Ticket
from agent.tickets.references import Named, named_in
from agent.tickets.reviewers import Reviewer
from agent.tickets.service import TicketService, changed
from agent.tickets.unnamed import unnamed

BULK = 500
"""Tickets that one bulk approval decides at most."""
REASON = 2_000
_PAGE = 50


@dataclass(frozen=True, slots=True)
class Approved:
    ticket: Ticket
    knowledge: Article
    """What the approval published, as it stands now."""


class Reviewing:
    """Each act is one transaction with its audit row and its events.

    Acts raise NotFound `ticket_not_found`, and Conflict `ticket_changed` where the ticket is no
    longer as the act found it, or as `version` says: of two at one moment one wins.
    """

    def __init__(
        self,
        repository: Repository,
        tickets: TicketService,
        knowledge: KnowledgeService,
        publishing: Publishing,
        audit: AuditService,
        events: EventStore,
        clock: Clock,
        failpoints: Failpoints,
    ) -> None:
        self._repository = repository
        self._tickets = tickets
        self._knowledge = knowledge
        self._publishing = publishing
        self._audit = audit
        self._events = events
        self._clock = clock
        self._failpoints = failpoints
        self._one_by_one = asyncio.Lock()

    async def set_status(
        self,
        tenant_id: str,
        ticket_id: str,
        reviewer: Reviewer,
        status: Status,
        *,
        version: int | None = None,
    ) -> Ticket:
        """Open a pending ticket; it is the reviewer's unless somebody has it.

        Raises Conflict `ticket_status_invalid`: what is decided stays, and only `approve` and
        `reject` decide.
        """
        ticket = await self._tickets.get(tenant_id, ticket_id)
        if status not in NEXT[ticket.status] or status in RESOLVED:
            raise _wrong_step(ticket, status)
        _expect(ticket, version)
        opened = self._opening(ticket, reviewer)
        return await self._change(tenant_id, ticket, opened, reviewer, "ticket.opened")

    async def edit(
        self,
        tenant_id: str,
        ticket_id: str,
        reviewer: Reviewer,
        edited_resolution: str,
        *,
        version: int | None = None,
    ) -> Ticket:
        """Keep the person's words, redacted, beside what the graph wrote; opens a pending ticket.

        The ids that it names become the ticket's references.
        Raises InvalidInput `ticket_text_empty`, TooLarge, Conflict `ticket_decided`.
        """
        ticket = await self._undecided(tenant_id, ticket_id, version)
        text = await self._written(tenant_id, ticket, edited_resolution)
        named = await self._named(tenant_id, text)
        act = _Act({"edited_resolution": text, "edited_by": reviewer.name})
        if named.ids:
            act.changes["reference_articles"] = named.ids
        if ticket.status is Status.PENDING:
            act += self._opening(ticket, reviewer)
        return await self._change(tenant_id, ticket, act, reviewer, "ticket.edited")

    async def assign(
        self,
        tenant_id: str,
        ticket_id: str,
        reviewer: Reviewer,
        assigned_to: str | None,
        *,
        version: int | None = None,
    ) -> Ticket:
        """Give an undecided ticket to the agent with this user_id, or back to all of them.

        Whether there is such an agent is the caller's to know. Raises Conflict `ticket_decided`.
        """
        ticket = await self._undecided(tenant_id, ticket_id, version)
        if ticket.assigned_to == assigned_to:
            return ticket
        act = _Act({"assigned_to": assigned_to})
        return await self._change(tenant_id, ticket, act, reviewer, "ticket.assigned")

    async def approve(
        self,
        tenant_id: str,
        ticket_id: str,
        reviewer: Reviewer,
        *,
        edited_resolution: str | None = None,
        kb_id: str | None = None,
        script_id: str | None = None,
        category: str | None = None,
        version: int | None = None,
    ) -> Approved:
        """Approve an opened ticket and publish its resolution, to be found at once.

        A `kb_id` or `script_id`, given or named in an edited resolution, corrects the ticket's,
        and an empty one says that it rests on none; a `category` given is taken as said.
        The same by the same reviewer again returns what is recorded.
        Raises Conflict `ticket_not_opened`, `ticket_unresolved` or `ticket_decided`, Forbidden
        `ticket_tier`, InvalidInput, TooLarge.
        """
        ticket = await self._tickets.get(tenant_id, ticket_id)
        edit = None
        if edited_resolution is not None:
            edit = await self._written(tenant_id, ticket, edited_resolution)
        try:
            if ticket.status is Status.PENDING:
                raise _not_opened()
            if ticket.status in RESOLVED:
                raise changed()
            _expect(ticket, version)
            given = _Given(kb_id, script_id, category)
            approved = await self._approve(tenant_id, ticket, reviewer, edit, given)
        except Conflict as error:
            if error.code != "ticket_changed":
                raise
            now = await self._tickets.get(tenant_id, ticket_id)
            return await self._recorded(tenant_id, now, reviewer, edit, error)
        await self._follow(tenant_id)
        return await self._as_it_is(tenant_id, approved)

    async def reject(
        self,
        tenant_id: str,
        ticket_id: str,
        reviewer: Reviewer,
        *,
        reason: str,
        version: int | None = None,
    ) -> Ticket:
        """Reject an opened ticket's resolution; its draft article is discarded.

        What the resolution rested on is in dispute until an approval rests on it again. By the
        same reviewer again it returns what is recorded.
        Raises Conflict `ticket_not_opened` or `ticket_decided`, Forbidden `ticket_tier`,
        InvalidInput `ticket_text_empty`, TooLarge.
        """
        ticket = await self._tickets.get(tenant_id, ticket_id)
        why = await self._written(tenant_id, ticket, reason, limit=REASON)
        try:
            if ticket.status is Status.PENDING:
                raise _not_opened()
            if ticket.status in RESOLVED:
                raise changed()
            _expect(ticket, version)
            return await self._reject(tenant_id, ticket, reviewer, why)
        except Conflict as error:
            if error.code != "ticket_changed":
                raise
            now = await self._tickets.get(tenant_id, ticket_id)
            if now.status is Status.REJECTED and now.decided_by == reviewer.name:
                return now
            raise _decided(now) if now.status in RESOLVED else error from None

    async def approve_above(
        self, tenant_id: str, reviewer: Reviewer, score: int, *, limit: int = BULK
    ) -> list[Approved]:
        """Open and approve what scored at least `score`, as it is written, by ticket_id.

        Left out is what another reviewer has opened, what the reviewer's tier may not decide, and
        what changes meanwhile. At most `limit`; again for more.
        """
        done: list[Approved] = []
        after: str | None = None
        while len(done) < limit:
            found = await self._tickets.store.scored(
                tenant_id, score, limit=min(_PAGE, limit - len(done)), after=after
            )
            if not found:
                break
            after = found[-1].ticket_id
            for ticket in found:
                if _is_left_out(ticket, reviewer):
                    continue
                with contextlib.suppress(Conflict):
                    done.append(await self._approve(tenant_id, ticket, reviewer, None, _Given()))
        await self._follow(tenant_id)
        return [await self._as_it_is(tenant_id, approved) for approved in done]

    async def _approve(
        self,
        tenant_id: str,
        ticket: Ticket,
        reviewer: Reviewer,
        edit: str | None,
        given: "_Given",
    ) -> Approved:
        """One transaction; opens the ticket first where it is pending."""
        reviewer.require(ticket)
        act = await self._approval(tenant_id, ticket, reviewer, edit, given)
        decided = ticket.model_copy(update=act.changes)
        if not decided.final_resolution:
            raise Conflict(
                "ticket_unresolved", "It has no resolution yet; send one as edited_resolution."
            )
        entry = entry_of(decided, by=reviewer.name, title=await self._title(tenant_id, ticket))

        async def write() -> Approved:
            if (await self._tickets.get(tenant_id, ticket.ticket_id)).version != ticket.version:
                raise changed()
            article = await self._publishing.publish(
                tenant_id, entry, draft_id=ticket.generated_kb_id
            )
            act.changes["knowledge_id"] = article.knowledge_id
            approved = await self._write(tenant_id, ticket, act, reviewer, "ticket.approved")
            await self._knowledge.store.confirm(
                tenant_id, approved.reference_articles, self._clock.now()
            )
            ids = {
                "ticket_id": ticket.ticket_id,
                "knowledge_id": article.knowledge_id,
                "kb_id": approved.kb_id,
            }
            await self._tell(tenant_id, "ticket.approved", ids)
            return Approved(approved, article)

        self._failpoints.reach("knowledge_publish")
        # numbers are given one after the other anyway; so nobody waits for a retry
        async with self._one_by_one:
            approved = await self._repository.transact(write)
        self._failpoints.reach("knowledge_published")
        return approved

    async def _approval(
        self,
        tenant_id: str,
        ticket: Ticket,
        reviewer: Reviewer,
        edit: str | None,
        given: "_Given",
    ) -> "_Act":
        now = self._clock.now()
        act = self._opening(ticket, reviewer) if ticket.status is Status.PENDING else _Act({})
        act += _Act(
            {
                "status": Status.APPROVED,
                "decided_by": reviewer.name,
                "resolved_at": now,
                "indexed": False,
            },
            [Step(status=Status.APPROVED, at=now, by=reviewer.name)],
        )
        if edit is not None and edit != ticket.final_resolution:
            act.changes |= {"edited_resolution": edit, "edited_by": reviewer.name}
        words = edit if edit is not None else ticket.edited_resolution
        named = await self._named(tenant_id, words or "")
        kb_id = await self._known(tenant_id, given.kb_id, "article")
        script_id = await self._known(tenant_id, given.script_id, "script")
        if kb_id is None:
            kb_id = _corrected(ticket.kb_id, named.kb_ids)
        if script_id is None:
            script_id = _corrected(ticket.script_id, named.script_ids)
        kb_id, script_id = kb_id or None, script_id or None
        dropped = {ticket.kb_id, ticket.script_id} - {kb_id, script_id}
        kept = [each for each in ticket.reference_articles if each not in dropped]
        references = [*(named.ids or kept), kb_id, script_id]
        act.changes |= {
            "kb_id": kb_id,
            "script_id": script_id,
            "reference_articles": [each for each in dict.fromkeys(references) if each],
        }
        if given.category:
            left = {name: sure for name, sure in ticket.confidence.items() if name != "category"}
            act.changes |= {"category": given.category, "confidence": left}
        return act

    async def _reject(self, tenant_id: str, ticket: Ticket, reviewer: Reviewer, why: str) -> Ticket:
        reviewer.require(ticket)
        now = self._clock.now()
        act = _Act(
            {
                "status": Status.REJECTED,
                "reject_reason": why,
                "decided_by": reviewer.name,
                "resolved_at": now,
            },
            [Step(status=Status.REJECTED, at=now, by=reviewer.name)],
        )

        async def write() -> Ticket:
            rejected = await self._write(tenant_id, ticket, act, reviewer, "ticket.rejected")
            if ticket.generated_kb_id:
                await self._publishing.discard(tenant_id, ticket.generated_kb_id)
            rested = [each for each in (ticket.kb_id, ticket.script_id) if each]
            await self._knowledge.store.dispute(tenant_id, rested)
            await self._tell(tenant_id, "ticket.rejected", {"ticket_id": ticket.ticket_id})
            return rejected

        return await self._repository.transact(write)

    async def _recorded(
        self,
        tenant_id: str,
        ticket: Ticket,
        reviewer: Reviewer,
        edit: str | None,
        error: Conflict,
    ) -> Approved:
        """What the same approval has come to; else raises why it comes to nothing."""
        if ticket.status not in RESOLVED:
            raise error
        same = ticket.status is Status.APPROVED and ticket.decided_by == reviewer.name
        if not same or edit not in (None, ticket.final_resolution) or not ticket.knowledge_id:
            raise _decided(ticket)
        article = await self._knowledge.get(tenant_id, ticket.knowledge_id)
        return Approved(ticket, article)

    async def _as_it_is(self, tenant_id: str, approved: Approved) -> Approved:
        """With what was found out about the entry as it was indexed."""
        article = await self._knowledge.get(tenant_id, approved.knowledge.knowledge_id)
        return Approved(approved.ticket, article)

    async def _follow(self, tenant_id: str) -> None:
        await self._knowledge.follow_if_possible(tenant_id)
        await self._tickets.follow_if_possible(tenant_id)

    async def _undecided(self, tenant_id: str, ticket_id: str, version: int | None) -> Ticket:
        ticket = await self._tickets.get(tenant_id, ticket_id)
        if ticket.status in RESOLVED:
            raise _decided(ticket)
        _expect(ticket, version)
        return ticket

    def _opening(self, ticket: Ticket, reviewer: Reviewer) -> "_Act":
        step = Step(status=Status.IN_PROGRESS, at=self._clock.now(), by=reviewer.name)
        assigned = {"assigned_to": ticket.assigned_to or reviewer.user_id}
        return _Act({"status": Status.IN_PROGRESS, **assigned}, [step])

    async def _change(
        self, tenant_id: str, ticket: Ticket, act: "_Act", reviewer: Reviewer, kind: str
    ) -> Ticket:
        return await self._repository.transact(
            lambda: self._write(tenant_id, ticket, act, reviewer, kind)
        )

    async def _write(
        self, tenant_id: str, ticket: Ticket, act: "_Act", reviewer: Reviewer, kind: str
    ) -> Ticket:
        """The change and its audit row; raises Conflict `ticket_changed`."""
        changes = {**act.changes, "updated_at": self._clock.now()}
        steps = [step.model_dump() for step in act.steps]
        done = await self._tickets.store.change(
            tenant_id, ticket.ticket_id, ticket.version, changes, steps
        )
        if done is None:
            raise changed()
        told = {"version": done.version, "status": done.status.value}
        await self._audit.record(tenant_id, kind, ticket.ticket_id, told, actor=reviewer.name)
        return done

    async def _tell(self, tenant_id: str, type: str, ids: dict[str, Any]) -> None:
        await self._events.tell(tenant_id, Event(type=type, data=ids), self._clock.now())

    async def _written(
        self, tenant_id: str, ticket: Ticket, text: str, *, limit: int = TRANSCRIPT
    ) -> str:
        """A person's words as they may be kept."""
        if len(text) > limit:
            raise TooLarge(
                "ticket_text_too_long",
                f"The text has {len(text)} characters; send at most {limit}.",
            )
        name = await self._tickets.contact_name(tenant_id, ticket)
        kept = await asyncio.to_thread(unnamed, clean(text), name)
        if not kept:
            raise InvalidInput("ticket_text_empty", "The text is empty; write a few words.")
        return kept

    async def _named(self, tenant_id: str, text: str) -> Named:
        return await named_in(tenant_id, text, self._knowledge.store, self._tickets.store)

    async def _known(self, tenant_id: str, given: str | None, kind: str) -> str | None:
        if not given:
            return given
        named = await self._named(tenant_id, given)
        if given not in (named.script_ids if kind == "script" else named.kb_ids):
            raise InvalidInput(
                "ticket_reference_unknown", f"There is no active {kind} {given[:80]!r}; search it."
            )
        return given

    async def _title(self, tenant_id: str, ticket: Ticket) -> str | None:
        """Of the draft, if there is one."""
        if ticket.generated_kb_id is None:
            return None
        draft = await self._knowledge.store.get(tenant_id, ticket.generated_kb_id)
        return draft.title if draft else None


@dataclass(frozen=True, slots=True)
class _Given:
    """What a reviewer says beside the words: None: as it stands, empty: none."""

    kb_id: str | None = None
    script_id: str | None = None
    category: str | None = None


@dataclass(slots=True)
class _Act:
    """What an act changes of a ticket, and the steps that it takes."""

    changes: dict[str, Any]
    steps: list[Step] = field(default_factory=list)

    def __iadd__(self, other: "_Act") -> "_Act":
        self.changes |= other.changes
        self.steps += other.steps
        return self


def _corrected(current: str | None, named: Sequence[str]) -> str | None:
    """What the graph found stays where the text names it too, or nothing in its place."""
    return current if not named or current in named else named[0]


def _is_left_out(ticket: Ticket, reviewer: Reviewer) -> bool:
    other = ticket.status is Status.IN_PROGRESS and ticket.assigned_to != reviewer.user_id
    return other or not reviewer.may_decide(ticket) or not ticket.final_resolution


def _expect(ticket: Ticket, version: int | None) -> None:
    if version is not None and version != ticket.version:
        raise changed()


def _wrong_step(ticket: Ticket, status: Status) -> Conflict:
    if ticket.status in RESOLVED:
        return _decided(ticket)
    steps = " or ".join(NEXT[ticket.status])
    return Conflict(
        "ticket_status_invalid",
        f"A ticket that is {ticket.status} becomes {steps}, not {status}; POST to /approve or "
        "/reject decides.",
    )


def _not_opened() -> Conflict:
    return Conflict("ticket_not_opened", "Nobody has opened it; PATCH its status to in_progress.")


def _decided(ticket: Ticket) -> Conflict:
    recorded = {
        "status": ticket.status.value,
        "resolved_at": ticket.resolved_at.isoformat() if ticket.resolved_at else None,
    }
    return Conflict(
        "ticket_decided", f"It is {ticket.status} already; that stays.", details=[recorded]
    )
