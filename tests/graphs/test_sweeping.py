"""What a dead process has left waiting is finished, whatever one thread of it does."""

from typing import Any

import pytest

from graphs.runtime import Runtime
from graphs.turns import TurnRunner

TENANT = "default"


async def test_a_thread_that_breaks_holds_up_no_other(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = [(await runtime.start(TENANT)).thread_id for _ in range(2)]
    for thread_id in (first, second):
        await runtime.services.threads.accept(TENANT, thread_id, "hello")
    drain, tried = TurnRunner.drain, []

    async def breaks(runner: TurnRunner, tenant_id: str, thread_id: str) -> Any:
        tried.append(thread_id)
        if thread_id == tried[0]:
            raise ValueError("a turn ended without output")
        await drain(runner, tenant_id, thread_id)

    monkeypatch.setattr(TurnRunner, "drain", breaks)
    await runtime.sweep()
    assert {*tried} == {first, second}
    assert (await runtime.services.threads.get(TENANT, tried[1])).unanswered == 0
