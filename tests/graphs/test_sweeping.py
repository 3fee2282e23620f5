"""What a dead process has left waiting is finished, whatever one thread of it does."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from agent.approvals.models import Approval
from agent.errors import StorageFull
from agent.services import Services
from agent.threads.filing import Filing
from graphs import decisions, reminders
from graphs.runtime import Runtime
from graphs.turns import TurnRunner
from tests.tools.conftest import Floor, floor
from tools.effects import close

__all__ = ["floor"]

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


async def test_a_step_that_breaks_holds_up_no_other(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached = []

    async def breaks(services: Services) -> None:
        raise ValueError("nobody thought of it")

    async def reaches(services: Services) -> None:
        reached.append(services)

    monkeypatch.setattr(decisions, "sweep", breaks)
    monkeypatch.setattr(reminders, "sweep", reaches)
    await runtime.sweep()
    assert reached == [runtime.services]


async def test_a_filing_that_breaks_holds_up_no_answer(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread_id = (await runtime.start(TENANT)).thread_id
    await runtime.services.threads.accept(TENANT, thread_id, "hello")

    async def breaks(filing: Filing) -> None:
        raise StorageFull("disk_full", "Free some space.")

    monkeypatch.setattr(Filing, "sweep", breaks)
    await runtime.take_up()
    assert (await runtime.services.threads.get(TENANT, thread_id)).unanswered == 0


async def test_an_approval_that_breaks_holds_up_no_other(
    floor: Floor, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = await floor.proposed()
    await floor.open("thr_2")
    toolbox, slot = await floor.offered(thread_id="thr_2")
    second = await toolbox.use("propose_tour", listing_id=floor.home, slot_id=slot.slot_id)
    floor.clock.advance(timedelta(hours=25))
    tried: list[str] = []

    async def breaks(services: Services, tenant_id: str, approval: Approval) -> None:
        tried.append(approval.action_id)
        if approval.action_id == tried[0]:
            raise ValueError("nobody thought of it")
        await close(services, tenant_id, approval)

    monkeypatch.setattr(decisions, "close", breaks)
    await decisions.sweep(services)
    assert {*tried} == {first.action_id, second.action_id}
    assert (await services.approvals.get(TENANT, tried[-1])).status == "expired"


async def test_a_turn_that_never_ends_holds_up_the_end_for_its_time_only(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread_id = (await runtime.start(TENANT)).thread_id
    begun = asyncio.Event()

    async def never(*args: Any) -> Any:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(TurnRunner, "_turn", never)
    replying = asyncio.create_task(runtime.reply(TENANT, thread_id, "hello"))
    await begun.wait()
    async with asyncio.timeout(60):
        await runtime.close(0.1)
    replying.cancel()
    await asyncio.gather(replying, return_exceptions=True)
    thread = await runtime.services.threads.get(TENANT, thread_id)
    assert thread.unanswered == 1
