"""What people do with a ticket: open, edit, assign, approve, reject."""

import asyncio
import contextlib
import difflib
from dataclasses import dataclass, field
from typing import TypedDict

from agent.errors import Conflict, InvalidInput, TooLarge
from agent.kit.text import clean
from agent.knowledge.models import Entry, Likeness
from agent.knowledge.service import KnowledgeService
from agent.mongo.repository import Repository
from agent.tickets.acts import Act, Acts, decided, expect, expect_opened
from agent.tickets.deciding import Approved, Deciding, Given
from agent.tickets.models import NEXT, RESOLVED, TRANSCRIPT, Status, Ticket
from agent.tickets.references import named_in
from agent.tickets.reviewers import Reviewer
from agent.tickets.service import TicketService
from agent.tickets.unnamed import unnamed

BULK = 500
"""Tickets that one bulk approval decides at most."""
REASON, NAME = 2_000, 100
_PAGE = 50


class Said(TypedDict, total=False):
    """What a reviewer may say with an approval; see `Reviewing.approve`."""

    edited_resolution: str | None
    kb_id: str | None
    script_id: str | None
    category: str | None
    version: int | None


@dataclass(frozen=True, slots=True)
class Preview:
    entry: Entry
    similar_to: Likeness | None = None
    difference: list[str] = field(default_factory=list)
    """From the similar one to this: lines that begin with a blank stay, with - go, with + come."""


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
        acts: Acts,
        deciding: Deciding,
    ) -> None:
        self._repository = repository
        self._tickets = tickets
        self._knowledge = knowledge
        self._acts = acts
        self._deciding = deciding

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
        `reject` decide; Forbidden `ticket_tier`.
        """
        ticket = await self._tickets.get(tenant_id, ticket_id)
        if status not in NEXT[ticket.status] or status in RESOLVED:
            raise _wrong_step(ticket, status)
        reviewer.require(ticket)
        expect(ticket, version)
        opened = self._acts.opening(ticket, reviewer)
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
        Raises InvalidInput `ticket_text_empty`, TooLarge, Conflict `ticket_decided`, Forbidden
        `ticket_tier`.
        """
        ticket = await self._undecided(tenant_id, ticket_id, version)
        reviewer.require(ticket)
        text = await self._written(tenant_id, ticket, edited_resolution)
        named = await named_in(tenant_id, text, self._knowledge.store, self._tickets.store)
        act = Act({"edited_resolution": text, "edited_by": reviewer.name})
        if named.ids:
            act.changes["reference_articles"] = named.ids
        if ticket.status is Status.PENDING:
            act += self._acts.opening(ticket, reviewer)
        return await self._change(tenant_id, ticket, act, reviewer, "ticket.edited")

    async def assign(
        self,
        tenant_id: str,
        ticket_id: str,
        reviewer: Reviewer,
        assignee: Reviewer | None,
        *,
        version: int | None = None,
    ) -> Ticket:
        """Give an undecided ticket to an agent, or back to all of them.

        Raises Conflict `ticket_decided`, InvalidInput `ticket_assignee_unfit`.
        """
        ticket = await self._undecided(tenant_id, ticket_id, version)
        if assignee is not None and not assignee.may_decide(ticket):
            raise InvalidInput(
                "ticket_assignee_unfit",
                f"This ticket is decided by tier {ticket.tier} and above; name such an agent.",
            )
        assigned_to = assignee.user_id if assignee else None
        if ticket.assigned_to == assigned_to:
            return ticket
        act = Act({"assigned_to": assigned_to})
        return await self._change(tenant_id, ticket, act, reviewer, "ticket.assigned")

    async def preview(self, tenant_id: str, ticket_id: str, reviewer: Reviewer) -> Preview:
        """What an approval would publish, and how that differs from what says nearly the same.

        Raises Conflict `ticket_unresolved` or `ticket_decided`.
        """
        ticket = await self._undecided(tenant_id, ticket_id, None)
        entry = await self._deciding.preview(tenant_id, ticket, reviewer)
        like = await self._knowledge.like(tenant_id, entry)
        if like is None:
            return Preview(entry)
        likeness, other = like
        return Preview(entry, likeness, await asyncio.to_thread(difference, other.text, entry.text))

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
        if category is not None:
            category = await self._written(tenant_id, ticket, category, limit=NAME)
        given = Given(edit, kb_id, script_id, category)
        try:
            expect_opened(ticket, version)
            approved = await self._deciding.approve(tenant_id, ticket, reviewer, given)
        except Conflict as error:
            if error.code != "ticket_changed":
                raise
            now = await self._tickets.get(tenant_id, ticket_id)
            return await self._recorded(tenant_id, now, reviewer, given, error)
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

        What the resolution rested on is in dispute until an approval rests on it again. The
        same by the same reviewer again returns what is recorded.
        Raises Conflict `ticket_not_opened` or `ticket_decided`, Forbidden `ticket_tier`,
        InvalidInput `ticket_text_empty`, TooLarge.
        """
        ticket = await self._tickets.get(tenant_id, ticket_id)
        why = await self._written(tenant_id, ticket, reason, limit=REASON)
        try:
            expect_opened(ticket, version)
            return await self._deciding.reject(tenant_id, ticket, reviewer, why)
        except Conflict as error:
            if error.code != "ticket_changed":
                raise
            now = await self._tickets.get(tenant_id, ticket_id)
            if (now.decided_by, now.reject_reason) == (reviewer.name, why):
                return now
            raise decided(now) if now.status in RESOLVED else error from None

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
                    done.append(await self._deciding.approve(tenant_id, ticket, reviewer, Given()))
        await self._follow(tenant_id)
        return [await self._as_it_is(tenant_id, approved) for approved in done]

    async def _recorded(
        self, tenant_id: str, ticket: Ticket, reviewer: Reviewer, given: Given, error: Conflict
    ) -> Approved:
        """What the same approval has come to; else raises why it comes to nothing."""
        if ticket.status not in RESOLVED:
            raise error
        same = ticket.status is Status.APPROVED and ticket.decided_by == reviewer.name
        if not same or not given.is_in(ticket) or not ticket.knowledge_id:
            raise decided(ticket)
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
            raise decided(ticket)
        expect(ticket, version)
        return ticket

    async def _change(
        self, tenant_id: str, ticket: Ticket, act: Act, reviewer: Reviewer, kind: str
    ) -> Ticket:
        return await self._repository.transact(
            lambda: self._acts.write(tenant_id, ticket, act, reviewer, kind)
        )

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


def difference(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=1, lineterm="")
    return [line for line in [*lines][2:] if not line.startswith("@@")]


def _is_left_out(ticket: Ticket, reviewer: Reviewer) -> bool:
    other = ticket.status is Status.IN_PROGRESS and ticket.assigned_to != reviewer.user_id
    return other or not reviewer.may_decide(ticket) or not ticket.final_resolution


def _wrong_step(ticket: Ticket, status: Status) -> Conflict:
    if ticket.status in RESOLVED:
        return decided(ticket)
    steps = " or ".join(NEXT[ticket.status])
    return Conflict(
        "ticket_status_invalid",
        f"A ticket that is {ticket.status} becomes {steps}, not {status}; POST to /approve or "
        "/reject decides.",
    )
