"""What a run is here: one message of the lead, or one decision about the action that waits."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from agent.approvals.models import Approval
from agent.errors import Conflict, InvalidInput
from agent.kit.text import validate_message
from agent.privacy.pii import redact
from agent.threads.models import OnBusy
from graphs.answer import StreamEvent
from graphs.approval import decision_from
from graphs.runtime import Runtime
from server.actors import Actor
from server.langgraph import assistants
from server.langgraph.threads import View, view
from server.langgraph.wire import Command, InputMessage, Metadata, RunRequest
from server.scopes import Scope

SOURCE = "langgraph"
TOLD_SECONDS = 30.0
ENDED = {"goto": "__end__"}
"""What dismisses the action that waits."""


@dataclass(frozen=True, slots=True)
class Said:
    text: str
    message_id: str | None
    on_busy: OnBusy


@dataclass(frozen=True, slots=True)
class Decided:
    """About the oldest action that waits in the thread."""

    answer: Any
    """A resume value, or the command that ends the thread."""


def asked(body: RunRequest) -> Said | Decided:
    """What the run is to do; raises NotFound for the assistant, InvalidInput."""
    assistants.require(body.assistant_id)
    messages = body.input.messages if body.input else []
    if body.command is not None:
        if messages:
            raise _unclear()
        return _decided(body.command)
    if not messages:
        raise _unclear()
    return _said(messages[0], body.multitask_strategy or "enqueue")


def _said(message: InputMessage, on_busy: OnBusy) -> Said:
    if (message.type is None) == (message.role is None):
        raise InvalidInput("run_message_invalid", "Send either type `human` or role `user`.")
    return Said(validate_message(message.text), message.id, on_busy)


def _decided(command: Command) -> Decided:
    if (command.resume is None) == (not command.goto):
        raise InvalidInput("run_command_invalid", "Send either resume or goto `__end__`.")
    return Decided(ENDED if command.goto else command.resume)


async def opened(runtime: Runtime, actor: Actor, thread_id: str | None, metadata: Metadata) -> str:
    """A new thread in the tenant's default community; its id."""
    started = await runtime.start(
        actor.tenant_id, source=SOURCE, thread_id=thread_id, metadata=clean(metadata)
    )
    return started.thread_id


def clean(metadata: Metadata) -> dict[str, Any]:
    """Metadata as it is kept: our own names left out, contact data taken out."""
    if metadata.get("graph_id") not in (None, assistants.GRAPH):
        raise InvalidInput("assistant_unknown", f"The only graph is {assistants.GRAPH!r}.")
    return {
        name: redact(value, name_expected=False).text if isinstance(value, str) else value
        for name, value in metadata.items()
        if name not in RESERVED
    }


RESERVED = frozenset(("graph_id", "assistant_id", "listing_id"))
"""What these say is not the client's to choose."""


def permit(actor: Actor, thread_id: str, task: Said | Decided) -> None:
    """Raises Forbidden or NotFound: a visitor speaks in their own thread and decides nothing."""
    decides = isinstance(task, Decided)
    actor.require_thread(thread_id, Scope.APPROVALS_WRITE if decides else Scope.THREADS_WRITE)
    if decides:
        actor.require(Scope.APPROVALS_WRITE)


async def decide(runtime: Runtime, actor: Actor, before: View, answer: Any) -> Approval:
    """Decide the open interrupt of a thread by an answer of any inbox.

    Raises Conflict `interrupt_not_open`, and what `decision_from` and ApprovalService.decide
    raise.
    """
    if not before.interrupts:
        raise Conflict(
            "interrupt_not_open", "Nothing waits for a decision in this thread; read its state."
        )
    approval = before.pending[0]
    decision = decision_from(answer, approval, interrupt_id=approval.action_id)
    return await runtime.decide(
        actor.tenant_id, approval.action_id, decision, actor=actor.name, version=approval.version
    )


async def carried_out(
    runtime: Runtime, actor: Actor, thread_id: str, task: Said | Decided, before: View
) -> View:
    """Do the run and wait for its end; the thread as it is then."""
    if isinstance(task, Said):
        await runtime.reply(
            actor.tenant_id,
            thread_id,
            task.text,
            message_id=task.message_id,
            on_busy=task.on_busy,
        )
    else:
        await decide(runtime, actor, before, task.answer)
        await lead_told(runtime, actor, thread_id)
    return await view(runtime.services, actor.tenant_id, thread_id, staff=before.staff)


async def told(
    runtime: Runtime, actor: Actor, thread_id: str, task: Said | Decided, before: View
) -> AsyncIterator[StreamEvent]:
    """The same as events of the runtime; the first one comes when nothing can be refused."""
    if isinstance(task, Said):
        said = (actor.tenant_id, thread_id, task.text)
        async for event in runtime.stream(*said, message_id=task.message_id, on_busy=task.on_busy):
            yield event
    else:
        approval = await decide(runtime, actor, before, task.answer)
        yield StreamEvent("decided", {"action_id": approval.action_id})
        await lead_told(runtime, actor, thread_id)


async def lead_told(runtime: Runtime, actor: Actor, thread_id: str) -> None:
    """Wait until the lead has heard of a decision; the decision stands, so not for ever."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(TOLD_SECONDS):
            await runtime.caught_up(actor.tenant_id, thread_id)


def new_run_id() -> str:
    return str(uuid4())


def _unclear() -> InvalidInput:
    return InvalidInput(
        "run_input_missing", "Send one message of the lead as input.messages, or a command."
    )
