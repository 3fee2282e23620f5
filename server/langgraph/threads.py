"""A thread of ours as LangGraph's clients see one: status, values, state, the open interrupt."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from agent.approvals.models import Approval
from agent.errors import Conflict
from agent.leads.models import LeadProfile
from agent.services import Services
from agent.threads.models import Message
from agent.threads.models import Thread as OwnThread
from graphs.answer import OfferedListing, PendingAction
from graphs.approval import payload
from server.langgraph.assistants import ASSISTANT_ID, GRAPH
from server.langgraph.messages import wire_message
from server.langgraph.wire import (
    Checkpoint,
    GivenCheckpoint,
    Interrupt,
    Task,
    Thread,
    ThreadState,
    ThreadStatus,
    Values,
)

HISTORY = 200
"""Messages of a thread that are shown, the newest."""


@dataclass(frozen=True, slots=True)
class View:
    """One thread, read whole."""

    thread: OwnThread
    profile: LeadProfile
    messages: list[Message]
    pending: list[Approval]
    """Oldest first."""
    staff: bool
    """A visitor is told what waits, not asked to decide it."""

    @property
    def status(self) -> ThreadStatus:
        if self.thread.unanswered > 0:
            return "busy"
        return "interrupted" if self.pending else "idle"

    @property
    def interrupts(self) -> list[Interrupt]:
        """The question that is open: about the oldest action that waits."""
        if self.status != "interrupted":
            return []
        oldest = self.pending[0]
        value = payload(oldest) if self.staff else _action(oldest).model_dump(mode="json")
        return [Interrupt(id=oldest.action_id, value=value)]

    @property
    def checkpoint(self) -> Checkpoint:
        thread = self.thread
        return Checkpoint(thread_id=thread.thread_id, checkpoint_id=_place(thread.next_turn))

    @property
    def metadata(self) -> dict[str, Any]:
        return {**self.thread.metadata, "graph_id": GRAPH, "assistant_id": ASSISTANT_ID}

    def result(self) -> dict[str, Any]:
        """The values as a run ends with them: `__interrupt__` where it ended in a question."""
        values = self.values().model_dump(mode="json")
        if asked := self.interrupts:
            values["__interrupt__"] = [one.model_dump(mode="json") for one in asked]
        return values

    def item(self) -> Thread:
        thread = self.thread
        return Thread(
            thread_id=thread.thread_id,
            created_at=thread.created_at,
            updated_at=thread.updated_at,
            metadata=self.metadata,
            status=self.status,
            values=self.values(),
            interrupts={task.id: task.interrupts for task in self._tasks()},
        )

    def state(self) -> ThreadState:
        tasks = self._tasks()
        return ThreadState(
            values=self.values(),
            next=["understand"] if self.status == "busy" else [task.name for task in tasks],
            tasks=tasks,
            metadata=self.metadata,
            created_at=self.thread.updated_at,
            checkpoint=self.checkpoint,
            interrupts=self.interrupts,
        )

    def require(self, checkpoint: GivenCheckpoint | None, checkpoint_id: str | None) -> None:
        """Raises Conflict for a checkpoint that this thread has not had.

        A transcript only grows: an earlier one of its own means the thread as it is now.
        """
        if checkpoint is not None and checkpoint.thread_id not in (None, self.thread.thread_id):
            raise _unknown()
        wanted = checkpoint_id or (checkpoint.checkpoint_id if checkpoint else None)
        if wanted is not None and not _earlier(wanted, self.thread.next_turn):
            raise _unknown()

    def values(self) -> Values:
        return Values(
            messages=[wire_message(message) for message in self.messages],
            stage=self.thread.stage,
            profile=self.profile,
            shortlist=[OfferedListing.model_validate(home) for home in self.thread.shortlist],
            favorites=self.thread.favorites,
            pending_actions=[_action(row) for row in self.pending],
        )

    def _tasks(self) -> list[Task]:
        return [
            Task(id=str(uuid5(NAMESPACE_URL, one.id)), name="approval", interrupts=[one])
            for one in self.interrupts
        ]


async def view(services: Services, tenant_id: str, thread_id: str, *, staff: bool) -> View:
    """Raises NotFound."""
    thread = await services.threads.get(tenant_id, thread_id)
    return (await views(services, tenant_id, [thread], staff=staff))[0]


async def views(
    services: Services, tenant_id: str, threads: Sequence[OwnThread], *, staff: bool
) -> list[View]:
    ids = [thread.thread_id for thread in threads]
    lines, waiting, leads = await asyncio.gather(
        services.threads.store.transcripts(tenant_id, threads, newest=HISTORY),
        services.approvals.store.waiting(tenant_id, ids),
        asyncio.gather(*(services.leads.get(tenant_id, thread.lead_id) for thread in threads)),
    )
    return [
        View(
            thread=thread,
            profile=lead.profile,
            messages=lines[thread.thread_id],
            pending=[row for row in waiting if row.thread_id == thread.thread_id],
            staff=staff,
        )
        for thread, lead in zip(threads, leads, strict=True)
    ]


def _action(row: Approval) -> PendingAction:
    return PendingAction.model_validate(row, from_attributes=True)


def _place(turn: int) -> str:
    return f"turn-{turn}"


def _earlier(checkpoint_id: str, now: int) -> bool:
    number = checkpoint_id.removeprefix("turn-")
    plain = number.isascii() and number.isdecimal() and len(number) < 10
    return plain and checkpoint_id != number and int(number) <= now


def _unknown() -> Conflict:
    return Conflict(
        "checkpoint_unknown", "This thread has had no such checkpoint; read its state again."
    )
