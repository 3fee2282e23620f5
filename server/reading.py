"""What staff and programs read of a conversation leaves a trace in the audit."""

from collections.abc import Sequence

from agent.services import Services
from server.actors import Actor


async def noted(services: Services, actor: Actor, thread_id: str) -> None:
    """Call before a transcript is told; a visitor reads their own without a trace."""
    if actor.thread_id is None:
        await services.audit.record(
            actor.tenant_id, "thread.read", thread_id, {}, actor=actor.name, thread_id=thread_id
        )


async def noted_many(services: Services, actor: Actor, thread_ids: Sequence[str] | None) -> None:
    """The same for several at once, in one record; None: every thread from now on."""
    told = {"thread_ids": "all" if thread_ids is None else [*thread_ids]}
    await services.audit.record(
        actor.tenant_id, "threads.read", actor.tenant_id, told, actor=actor.name
    )
