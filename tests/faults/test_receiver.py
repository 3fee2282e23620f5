"""A receiver that fails a third of the time: nothing is lost, nothing is silent, keys hold."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from agent.kit.clock import ManualClock
from agent.kit.retry import JITTER, WEBHOOKS
from agent.mongo.repository import Repository
from agent.outbox.models import DeliveryState
from evals.receiver import Manners, receiver
from tests.agent.webhooks.conftest import TENANT, Hooks, hooks
from tools.connectors.table import make_dispatcher

pytestmark = pytest.mark.proof

__all__ = ["hooks"]
SUBSCRIPTIONS = 20
EVENTS = 20


async def test_every_delivery_arrives_or_is_dead_lettered_once_by_its_key(
    hooks: Hooks, clock: ManualClock, repository: Repository, tmp_path: Path
) -> None:
    log = tmp_path / "taken"
    hooks.services.webhooks._sender._seconds = 0.3
    pauses: list[tuple[int, timedelta]] = []
    async with receiver(Manners(errors=0.3, hangs=0.1), log=log) as port:
        for number in range(SUBSCRIPTIONS):
            await hooks.subscribe(f"http://127.0.0.1:{port}/{number}")
        for thread in range(EVENTS):
            await hooks.happens("tour.booked", thread=f"thr_{thread}")
        await hooks.fan_out()
        rows = repository.scoped("outbox", TENANT)
        assert await rows.count({}) == SUBSCRIPTIONS * EVENTS
        dispatcher = make_dispatcher(hooks.services)
        while await rows.count({"open": True}):
            while await dispatcher.run_once():
                pass
            failed = await rows.find({"state": "failed"}, sort=[("due_at", 1)])
            pauses += [(row["attempts"], row["due_at"] - clock.now()) for row in failed]
            if failed:
                due: datetime = failed[0]["due_at"]
                clock.advance(due - clock.now())
    ended = await rows.find({})
    states = Counter(row["state"] for row in ended)
    assert set(states) <= {"done", "dead"}
    assert states["done"] > 0.9 * len(ended)
    for row in ended:
        if row["state"] == "dead":
            assert row["attempts"] == WEBHOOKS.attempts
            assert row["error"]
    taken = Counter(log.read_text().split())
    keys = {row["key"] for row in ended}
    done = {row["key"] for row in ended if row["state"] == "done"}
    assert done <= set(taken) <= keys
    assert len(keys) == len(ended)
    for attempts, wait in pauses:
        assert wait <= WEBHOOKS.pauses[attempts - 1] * (1 + JITTER)


async def test_the_pauses_keep_to_the_schedule(hooks: Hooks, clock: ManualClock) -> None:
    async with receiver(Manners(errors=1.0)) as port:
        for number in range(30):
            await hooks.subscribe(f"http://127.0.0.1:{port}/{number}")
        await hooks.happens("tour.booked")
        await hooks.fan_out()
        for pause in WEBHOOKS.pauses:
            await hooks.deliver()
            waits = [row.due_at - clock.now() for row in await hooks.rows()]
            assert all(pause * 0.8 <= wait <= pause * 1.2 for wait in waits)
            assert len(set(waits)) > 20
            clock.advance(pause * 1.2)
        await hooks.deliver()
        assert {row.state for row in await hooks.rows()} == {DeliveryState.DEAD}
