"""A thread that goes back to the agent while its lead writes."""

import asyncio
from contextvars import Context
from typing import Any

import pytest

from agent.threads.models import Thread, ThreadStatus
from agent.threads.service import ThreadService
from graphs.runtime import Runtime

TENANT = "default"


async def test_what_comes_while_a_thread_is_given_back_is_answered(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = runtime.services
    thread_id = (await runtime.start(TENANT)).thread_id
    await services.desk.take_over(TENANT, thread_id, actor="user:kim")
    get, released = ThreadService.get, asyncio.Event()

    async def late(threads: ThreadService, *key: Any) -> Thread:
        thread = await get(threads, *key)
        if thread.status is ThreadStatus.STAFF and not released.is_set():
            released.set()
            releasing = services.desk.release(TENANT, thread_id, actor="user:kim")
            await asyncio.create_task(releasing, context=Context())
        return thread

    monkeypatch.setattr(ThreadService, "get", late)
    accepted = await services.threads.accept(TENANT, thread_id, "hello?", message_id="m1")
    await runtime.caught_up(TENANT, thread_id)
    assert released.is_set()
    reply = await services.threads.store.answer_to(TENANT, thread_id, accepted.message)
    assert reply is not None
    assert reply.answers == ["m1"]
