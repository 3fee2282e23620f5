"""The one door to a conversation: start, reply, stream, act, decide, recover."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any

from agent.approvals.models import Approval, Decision
from agent.errors import Conflict, Duplicate, LatchkeyError, NotFound
from agent.events.models import Event
from agent.kit.ids import new_id
from agent.kit.text import validate_message
from agent.leads.models import Consent
from agent.privacy.models import Contact
from agent.services import Services
from agent.tenants.models import Community
from agent.threads.models import Message, Role, Thread
from graphs import acting, decisions
from graphs.answer import (
    Acted,
    Answer,
    OfferedListing,
    PendingAction,
    Started,
    StreamEvent,
    ThreadView,
)
from graphs.redaction import redacted
from graphs.streaming import Telling
from graphs.turns import TurnRunner
from graphs.voices import Voices
from prompts import load

log = logging.getLogger(__name__)

POLL = 0.05
"""Seconds between looks for an answer that another process may be writing."""


class Runtime:
    """Serves every surface; holds nothing that a restart would lose."""

    def __init__(self, services: Services, runner: TurnRunner, voices: Voices) -> None:
        self.services = services
        self._runner = runner
        self._voices = voices
        self._background: set[asyncio.Task[None]] = set()

    async def start(
        self,
        tenant_id: str,
        *,
        community_id: str | None = None,
        contact: Contact | None = None,
        consent_sms: bool = False,
        source: str | None = None,
        listing_id: str | None = None,
        message: str | None = None,
        message_id: str | None = None,
        thread_id: str | None = None,
        metadata: Mapping[str, Any] = {},
    ) -> Started:
        """Open a thread with the disclosure as its first line; answer `message` if given.

        Raises Conflict `thread_exists` for a `thread_id` that is taken.
        """
        services = self.services
        text = validate_message(message) if message is not None else None
        community = await services.tenants.community(tenant_id, community_id)
        if listing_id is not None:
            await services.listings.get(tenant_id, listing_id)
        if thread_id is not None and await services.threads.store.get(tenant_id, thread_id):
            raise _taken(thread_id)
        thread_id = thread_id or new_id("thr")
        now = services.clock.now()
        disclosure = _disclosure(community)
        lead = await services.leads.create(
            tenant_id,
            contact=contact or Contact(),
            consent=Consent(sms=consent_sms, text=disclosure, at=now, source=source or "chat"),
            source=source,
        )
        thread = Thread(
            thread_id=thread_id,
            lead_id=lead.lead_id,
            community_id=community.community_id,
            source=source,
            metadata={**metadata, **({"listing_id": listing_id} if listing_id else {})},
            created_at=now,
            updated_at=now,
        )
        try:
            await services.repository.transact(lambda: self._open(tenant_id, thread, disclosure))
        except Duplicate:
            raise _taken(thread_id) from None
        answer = None
        if text is not None:
            answer = await self.reply(tenant_id, thread.thread_id, text, message_id=message_id)
        return Started(
            thread_id=thread.thread_id,
            lead_id=lead.lead_id,
            community=community,
            disclosure=disclosure,
            stage=answer.stage if answer else thread.stage,
            answer=answer,
        )

    async def _open(self, tenant_id: str, thread: Thread, disclosure: str) -> None:
        threads = self.services.threads
        await threads.store.create(tenant_id, thread)
        first = Message(
            message_id="disclosure",
            turn_index=0,
            role=Role.AGENT,
            text=disclosure,
            timestamp=thread.created_at,
            stage=thread.stage,
        )
        await threads.add(tenant_id, thread.thread_id, [first], [Event(type="thread.started")])

    async def reply(
        self, tenant_id: str, thread_id: str, text: str, *, message_id: str | None = None
    ) -> Answer:
        """Accept a lead's message durably, then wait for the reply to it.

        Messages that arrive meanwhile are answered together. The same `message_id` again gives
        the same answer. Raises InvalidInput, TooLarge, NotFound, TooBusy.
        """
        message = await self._accept(tenant_id, thread_id, text, message_id)
        return await self._answered(tenant_id, thread_id, message)

    async def post(
        self, tenant_id: str, thread_id: str, text: str, *, message_id: str | None = None
    ) -> Message:
        """Accept a lead's message durably; it is answered without the caller."""
        message = await self._accept(tenant_id, thread_id, text, message_id)
        self._spawn(tenant_id, thread_id)
        return message

    async def stream(
        self, tenant_id: str, thread_id: str, text: str, *, message_id: str | None = None
    ) -> AsyncIterator[StreamEvent]:
        """The same as events; the first one comes when the message is safe."""
        with self._voices.listen((tenant_id, thread_id)) as heard:
            message = await self._accept(tenant_id, thread_id, text, message_id)
            accepted = {"message_id": message.message_id, "turn_index": message.turn_index}
            yield StreamEvent("accepted", accepted)
            answered = asyncio.create_task(self._answered(tenant_id, thread_id, message))
            telling = Telling(message.turn_index)
            try:
                async for event in telling.live(heard, answered):
                    yield event
                answer = await answered
            except LatchkeyError as error:
                yield StreamEvent("error", {"code": error.code, "message": error.message})
                return
            finally:
                answered.cancel()
        for event in telling.rest(answer):
            yield event

    async def act(
        self,
        tenant_id: str,
        thread_id: str,
        action: str,
        args: Mapping[str, Any],
        *,
        trusted: bool,
        scopes: frozenset[str] | None = None,
    ) -> Acted:
        """See `graphs.acting`; an untrusted caller (the visitor) names only what was offered."""
        thread = await self.services.threads.get(tenant_id, thread_id)
        state = await self._runner.memory(tenant_id, thread_id)
        return await acting.act(
            self.services, tenant_id, thread, state, action, args, trusted=trusted, scopes=scopes
        )

    async def decide(
        self,
        tenant_id: str,
        action_id: str,
        decision: Decision,
        *,
        actor: str,
        version: int | None = None,
    ) -> Approval:
        """Decide an action for good, then tell the lead in the thread's own order."""
        approval = await decisions.decide(
            self.services, tenant_id, action_id, decision, actor=actor, version=version
        )
        self._spawn(tenant_id, approval.thread_id)
        return approval

    async def caught_up(self, tenant_id: str, thread_id: str) -> None:
        """Return when nothing in the thread waits for the agent any more."""
        while (await self.services.threads.get(tenant_id, thread_id)).unanswered:
            await self._runner.drain(tenant_id, thread_id)
            await asyncio.sleep(POLL)

    async def view(self, tenant_id: str, thread_id: str) -> ThreadView:
        thread = await self.services.threads.get(tenant_id, thread_id)
        lead = await self.services.leads.get(tenant_id, thread.lead_id)
        return ThreadView(
            thread_id=thread_id,
            stage=thread.stage,
            status=thread.status,
            profile=lead.profile,
            shortlist=[OfferedListing.model_validate(home) for home in thread.shortlist],
            pending_actions=await self._pending(tenant_id, thread_id),
        )

    async def sweep(self) -> None:
        """Close what lapsed, and finish what a dead process left waiting."""
        services = self.services
        await services.approvals.expire_overdue(
            lambda tenant_id: lambda row: decisions.close(services, tenant_id, row)
        )
        await services.tours.sweep_expired(services.clock.now())
        for tenant_id, thread_id in await services.threads.store.abandoned(services.clock.now()):
            try:
                await self._runner.drain(tenant_id, thread_id)
            except LatchkeyError as error:
                # one thread must not hold up the others; the next sweep tries it again
                log.warning("thread %s waits on: %s", thread_id, error.code)

    async def close(self) -> None:
        """Wait for the turns that are running."""
        await asyncio.gather(*self._background, return_exceptions=True)
        await self._runner.close()

    async def _accept(
        self, tenant_id: str, thread_id: str, text: str, message_id: str | None
    ) -> Message:
        services = self.services
        text = validate_message(text)
        thread = await services.threads.get(tenant_id, thread_id)
        expected = await self._name_expected(tenant_id, thread)
        clean = await redacted(services, tenant_id, text, name_expected=expected)
        if clean.contact != Contact():
            await services.leads.learn_contact(tenant_id, thread.lead_id, clean.contact)
        message, _ = await services.threads.accept(
            tenant_id, thread_id, clean.text, message_id=message_id
        )
        services.failpoints.reach("accept")
        return message

    async def _name_expected(self, tenant_id: str, thread: Thread) -> bool:
        last = await self.services.threads.store.latest(tenant_id, thread.thread_id, Role.AGENT)
        return last is not None and last.why is not None and "asked:contact" in last.why.rules

    async def _answered(self, tenant_id: str, thread_id: str, message: Message) -> Answer:
        store = self.services.threads.store
        while True:
            await self._drained(tenant_id, thread_id)
            reply = await store.answer_to(tenant_id, thread_id, message)
            if reply is not None:
                return await self._answer(tenant_id, thread_id, message, reply)
            await asyncio.sleep(POLL)

    async def _drained(self, tenant_id: str, thread_id: str) -> None:
        """Run what waits; a turn that another process has taken over is answered there."""
        try:
            await self._runner.drain(tenant_id, thread_id)
        except Conflict as error:
            if error.code != "turn_lease_lost":
                raise

    async def _answer(
        self, tenant_id: str, thread_id: str, message: Message, reply: Message
    ) -> Answer:
        if reply.why is None or reply.stage is None:
            raise NotFound("reply_not_found", "This message has no answer of the agent.")
        thread = await self.services.threads.get(tenant_id, thread_id)
        lead = await self.services.leads.get(tenant_id, thread.lead_id)
        return Answer.model_validate(
            {
                "thread_id": thread_id,
                "turn_index": reply.turn_index,
                "message_id": message.message_id,
                "coalesced": reply.answers,
                "stage": reply.stage,
                "reply": reply.text,
                "listings": reply.listings,
                "slots": reply.slots,
                "pending_actions": await self._pending(tenant_id, thread_id),
                "profile": lead.profile,
                "why": reply.why,
            }
        )

    async def _pending(self, tenant_id: str, thread_id: str) -> list[PendingAction]:
        rows = await self.services.approvals.store.pending(tenant_id, thread_id)
        return [PendingAction.model_validate(row.model_dump()) for row in rows]

    def _spawn(self, tenant_id: str, thread_id: str) -> None:
        """Run the thread's waiting turns without making the caller wait."""

        async def drain() -> None:
            try:
                await self._runner.drain(tenant_id, thread_id)
            except LatchkeyError as error:
                log.warning("outcome told later: %s", error.code)

        task = asyncio.create_task(drain())
        self._background.add(task)
        task.add_done_callback(self._background.discard)


@contextlib.asynccontextmanager
async def open_runtime(services: Services) -> AsyncIterator[Runtime]:
    """A runtime with the policy the settings name."""
    from graphs.checkpoints import open_saver
    from graphs.leasing.graph import build
    from graphs.policies import open_policy

    voices = Voices()
    policy = open_policy(services, voices)
    saver = await asyncio.to_thread(open_saver, services.database)
    graph = build(services, policy).compile(checkpointer=saver)
    runtime = Runtime(services, TurnRunner(services, graph), voices)
    try:
        yield runtime
    finally:
        await runtime.close()


def _taken(thread_id: str) -> Conflict:
    return Conflict("thread_exists", f"There is a thread {thread_id[:80]!r} already.")


def _disclosure(community: Community) -> str:
    """What a lead is told before the first word: a machine, who runs it, that it records."""
    replies = load("leasing/replies")
    text = replies.render("disclosure", {"community": community.name})
    if not community.privacy_url:
        return text
    return f"{text} {replies.render('privacy_notice', {'url': community.privacy_url})}"
