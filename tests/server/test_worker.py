import asyncio
import logging
import time
from datetime import timedelta

import pytest

from agent.errors import Unavailable
from agent.kit.clock import ManualClock
from agent.tours.models import TourStatus
from server.draining import MOMENT_SECONDS, Draining
from server.state import State
from server.worker import repeat, running
from tests.server.parties import Staff, Visitor


async def test_what_nobody_decides_lapses_and_frees_the_time(
    visitor: Visitor, staff: Staff, state: State, clock: ManualClock
) -> None:
    pending = await visitor.ask_for_a_tour()
    clock.advance(timedelta(hours=25))
    for _ in range(1000):
        approval = await staff.read(f"/api/approvals/{pending['action_id']}")
        if approval["status"] == "expired":
            break
        await asyncio.sleep(0.05)
    else:
        raise AssertionError("still pending")
    tour = await state.services.tours.get("default", pending["args"]["tour_id"])
    assert tour.status is not TourStatus.PROPOSED


async def test_trouble_is_told_once_and_outlived(caplog: pytest.LogCaptureFixture) -> None:
    stopping = asyncio.Event()
    calls = 0

    async def step() -> bool:
        nonlocal calls
        calls += 1
        if calls < 4:
            raise Unavailable("database_unavailable", "")
        stopping.set()
        return False

    with caplog.at_level(logging.WARNING):
        await asyncio.wait_for(repeat(step, 0, stopping, retry=0.01), 60)
    assert calls == 4
    assert caplog.text.count("database_unavailable") == 1


async def test_work_in_hand_is_finished_when_it_stops() -> None:
    stopping = asyncio.Event()
    began, done = asyncio.Event(), asyncio.Event()

    async def step() -> bool:
        began.set()
        await asyncio.sleep(0.05)
        done.set()
        return True

    loop = asyncio.create_task(repeat(step, 0, stopping))
    await began.wait()
    stopping.set()
    await asyncio.wait_for(loop, 60)
    assert done.is_set()


async def test_all_that_runs_shares_the_time_to_stop() -> None:
    draining = Draining(1.2)
    draining.set()
    await asyncio.sleep(0.15)
    draining.set()
    assert MOMENT_SECONDS <= draining.left < 1.1

    async def never() -> None:
        await asyncio.Event().wait()

    began = time.monotonic()
    async with running(draining, never(), never()):
        pass
    assert time.monotonic() - began < 2
