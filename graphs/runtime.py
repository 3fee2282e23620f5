"""The one door to a conversation: start, reply, stream, act, decide, recover."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine, Mapping
from functools import partial
from typing import Any, TypeVar

from agent.approvals.models import Approval, Decision
from agent.errors import LatchkeyError, TooBusy
from agent.kit.ids import new_id
from agent.kit.text import validate_message
from agent.leads.intake import LeadDraft
from agent.privacy.models import Contact
from agent.services import Services
from agent.threads.models import Accepted, OnBusy, Thread
from graphs import acting, decisions, reminders
from graphs.answer import Acted, Answer, OfferedListing, Started, StreamEvent, ThreadView
from graphs.awaiting import POLL, Awaiting, pending_in
from graphs.inbound import answering
from graphs.opening import begun, disclosure
from graphs.redaction import without_contact
from graphs.streaming import Telling
from graphs.turns import Key, TurnRunner
from graphs.voices import Voices

log = logging.getLogger(__name__)

STOP_SECONDS = 20.0
MOMENT_SECONDS = 1.0
T = TypeVar("T")
MOST_TAKEN_UP = 4
"""Threads at once in which what a dead process left is answered."""
MOST_RUNNING = 128
"""Turns that run at once in this process, whether or not somebody waits for them still; a message
beyond is refused before it is kept."""


class Runtime:
    """Serves every surface; holds nothing that a restart would lose."""

    def __init__(
        self,
        services: Services,
        runner: TurnRunner,
        voices: Voices,
    ) -> None:
        self.services = services
        self._runner = runner
        self._voices = voices
        self._awaiting = Awaiting(services, runner)
        self._background: set[asyncio.Task[Any]] = set()
        self._close_by: float | None = None

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
        known: LeadDraft | None = None,
    ) -> Started:
        """Open a thread with the disclosure as its first line; answer `message` if given.

        It is of whom `known` describes, found again or taken in, else of somebody new.
        Raises Conflict `thread_exists` for a `thread_id` that is taken.
        """
        text = validate_message(message) if message is not None else None
        community = await self.services.tenants.community(tenant_id, community_id)
        thread = await begun(
            self.services,
            tenant_id,
            community,
            contact=contact or Contact(),
            consent_sms=consent_sms,
            source=source,
            listing_id=listing_id,
            thread_id=thread_id,
            metadata=metadata,
            known=known,
        )
        answer = None
        if text is not None:
            answer = await self.reply(tenant_id, thread.thread_id, text, message_id=message_id)
        return Started(
            thread_id=thread.thread_id,
            lead_id=thread.lead_id,
            community=community,
            disclosure=disclosure(community),
            stage=answer.stage if answer else thread.stage,
            answer=answer,
        )

    async def reply(
        self,
        tenant_id: str,
        thread_id: str,
        text: str,
        *,
        message_id: str | None = None,
        on_busy: OnBusy = "enqueue",
    ) -> Answer:
        """Accept a lead's message durably, then wait for the reply to it.

        Messages that arrive meanwhile are answered as `on_busy` says. The same `message_id` again
        gives the same answer. While a person has taken over the reply is empty. Raises
        InvalidInput, TooLarge, NotFound, TooBusy, Conflict `thread_busy` or `turn_rolled_back`.
        """
        key, known_as = (tenant_id, thread_id), message_id or new_id("msg")
        with self._runner.expecting(key, known_as) as told:
            accepted = await self._accept(key, text, known_as, on_busy, again=bool(message_id))
            return await self._awaiting.answer(key, accepted, told)

    async def stream(
        self,
        tenant_id: str,
        thread_id: str,
        text: str,
        *,
        message_id: str | None = None,
        on_busy: OnBusy = "enqueue",
    ) -> AsyncIterator[StreamEvent]:
        """The same as events; the first one comes when the message is safe."""
        key, known_as = (tenant_id, thread_id), message_id or new_id("msg")
        with self._voices.listen(key) as heard, self._runner.expecting(key, known_as) as told:
            accepted = await self._accept(key, text, known_as, on_busy, again=bool(message_id))
            turn_index = accepted.message.turn_index
            yield StreamEvent("accepted", {"message_id": known_as, "turn_index": turn_index})
            answered = asyncio.create_task(self._awaiting.answer(key, accepted, told))
            telling = Telling(turn_index)
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

    async def release(self, tenant_id: str, thread_id: str, *, actor: str) -> Thread:
        """Give a thread back to the agent, which answers what waits without the caller."""
        thread = await self.services.desk.release(tenant_id, thread_id, actor=actor)
        self.wake(tenant_id, thread_id)
        return thread

    async def act(
        self,
        tenant_id: str,
        thread_id: str,
        action: str,
        args: Mapping[str, Any],
        *,
        trusted: bool,
        scopes: frozenset[str] | None = None,
        actor: str | None = None,
    ) -> Acted:
        """See `graphs.acting`; an untrusted caller (the visitor) names only what was offered."""
        thread = await self.services.threads.get(tenant_id, thread_id)
        state = await self._runner.memory(tenant_id, thread_id)
        acted = await acting.act(
            self.services,
            tenant_id,
            thread,
            state,
            action,
            args,
            trusted=trusted,
            scopes=scopes,
            actor=actor,
        )
        if acted.action_id and acted.status == "done":
            self.wake(tenant_id, thread_id)
        return acted

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
        self.wake(tenant_id, approval.thread_id)
        return approval

    async def undo(self, tenant_id: str, action_id: str, *, actor: str) -> Approval:
        """Take an approval back inside the tenant's undo window; it waits again."""
        return await decisions.undo(self.services, tenant_id, action_id, actor=actor)

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
            pending_actions=await pending_in(self.services, tenant_id, thread_id),
        )

    async def sweep(self) -> None:
        """Close what lapsed, and finish what a dead process left waiting."""
        await self.close_lapsed()
        await self.take_up()

    async def close_lapsed(self) -> None:
        """Expire, free, remind and propose what is due; what breaks holds up nothing else."""
        services = self.services
        for name, step in (
            ("decisions", partial(decisions.sweep, services)),
            ("tours", partial(services.tours.sweep_expired, services.clock.now())),
            ("reminders", partial(reminders.sweep, services)),
            ("answers", partial(answering.sweep, services)),
        ):
            await _alone(name, step())

    async def take_up(self) -> None:
        """Answer in the threads that a dead process left waiting, a few at a time, and file what
        it had answered."""
        await _alone("filing", self.services.threads.filing.sweep())
        now = self.services.clock.now()
        room = asyncio.Semaphore(MOST_TAKEN_UP)

        async def answer(tenant_id: str, thread_id: str) -> None:
            async with room:
                await _alone(f"thread {thread_id}", self._runner.drain(tenant_id, thread_id))

        abandoned = await self.services.threads.store.abandoned(now)
        await asyncio.gather(*(answer(*key) for key in abandoned))

    async def close(self, seconds: float = STOP_SECONDS) -> None:
        """Wait for the turns that are running; `seconds` after the first call end what still runs.

        The next process finishes what was cut off.
        """
        now = asyncio.get_running_loop().time()
        if self._close_by is None:
            self._close_by = now + seconds
        try:
            async with asyncio.timeout_at(max(self._close_by, now + MOMENT_SECONDS)):
                while self._background or self._runner.busy:
                    await asyncio.gather(*self._background, return_exceptions=True)
                    await self._runner.close()
                    await asyncio.sleep(0)
                await self.services.threads.filing.close()
        except TimeoutError:
            log.warning("turns were cut off; they are taken up again later")
            # what the first waited for has been cancelled with it
            await self._runner.end()

    async def _accept(
        self, key: Key, text: str, message_id: str, on_busy: OnBusy, *, again: bool
    ) -> Accepted:
        """Keep the message; `again`: it may have been sent before."""
        services, runner = self.services, self._runner
        if runner.busy >= MOST_RUNNING:
            raise TooBusy(
                "server_busy", "Too many conversations at once; send it again.", retry_after=1
            )
        clean = await without_contact(services, *key, validate_message(text))

        async def keep() -> Accepted:
            accepted = await services.threads.accept(
                *key,
                clean,
                message_id=message_id,
                again=again,
                owner=runner.owner(),
                on_busy=on_busy,
            )
            services.failpoints.reach("accept")
            runner.withdraw(key, accepted.withdrawn)
            if accepted.lease and accepted.thread:
                runner.begin(key, accepted.lease, accepted.thread)
            return accepted

        # a caller who goes away must not take the lease along
        return await self._unhurried(keep())

    async def _unhurried(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of work that goes on when its caller is cancelled."""
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return await asyncio.shield(task)

    def wake(self, tenant_id: str, thread_id: str) -> None:
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
    from graphs.tracing import tracing

    voices = Voices()
    policy = open_policy(services, voices)
    saver = await asyncio.to_thread(open_saver, services.database)
    graph = build(services, policy).compile(checkpointer=saver)
    runtime = Runtime(services, TurnRunner(services, graph, saver), voices)
    async with tracing(services.settings):
        try:
            yield runtime
        finally:
            await runtime.close()


async def _alone(name: str, work: Coroutine[Any, Any, object]) -> None:
    """Do it, or note why not; the next sweep tries it again."""
    try:
        await work
    except Exception as error:
        reason = error.code if isinstance(error, LatchkeyError) else type(error).__name__
        log.warning("%s: waits on %s", name, reason)
