from collections.abc import Sequence
from typing import Any

import pytest

from agent.audit.models import Why
from agent.events.models import Event, StoredEvent
from agent.kit.clock import ManualClock
from agent.services import Services
from agent.threads.models import Lease, Message, Stage, Thread, TurnResult
from agent.threads.service import LEASE, ThreadService

TENANT = "default"
THREAD = "thr_1"
SECONDS = LEASE.total_seconds()


class Conversation:
    """One thread, and the ways to write to it."""

    def __init__(self, services: Services, clock: ManualClock) -> None:
        self.services = services
        self.clock = clock
        self.threads: ThreadService = services.threads
        self.store = services.threads.store

    async def open(self, thread_id: str = THREAD, tenant_id: str = TENANT) -> None:
        now = self.clock.now()
        await self.store.create(
            tenant_id,
            Thread(
                thread_id=thread_id,
                lead_id="lead_1",
                community_id="default",
                created_at=now,
                updated_at=now,
            ),
        )

    async def say(self, text: str, message_id: str | None = None) -> Message:
        accepted = await self.threads.accept(TENANT, THREAD, text, message_id=message_id)
        return accepted.message

    async def lease(self, owner: str = "one", thread_id: str = THREAD) -> Lease | None:
        taken = await self.store.take_lease(TENANT, thread_id, self.threads.claim(owner))
        return taken[0] if taken else None

    async def leased(self, owner: str = "one") -> Lease:
        lease = await self.lease(owner)
        assert lease is not None
        return lease

    async def finish(
        self, lease: Lease, answered: Sequence[Message], **changes: Any
    ) -> tuple[Message, Thread]:
        given = {
            "reply": "Sure.",
            "stage": Stage.QUALIFYING,
            "why": Why(rules=["greet"]),
            "answered": list(answered),
            "favorites": [],
            **changes,
        }
        result = TurnResult.model_validate(given)
        reply, thread, _ = await self.threads.finish(TENANT, THREAD, lease, result)
        return reply, thread

    async def announce(self, action_id: str, *events: Event) -> Message:
        return await self.services.repository.transact(
            lambda: self.threads.announce(
                TENANT, THREAD, "Book a tour: approved.", action_id=action_id, events=events
            )
        )

    async def thread(self) -> Thread:
        return await self.threads.get(TENANT, THREAD)

    async def waiting(self) -> list[Message]:
        return (await self.thread()).queue

    async def messages(self) -> list[Message]:
        return await self.store.messages(TENANT, THREAD)

    async def events(self, after: int = -1) -> list[StoredEvent]:
        return await self.services.events.after(TENANT, THREAD, after)


@pytest.fixture
async def conversation(services: Services, clock: ManualClock) -> Conversation:
    conversation = Conversation(services, clock)
    await conversation.open()
    return conversation
