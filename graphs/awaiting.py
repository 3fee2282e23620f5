"""Waiting for the answer to a message, whichever process gives it."""

import asyncio

from agent.approvals.models import Approval
from agent.audit.models import Why
from agent.errors import Conflict, NotFound
from agent.services import Services
from agent.threads.models import Accepted, Message, Thread, ThreadStatus
from agent.threads.service import rolled_back
from graphs.answer import Answer, OfferedListing, OfferedSlot, PendingAction
from graphs.turns import Key, Told, TurnRunner

POLL = 0.05
"""Seconds between looks for an answer that another process may be writing."""


class Awaiting:
    def __init__(self, services: Services, runner: TurnRunner) -> None:
        self._services = services
        self._runner = runner

    async def answer(self, key: Key, accepted: Accepted, told: "asyncio.Future[Told]") -> Answer:
        """The answer to a message that is kept; `told` has it first where it is given here.

        Empty while a person has taken over. Raises Conflict `turn_rolled_back`.
        """
        message, thread = accepted.message, accepted.thread
        if thread is not None and thread.status is ThreadStatus.STAFF:
            return await self._silent(key, message, thread)
        while True:
            await self._drained(key)
            if told.done():
                return _answer(key, message, told.result())
            reply = await self._services.threads.store.answer_to(*key, message)
            if reply is not None:
                return await self._told(key, message, reply)
            await asyncio.wait((told,), timeout=POLL)
            if not told.done() and (left := await self._left(key, message)):
                return left

    async def _left(self, key: Key, message: Message) -> Answer | None:
        """The silence of the agent, where a message waits no more and has no answer of it."""
        threads = self._services.threads
        thread = await threads.get(*key)
        if any(waiting.message_id == message.message_id for waiting in thread.queue):
            return None
        if await threads.store.answer_to(*key, message) is not None:
            return None
        return await self._silent(key, message, thread)

    async def _drained(self, key: Key) -> None:
        """Run what waits; a turn that another one has taken over is answered there."""
        try:
            await self._runner.drain(*key)
        except Conflict as error:
            if error.code != "turn_lease_lost":
                raise

    async def _told(self, key: Key, message: Message, reply: Message) -> Answer:
        """An answer that has been given before, or in another process."""
        if reply.withdrawn:
            raise rolled_back()
        services, tenant_id = self._services, key[0]
        thread = await services.threads.get(*key)
        lead = await services.leads.get(tenant_id, thread.lead_id)
        pending = await services.approvals.store.pending(*key)
        return _answer(key, message, Told(reply, lead.profile, pending))

    async def _silent(self, key: Key, message: Message, thread: Thread) -> Answer:
        """What a lead hears of the agent while a person has taken over."""
        lead = await self._services.leads.get(key[0], thread.lead_id)
        return Answer(
            thread_id=thread.thread_id,
            turn_index=message.turn_index,
            message_id=message.message_id,
            stage=thread.stage,
            reply="",
            pending_actions=await pending_in(self._services, *key),
            profile=lead.profile,
            why=Why(),
        )


async def pending_in(services: Services, tenant_id: str, thread_id: str) -> list[PendingAction]:
    rows = await services.approvals.store.pending(tenant_id, thread_id)
    return [_action(row) for row in rows]


def _answer(key: Key, message: Message, told: Told) -> Answer:
    reply = told.reply
    if reply.why is None or reply.stage is None:
        raise NotFound("reply_not_found", "This message has no answer of the agent.")
    return Answer(
        thread_id=key[1],
        turn_index=reply.turn_index,
        message_id=message.message_id,
        coalesced=reply.answers,
        stage=reply.stage,
        reply=reply.text,
        listings=[OfferedListing.model_validate(home) for home in reply.listings],
        slots=[OfferedSlot.model_validate(slot) for slot in reply.slots],
        pending_actions=[_action(row) for row in told.pending],
        profile=told.profile,
        why=reply.why,
    )


def _action(row: Approval) -> PendingAction:
    return PendingAction(
        action_id=row.action_id, action=row.action, args=row.args, status=row.status
    )
