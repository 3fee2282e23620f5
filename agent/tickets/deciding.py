"""A decision about a ticket and all that comes with it, in one transaction."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agent.errors import Conflict, InvalidInput
from agent.events.models import Event
from agent.events.store import EventStore
from agent.kit.clock import Clock
from agent.kit.failpoints import Failpoints
from agent.knowledge.models import Article, Entry
from agent.knowledge.publishing import Publishing
from agent.knowledge.store import KnowledgeStore
from agent.knowledge.wording import covered
from agent.mongo.repository import Repository
from agent.tickets.acts import Act, Acts, changed
from agent.tickets.entries import entry_of
from agent.tickets.models import Status, Step, Ticket
from agent.tickets.references import named_in
from agent.tickets.reviewers import Reviewer
from agent.tickets.store import TicketStore

_OF_ITS_WORDS = 0.4
"""A rewritten resolution has less of its words from what it replaces."""


@dataclass(frozen=True, slots=True)
class Approved:
    ticket: Ticket
    knowledge: Article
    """What the approval published, as it stands now."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a reviewer says with an approval: None: as it stands, an empty id: none."""

    edit: str | None = None
    """The resolution in their words."""
    kb_id: str | None = None
    script_id: str | None = None
    category: str | None = None

    def is_in(self, ticket: Ticket) -> bool:
        """Whether it is what the ticket was approved with."""
        said = {"kb_id": self.kb_id, "script_id": self.script_id, "category": self.category}
        return self.edit in (None, ticket.final_resolution) and all(
            value is None or (value or None) == getattr(ticket, name)
            for name, value in said.items()
        )


class Deciding:
    """Raises Conflict `ticket_changed` where the ticket is no longer as it is given."""

    def __init__(
        self,
        repository: Repository,
        store: TicketStore,
        knowledge: KnowledgeStore,
        publishing: Publishing,
        acts: Acts,
        events: EventStore,
        clock: Clock,
        failpoints: Failpoints,
    ) -> None:
        self._repository = repository
        self._store = store
        self._knowledge = knowledge
        self._publishing = publishing
        self._acts = acts
        self._events = events
        self._clock = clock
        self._failpoints = failpoints
        self._one_by_one = asyncio.Lock()

    async def approve(
        self, tenant_id: str, ticket: Ticket, reviewer: Reviewer, given: Given
    ) -> Approved:
        """One transaction; opens the ticket first where it is pending."""
        reviewer.require(ticket)
        act = await self._approval(tenant_id, ticket, reviewer, given)
        entry = await self._entry(tenant_id, ticket, act, reviewer)

        async def write() -> Approved:
            standing = await self._store.get(tenant_id, ticket.ticket_id)
            if standing is None or standing.version != ticket.version:
                raise changed()
            article = await self._publishing.publish(
                tenant_id, entry, draft_id=ticket.generated_kb_id
            )
            act.changes["knowledge_id"] = article.knowledge_id
            approved = await self._acts.write(tenant_id, ticket, act, reviewer, "ticket.approved")
            unused = {ticket.kb_id} - {approved.kb_id}
            rested = [each for each in approved.reference_articles if each not in unused]
            await self._knowledge.confirm(tenant_id, rested, self._clock.now())
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

    async def preview(self, tenant_id: str, ticket: Ticket, reviewer: Reviewer) -> Entry:
        """What an approval of the ticket as it stands would publish."""
        act = await self._approval(tenant_id, ticket, reviewer, Given())
        return await self._entry(tenant_id, ticket, act, reviewer)

    async def _entry(self, tenant_id: str, ticket: Ticket, act: Act, reviewer: Reviewer) -> Entry:
        """Raises Conflict `ticket_forgotten`, `ticket_unresolved`."""
        if ticket.forgotten_at is not None:
            raise Conflict(
                "ticket_forgotten", "Its contact was erased: nothing of it is published; reject it."
            )
        decided = ticket.model_copy(update=act.changes)
        if not (decided.final_resolution or "").strip():
            raise Conflict(
                "ticket_unresolved", "It has no resolution yet; send one as edited_resolution."
            )
        return entry_of(decided, by=reviewer.name, title=await self._title(tenant_id, ticket))

    async def _approval(
        self, tenant_id: str, ticket: Ticket, reviewer: Reviewer, given: Given
    ) -> Act:
        now = self._clock.now()
        act = self._acts.opening(ticket, reviewer) if ticket.status is Status.PENDING else Act({})
        act += Act(
            {
                "status": Status.APPROVED,
                "decided_by": reviewer.name,
                "resolved_at": now,
                "indexed": False,
                **await self._rests_on(tenant_id, ticket, given),
            },
            [Step(status=Status.APPROVED, at=now, by=reviewer.name)],
        )
        if given.edit is not None and given.edit != ticket.final_resolution:
            act.changes |= {"edited_resolution": given.edit, "edited_by": reviewer.name}
        if given.category:
            left = {name: sure for name, sure in ticket.confidence.items() if name != "category"}
            act.changes |= {"category": given.category, "confidence": left}
        return act

    async def _rests_on(self, tenant_id: str, ticket: Ticket, given: Given) -> dict[str, Any]:
        """The article, the script and the references of the ticket, as the reviewer corrects them.

        Raises InvalidInput `ticket_reference_unknown`.
        """
        words = given.edit if given.edit is not None else ticket.edited_resolution
        named = await named_in(tenant_id, words or "", self._knowledge, self._store)
        kb_id = await self._known(tenant_id, given.kb_id, "article")
        script_id = await self._known(tenant_id, given.script_id, "script")
        rewritten = kb_id is None and not named.kb_ids and _rewritten(words, ticket)
        if kb_id is None:
            kb_id = _corrected(ticket.kb_id, named.kb_ids)
        if script_id is None:
            script_id = _corrected(ticket.script_id, named.script_ids)
        kb_id, script_id = kb_id or None, script_id or None
        dropped = {ticket.kb_id, ticket.script_id} - {kb_id, script_id}
        kept = [each for each in ticket.reference_articles if each not in dropped]
        references = [*(named.ids or kept), kb_id, script_id]
        return {
            # related it stays
            "kb_id": None if rewritten else kb_id,
            "script_id": script_id,
            "reference_articles": [each for each in dict.fromkeys(references) if each],
        }

    async def reject(self, tenant_id: str, ticket: Ticket, reviewer: Reviewer, why: str) -> Ticket:
        reviewer.require(ticket)
        now = self._clock.now()
        act = Act(
            {
                "status": Status.REJECTED,
                "reject_reason": why,
                "decided_by": reviewer.name,
                "resolved_at": now,
            },
            [Step(status=Status.REJECTED, at=now, by=reviewer.name)],
        )

        async def write() -> Ticket:
            rejected = await self._acts.write(tenant_id, ticket, act, reviewer, "ticket.rejected")
            if ticket.generated_kb_id:
                await self._publishing.discard(tenant_id, ticket.generated_kb_id)
            if ticket.forgotten_at is None:  # else it says nothing of what the ticket rests on
                rested = [each for each in (ticket.kb_id, ticket.script_id) if each]
                await self._knowledge.dispute(tenant_id, rested)
            await self._tell(tenant_id, "ticket.rejected", {"ticket_id": ticket.ticket_id})
            return rejected

        return await self._repository.transact(write)

    async def _tell(self, tenant_id: str, type: str, ids: dict[str, Any]) -> None:
        await self._events.tell(tenant_id, Event(type=type, data=ids), self._clock.now())

    async def _known(self, tenant_id: str, given: str | None, kind: str) -> str | None:
        if not given:
            return given
        heads = await self._knowledge.heads(tenant_id, [given])
        if not any(
            head["status"] == "active" and (head["kind"] == "script") == (kind == "script")
            for head in heads
        ):
            raise InvalidInput(
                "ticket_reference_unknown", f"There is no active {kind} {given[:80]!r}; search it."
            )
        return given

    async def _title(self, tenant_id: str, ticket: Ticket) -> str | None:
        """Of the draft, if there is one."""
        if ticket.generated_kb_id is None:
            return None
        draft = await self._knowledge.get(tenant_id, ticket.generated_kb_id)
        return draft.title if draft else None


def _rewritten(words: str | None, ticket: Ticket) -> bool:
    """Other words for another solution: the article that was found did not solve it."""
    found = ticket.resolution_content
    return bool(words and found) and covered(words or "", found or "") < _OF_ITS_WORDS


def _corrected(current: str | None, named: Sequence[str]) -> str | None:
    """What the graph found stays where the text names it too, or nothing in its place."""
    return current if not named or current in named else named[0]
