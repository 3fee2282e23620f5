"""What people do to a thread: its stage, labels and status, taking it over, and how good it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agent.audit.service import AuditService
from agent.errors import Conflict, InvalidInput
from agent.events.models import Event
from agent.kit.clock import Clock
from agent.kit.ids import new_id
from agent.mongo.repository import Repository
from agent.privacy.pii import redact
from agent.threads.models import Feedback, Message, Role, Stage, Thread, ThreadStatus
from agent.threads.service import QUEUE_LIMIT, ThreadService, id_taken

WHOLE = "thread"
"""The key of a score that is for no single reply."""


@dataclass(frozen=True, slots=True)
class Revision:
    """What changes; None: stays."""

    stage: Stage | None = None
    labels: Sequence[str] | None = None
    status: ThreadStatus | None = None
    assigned_to: str | None = None
    """Empty: nobody's."""

    def against(self, thread: Thread) -> dict[str, Any]:
        """What of it the thread does not have already."""
        said: dict[str, Any] = {
            "stage": self.stage,
            "labels": None if self.labels is None else list(dict.fromkeys(self.labels)),
            "status": self.status,
        }
        wanted = {name: value for name, value in said.items() if value is not None}
        if self.assigned_to is not None:
            wanted["assigned_to"] = self.assigned_to or None
        return {name: value for name, value in wanted.items() if getattr(thread, name) != value}


class Desk:
    def __init__(
        self, repository: Repository, threads: ThreadService, audit: AuditService, clock: Clock
    ) -> None:
        self._repository = repository
        self._threads = threads
        self._audit = audit
        self._clock = clock

    async def revise(
        self, tenant_id: str, thread_id: str, version: int, revision: Revision, *, actor: str
    ) -> Thread:
        """The thread as a person wants it, if it is at `version` still.

        Raises NotFound, Conflict `thread_stale` or `thread_taken_over`.
        """

        async def write() -> Thread:
            thread = await self._threads.get(tenant_id, thread_id)
            if thread.version != version:
                raise Conflict(
                    "thread_stale",
                    f"The thread is at version {thread.version}; read it again, then change it.",
                )
            changes = revision.against(thread)
            if not changes:
                return thread
            if "status" in changes and thread.status is ThreadStatus.STAFF:
                raise Conflict("thread_taken_over", "A person answers here; release it first.")
            await self._set(tenant_id, thread_id, changes)
            told = [
                Event(type=kind, data={name: changes[name]})
                for name, kind in (
                    ("stage", "thread.stage_changed"),
                    ("status", "thread.status_changed"),
                )
                if name in changes
            ]
            await self._threads.add(tenant_id, thread_id, [], told)
            # labels are free words, and the audit outlives the person they may tell of
            noted = changes | ({"labels": len(changes["labels"])} if "labels" in changes else {})
            await self._note(tenant_id, thread_id, "thread.revised", noted, actor)
            return await self._threads.get(tenant_id, thread_id)

        return await self._repository.transact(write)

    async def take_over(self, tenant_id: str, thread_id: str, *, actor: str) -> Thread:
        """Let a person answer in place of the agent; again by the same person changes nothing."""

        async def write() -> Thread:
            thread = await self._threads.get(tenant_id, thread_id)
            if thread.status is ThreadStatus.STAFF and thread.assigned_to == actor:
                return thread
            if thread.status is not ThreadStatus.STAFF:
                await self._threads.take_over(tenant_id, thread_id)
            await self._set(tenant_id, thread_id, {"assigned_to": actor})
            await self._threads.add(tenant_id, thread_id, [], [Event(type="thread.taken_over")])
            await self._note(tenant_id, thread_id, "thread.taken_over", {}, actor)
            return await self._threads.get(tenant_id, thread_id)

        return await self._repository.transact(write)

    async def release(self, tenant_id: str, thread_id: str, *, actor: str) -> Thread:
        """Give a thread back to the agent; what nobody has answered waits for it.

        That is what was said since the last line of a person or the agent, at most 50 messages.
        """

        async def write() -> Thread:
            thread = await self._threads.get(tenant_id, thread_id)
            if thread.status is not ThreadStatus.STAFF:
                return thread
            waiting = await self._unanswered(tenant_id, thread_id)
            messages = self._repository.scoped("messages", tenant_id)
            indexes = [message.turn_index for message in waiting]
            await messages.delete_many({"thread_id": thread_id, "turn_index": {"$in": indexes}})
            queue = [
                message.model_dump(exclude_none=True, exclude_defaults=True) for message in waiting
            ]
            changes = {"status": ThreadStatus.OPEN, "queue": queue, "unanswered": len(queue)}
            await self._set(tenant_id, thread_id, changes)
            await self._threads.add(tenant_id, thread_id, [], [Event(type="thread.released")])
            await self._note(tenant_id, thread_id, "thread.released", {}, actor)
            return await self._threads.get(tenant_id, thread_id)

        return await self._repository.transact(write)

    async def say(
        self, tenant_id: str, thread_id: str, text: str, *, actor: str, message_id: str | None
    ) -> Message:
        """A line of a person, which the agent neither answers nor repeats; once a message_id."""
        thread = await self._threads.get(tenant_id, thread_id)
        line = Message(
            message_id=message_id or new_id("msg"),
            turn_index=0,
            role=Role.STAFF,
            text=text,
            timestamp=self._clock.now(),
            stage=thread.stage,
        )
        told = Event(type="message", data={"message_id": line.message_id})

        async def write() -> Message:
            # also among what waits for an answer, which no index of the messages knows
            standing = await self._threads.store.message(tenant_id, thread_id, line.message_id)
            if standing is not None:
                return _own(standing)
            [kept] = await self._threads.add(tenant_id, thread_id, [line], [told])
            data = {"message_id": line.message_id}
            await self._note(tenant_id, thread_id, "thread.answered", data, actor)
            return kept

        return await self._repository.transact(write)

    async def rate(
        self, tenant_id: str, thread_id: str, score: int, *, turn_index: int | None, comment: str
    ) -> Feedback:
        """Keep how good the lead found one reply, or all; the last word on each counts.

        Raises InvalidInput `feedback_turn_unknown` where no reply has the turn_index.
        """
        await self._threads.get(tenant_id, thread_id)
        if turn_index is not None and not await self._is_reply(tenant_id, thread_id, turn_index):
            raise InvalidInput(
                "feedback_turn_unknown", f"No reply has the turn_index {turn_index}."
            )
        feedback = Feedback(score=score, comment=redact(comment).text, at=self._clock.now())
        key = WHOLE if turn_index is None else str(turn_index)
        data = {"score": score} | ({} if turn_index is None else {"turn_index": turn_index})

        async def write() -> None:
            await self._repository.scoped("threads", tenant_id).update(
                {"thread_id": thread_id}, {"$set": {f"feedback.{key}": feedback.model_dump()}}
            )
            told = Event(type="feedback.received", data=data)
            await self._threads.add(tenant_id, thread_id, [], [told])

        await self._repository.transact(write)
        return feedback

    async def _is_reply(self, tenant_id: str, thread_id: str, turn_index: int) -> bool:
        found = await self._threads.store.lines(tenant_id, [(thread_id, turn_index)])
        return any(line.role in (Role.AGENT, Role.STAFF) for line in found.values())

    async def _unanswered(self, tenant_id: str, thread_id: str) -> list[Message]:
        """What was said since the last line of a person or the agent, in order."""
        rows = await self._repository.scoped("messages", tenant_id).find(
            {"thread_id": thread_id}, sort=[("turn_index", -1)], limit=QUEUE_LIMIT
        )
        waiting: list[Message] = []
        for row in rows:
            message = Message.model_validate(row)
            if message.role not in (Role.LEAD, Role.SYSTEM):
                break
            if not message.withdrawn:
                waiting.append(message)
        return waiting[::-1]

    async def _set(self, tenant_id: str, thread_id: str, changes: dict[str, Any]) -> None:
        await self._repository.scoped("threads", tenant_id).update(
            {"thread_id": thread_id}, {"$set": changes, "$inc": {"version": 1}}
        )

    async def _note(
        self, tenant_id: str, thread_id: str, kind: str, data: dict[str, Any], actor: str
    ) -> None:
        await self._audit.record(tenant_id, kind, thread_id, data, actor=actor, thread_id=thread_id)


def _own(message: Message) -> Message:
    """The line of a person that stands under an id."""
    if message.role is not Role.STAFF:
        raise id_taken()
    return message
