"""Rules of a transcript: what is accepted, in which order, and when a turn is finished."""

from collections.abc import Sequence

from agent.errors import Conflict, Duplicate, InvalidInput, NotFound, TooBusy
from agent.events.models import Event
from agent.events.store import EventStore
from agent.kit.clock import Clock
from agent.kit.ids import new_id
from agent.mongo.repository import Repository
from agent.threads.models import (
    Lease,
    Message,
    Role,
    Thread,
    TurnResult,
)
from agent.threads.store import ThreadStore

QUEUE_LIMIT = 50


class ThreadService:
    def __init__(
        self, repository: Repository, store: ThreadStore, events: EventStore, clock: Clock
    ) -> None:
        self._repository = repository
        self.store = store
        self._events = events
        self._clock = clock

    async def get(self, tenant_id: str, thread_id: str) -> Thread:
        thread = await self.store.get(tenant_id, thread_id)
        if thread is None:
            raise unknown(thread_id)
        return thread

    async def accept(
        self, tenant_id: str, thread_id: str, text: str, *, message_id: str | None = None
    ) -> tuple[Message, bool]:
        """Append a lead message durably; (message, whether it is new).

        The same `message_id` again returns the message that stands. Raises NotFound, InvalidInput
        for an id of the kind that we give ourselves, TooBusy when 50 messages wait already.
        """
        message_id = message_id or new_id("msg")
        if ":" in message_id:
            raise InvalidInput("message_id_reserved", "Send a message_id without a colon.")

        async def write() -> Message:
            return await self._enqueue(
                tenant_id, thread_id, Role.LEAD, text, message_id, limit=QUEUE_LIMIT
            )

        try:
            return await self._repository.transact(write), True
        except (Duplicate, TooBusy):
            standing = await self.store.message(tenant_id, thread_id, message_id)
            if standing is None:
                raise
            if standing.role is not Role.LEAD:
                raise Conflict(
                    "message_id_taken", "Use another message_id; this one names another message."
                ) from None
            return standing, False

    async def announce(
        self,
        tenant_id: str,
        thread_id: str,
        text: str,
        *,
        action_id: str,
        events: Sequence[Event] = (),
    ) -> Message:
        """Queue the outcome of an action, so that the agent tells the lead in its own turn.

        Joins the caller's transaction; once per action.
        """
        return await self._enqueue(
            tenant_id,
            thread_id,
            Role.SYSTEM,
            text,
            f"outcome:{action_id}",
            action_id=action_id,
            events=events,
        )

    async def add(
        self, tenant_id: str, thread_id: str, messages: Sequence[Message], events: Sequence[Event]
    ) -> None:
        """Append messages that need no answer; their turn_index is set here."""
        now = self._clock.now()

        async def write() -> None:
            reserved = await self.store.note(
                tenant_id, thread_id, now=now, messages=len(messages), events=len(events)
            )
            if reserved is None:
                raise unknown(thread_id)
            thread, seq = reserved
            numbered = [
                message.model_copy(update={"turn_index": index})
                for index, message in enumerate(messages, thread.next_turn)
            ]
            await self.store.append(tenant_id, thread_id, numbered)
            await self._events.append(tenant_id, thread_id, seq, events, now)

        await self._repository.transact(write)

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
    ) -> tuple[Message, Thread]:
        """Append the reply and mark what it answers; joins the caller's transaction.

        Raises Conflict `turn_lease_lost` when another owner has taken over; nothing is written.
        """
        now = self._clock.now()
        finished = await self.store.finish_turn(tenant_id, thread_id, lease, result, now=now)
        if finished is None:
            raise Conflict("turn_lease_lost", "Another process has taken over this turn.")
        thread, seq = finished
        reply = Message(
            message_id=f"reply:{result.through}",
            turn_index=thread.next_turn - 1,
            role=Role.AGENT,
            text=result.reply,
            timestamp=now,
            stage=result.stage,
            answers=result.answers,
            why=result.why,
            listings=result.listings,
            slots=result.slots,
        )
        await self.store.append(tenant_id, thread_id, [reply])
        await self._events.append(tenant_id, thread_id, seq, result.events, now)
        return reply, thread

    async def _enqueue(
        self,
        tenant_id: str,
        thread_id: str,
        role: Role,
        text: str,
        message_id: str,
        *,
        action_id: str | None = None,
        limit: int | None = None,
        events: Sequence[Event] = (),
    ) -> Message:
        now = self._clock.now()
        queued = await self.store.enqueue(tenant_id, thread_id, now=now, events=len(events))
        if queued is None:
            raise unknown(thread_id)
        thread, seq = queued
        if limit is not None and thread.unanswered >= limit:
            raise TooBusy(
                "thread_queue_full",
                f"{limit} messages wait for an answer; wait for it before you send more.",
                retry_after=2,
            )
        message = Message(
            message_id=message_id,
            turn_index=thread.next_turn,
            role=role,
            text=text,
            timestamp=now,
            stage=thread.stage,
            action_id=action_id,
        )
        await self.store.append(tenant_id, thread_id, [message])
        await self._events.append(tenant_id, thread_id, seq, events, now)
        return message


def unknown(thread_id: str) -> NotFound:
    return NotFound("thread_not_found", f"There is no thread {thread_id[:80]!r}; start one first.")
