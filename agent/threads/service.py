"""Rules of a transcript: what is accepted, in which order, and when a turn is finished."""

from collections.abc import Sequence
from contextvars import ContextVar
from datetime import datetime, timedelta
from functools import partial

from agent.errors import Conflict, Duplicate, InvalidInput, NotFound, TooBusy
from agent.events.models import Event
from agent.events.store import EventStore
from agent.kit.clock import Clock
from agent.kit.failpoints import Failpoints
from agent.kit.ids import new_id
from agent.mongo.repository import Repository
from agent.threads.filing import FILED, Filing, Unfiled
from agent.threads.models import (
    Accepted,
    Channel,
    Lease,
    Message,
    OnBusy,
    Role,
    Thread,
    ThreadStatus,
    TurnResult,
)
from agent.threads.queue import Claim
from agent.threads.store import ThreadStore

QUEUE_LIMIT = 50
LEASE = timedelta(seconds=10)
turn_of: ContextVar[tuple[str, Lease] | None] = ContextVar("latchkey_turn_of", default=None)
"""thread_id and lease of the turn that runs here: without the lease it adds nothing there."""


class ThreadService:
    def __init__(
        self,
        repository: Repository,
        store: ThreadStore,
        events: EventStore,
        clock: Clock,
        failpoints: Failpoints,
    ) -> None:
        self._repository = repository
        self.store = store
        self.filing = Filing(repository, clock, failpoints)
        self._events = events
        self._clock = clock
        repository.settle_before(FILED, self.filing.settle)

    async def get(self, tenant_id: str, thread_id: str) -> Thread:
        thread = await self.store.get(tenant_id, thread_id)
        if thread is None:
            raise unknown(thread_id)
        return thread

    async def accept(
        self,
        tenant_id: str,
        thread_id: str,
        text: str,
        *,
        message_id: str | None = None,
        again: bool = True,
        owner: str | None = None,
        on_busy: OnBusy = "enqueue",
        channel: Channel | None = None,
    ) -> Accepted:
        """Keep a lead's message durably, in one write; for `owner` with the right to answer it.

        The same `message_id` again gives the message that stands; not `again`: it is a new one.
        While a person has taken over it waits for nothing. Raises NotFound, InvalidInput for an id
        of the kind that we give ourselves, TooBusy when 50 messages wait already, Conflict
        `thread_busy` (see `on_busy`) or `turn_rolled_back`.
        """
        if message_id is not None and again:
            if ":" in message_id:
                raise InvalidInput("message_id_reserved", "Send a message_id without a colon.")
            if standing := await self.store.message(tenant_id, thread_id, message_id):
                return _standing(standing)
        message = self._message(Role.LEAD, text, message_id or new_id("msg"), channel=channel)
        if on_busy == "rollback":
            return await self._repository.transact(
                lambda: self._take_place(tenant_id, thread_id, message, owner)
            )
        most = 1 if on_busy == "reject" else QUEUE_LIMIT
        queued = await self.store.enqueue(
            tenant_id,
            thread_id,
            message,
            lease=self.claim(owner, always=on_busy == "interrupt") if owner else None,
            where={"unanswered": {"$lt": most}, "status": {"$ne": ThreadStatus.STAFF}},
        )
        if queued is None:
            kept = await self._not_queued(tenant_id, thread_id, message, on_busy)
            return kept or await self.accept(
                tenant_id,
                thread_id,
                text,
                message_id=message.message_id,
                again=False,
                owner=owner,
                on_busy=on_busy,
                channel=channel,
            )
        thread, _, lease = queued
        return Accepted(message=thread.queue[-1], thread=thread, lease=lease)

    async def announce(
        self,
        tenant_id: str,
        thread_id: str,
        text: str,
        *,
        action_id: str,
        events: Sequence[Event] = (),
        silent: bool = False,
    ) -> Message:
        """Queue the outcome of an action, so that the agent tells the lead in its own turn.

        A `silent` one is only noted. Joins the caller's transaction; once per action.
        """
        message = self._message(Role.SYSTEM, text, f"outcome:{action_id}", action_id=action_id)
        if await self.store.message(tenant_id, thread_id, message.message_id):
            raise Duplicate("message_duplicate", "The outcome of this action is announced already.")
        thread = await self.get(tenant_id, thread_id)
        if silent or thread.status is ThreadStatus.STAFF:
            [kept] = await self.add(tenant_id, thread_id, [message], events)
            return kept
        queued = await self.store.enqueue(tenant_id, thread_id, message, events=len(events))
        if queued is None:
            raise unknown(thread_id)
        thread, seq, _ = queued
        await self._append(tenant_id, thread, seq, events, self._clock.now())
        return thread.queue[-1]

    def claim(self, owner: str, *, always: bool = False) -> Claim:
        """The lease as `owner` wants it now."""
        now = self._clock.now()
        return Claim(owner, now, now + LEASE, always=always)

    async def take_over(self, tenant_id: str, thread_id: str) -> None:
        """Let a person speak: what waits is kept unanswered, a running turn comes to nothing."""

        async def write() -> None:
            before = await self.store.take_over(tenant_id, thread_id, self._clock.now())
            if before is None:
                raise unknown(thread_id)
            await self.store.append(tenant_id, thread_id, before.queue)

        await self._repository.transact(write)

    async def add(
        self, tenant_id: str, thread_id: str, messages: Sequence[Message], events: Sequence[Event]
    ) -> list[Message]:
        """Append messages that need no answer; as they are with the turn_index set here.

        Raises NotFound; in a turn of this thread that has lost its lease Conflict
        `turn_lease_lost`.
        """
        now = self._clock.now()
        turn = turn_of.get()
        lease = turn[1] if turn and turn[0] == thread_id else None

        async def write() -> list[Message]:
            reserved = await self.store.note(
                tenant_id,
                thread_id,
                now=now,
                messages=len(messages),
                events=len(events),
                lease=lease,
            )
            if reserved is None:
                raise lease_lost() if lease else unknown(thread_id)
            thread, seq = reserved
            numbered = [
                message.model_copy(update={"turn_index": index})
                for index, message in enumerate(messages, thread.next_turn)
            ]
            await self.store.append(tenant_id, thread_id, numbered)
            await self._append(tenant_id, thread, seq, events, now)
            return numbered

        return await self._repository.transact(write)

    async def note_action(
        self,
        tenant_id: str,
        thread_id: str,
        *,
        favorites: Sequence[str],
        handoff: str | None,
        events: Sequence[Event],
    ) -> None:
        """Write down what was done outside a turn, at once and without a reply."""

        async def write() -> None:
            await self.store.note_action(tenant_id, thread_id, favorites=favorites, handoff=handoff)
            await self.add(tenant_id, thread_id, [], events)

        await self._repository.transact(write)

    async def finish(
        self, tenant_id: str, thread_id: str, lease: Lease, result: TurnResult
    ) -> tuple[Message, Thread, Unfiled]:
        """Write what was answered, with the reply, to be filed next; may join a transaction.

        Raises Conflict `turn_lease_lost` when another owner has taken over; nothing is written.
        """
        now = self._clock.now()
        reply = Message(
            message_id=f"reply:{result.through}",
            turn_index=0,
            role=Role.AGENT,
            text=result.reply,
            timestamp=now,
            answers=[message.message_id for message in result.answered],
            why=result.why,
            listings=result.listings,
            slots=result.slots,
            channel=result.channel,
            unsent=bool(result.channel and result.reply),
        )
        finish = partial(self.store.finish_turn, tenant_id, thread_id, lease, now=now)
        finished = await finish(result, reply)
        if finished is None and result.was is not None:
            finished = await finish(result.without_stage(), reply)
        if finished is None:
            raise lease_lost()
        thread, unfiled = finished
        told = {"turn_index": unfiled.turn, "stage": thread.stage}
        return reply.model_copy(update=told), thread, unfiled

    async def _append(
        self,
        tenant_id: str,
        thread: Thread,
        first_seq: int,
        events: Sequence[Event],
        at: datetime,
    ) -> None:
        """Write events after those that turns have left to be filed: none is seen out of turn."""
        if events and thread.unfiled:
            await self.filing.settle(tenant_id, thread.thread_id)
        await self._events.append(tenant_id, thread.thread_id, first_seq, events, at)

    async def _not_queued(
        self, tenant_id: str, thread_id: str, message: Message, on_busy: OnBusy
    ) -> Accepted | None:
        """Why the queue has not taken a message: it stands, a person answers, others wait.

        None where the person has given the thread back meanwhile: the queue takes it now.
        """
        standing = await self.store.message(tenant_id, thread_id, message.message_id)
        if standing is not None:
            return _standing(standing)
        thread = await self.get(tenant_id, thread_id)
        if thread.status is ThreadStatus.STAFF:
            return await self._repository.transact(
                lambda: self._for_a_person(tenant_id, thread_id, message)
            )
        if on_busy == "reject":
            raise Conflict(
                "thread_busy", "Another message is being answered; wait for it, then send this."
            )
        raise TooBusy(
            "thread_queue_full",
            f"{QUEUE_LIMIT} messages wait for an answer; wait for it before you send more.",
            retry_after=2,
        )

    async def _for_a_person(
        self, tenant_id: str, thread_id: str, message: Message
    ) -> Accepted | None:
        """Keep it for the person who has taken over; None where none has any more.

        Joins a transaction.
        """
        if standing := await self.store.message(tenant_id, thread_id, message.message_id):
            return _standing(standing)
        thread = await self.get(tenant_id, thread_id)
        if thread.status is not ThreadStatus.STAFF:
            return None
        told = Event(type="message", data={"message_id": message.message_id})
        line = message.model_copy(update={"stage": thread.stage})
        [kept] = await self.add(tenant_id, thread_id, [line], [told])
        return Accepted(message=kept, thread=thread)

    async def _take_place(
        self, tenant_id: str, thread_id: str, message: Message, owner: str | None
    ) -> Accepted:
        """Queue a message alone, and keep the lead's others as withdrawn; joins a transaction."""
        before = await self.get(tenant_id, thread_id)
        queued = await self.store.enqueue(
            tenant_id,
            thread_id,
            message,
            lease=self.claim(owner, always=True) if owner else None,
            where={"status": {"$ne": ThreadStatus.STAFF}},
            instead=True,
        )
        if queued is None:
            kept = await self._not_queued(tenant_id, thread_id, message, "rollback")
            return kept or await self._take_place(tenant_id, thread_id, message, owner)
        thread, _, lease = queued
        withdrawn = [
            waiting.model_copy(update={"withdrawn": True})
            for waiting in before.queue
            if waiting.role is Role.LEAD
        ]
        await self.store.append(tenant_id, thread_id, withdrawn)
        return Accepted(message=thread.queue[-1], thread=thread, lease=lease, withdrawn=withdrawn)

    def _message(
        self,
        role: Role,
        text: str,
        message_id: str,
        *,
        action_id: str | None = None,
        channel: Channel | None = None,
    ) -> Message:
        return Message(
            message_id=message_id,
            turn_index=0,
            role=role,
            text=text,
            timestamp=self._clock.now(),
            action_id=action_id,
            channel=channel,
        )


def _standing(message: Message) -> Accepted:
    if message.role is not Role.LEAD:
        raise id_taken()
    if message.withdrawn:
        raise rolled_back()
    return Accepted(message=message, new=False)


def id_taken() -> Conflict:
    return Conflict("message_id_taken", "Use another message_id; this one names another message.")


def rolled_back() -> Conflict:
    return Conflict(
        "turn_rolled_back", "A later message has taken the place of this one; it is not answered."
    )


def lease_lost() -> Conflict:
    return Conflict("turn_lease_lost", "Another process has taken over this turn.")


def unknown(thread_id: str) -> NotFound:
    return NotFound("thread_not_found", f"There is no thread {thread_id[:80]!r}; start one first.")
