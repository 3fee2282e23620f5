"""Webhooks out: from an event in the database to a durable mark that the receiver took it."""

import asyncio
import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from agent.events.models import Event
from agent.kit.clock import SystemClock
from agent.kit.ids import new_id
from agent.kit.signatures import new_secret, sign, verify
from agent.outbox.models import DeliveryState
from agent.services import Services
from agent.settings import Settings
from evals.receiver import receiver
from evals.scratch import scratch_services
from tools.connectors.table import make_dispatcher, make_fan_out

TENANT = "default"
SUBSCRIPTIONS = 16
THREADS = 25
REQUIRED = 200.0
GOAL = 300.0
GOAL_SIGNED = 50_000.0
ROUNDS = 3
_POLL = 0.05
_GIVE_UP_SECONDS = 300.0
Progress = Callable[[int, int], None]


async def run(
    settings: Settings,
    *,
    events: int = 100,
    rounds: int = ROUNDS,
    progress: Progress = lambda done, total: None,
) -> dict[str, Any]:
    """Deliveries a second, the middle of the rounds, and signatures a second.

    Every round writes `events` events for 16 subscriptions, then times the fan-out and the
    dispatcher together until every delivery is marked done.
    """
    own = settings.model_copy(update={"webhook_targets": "loopback"})
    rates, fanned = [], []
    async with receiver() as port, scratch_services(own, SystemClock()) as services:
        for number in range(SUBSCRIPTIONS):
            await services.webhooks.subscribe(
                TENANT, f"http://127.0.0.1:{port}/{number}", ["listing.favorited"]
            )
        await _round(services, 5)
        for done in range(rounds):
            progress(done, rounds)
            seconds, fan_out = await _round(services, events)
            rates.append(events * SUBSCRIPTIONS / seconds)
            fanned.append(events * SUBSCRIPTIONS / fan_out)
        states = await _states(services)
    progress(rounds, rounds)
    rate, signed = statistics.median(rates), _signed()
    return {
        "deliveries": events * SUBSCRIPTIONS * rounds,
        "subscriptions": SUBSCRIPTIONS,
        "delivered_per_second": round(rate, 1),
        "rounds": [round(each, 1) for each in rates],
        "fanned_out_per_second": round(statistics.median(fanned), 1),
        "states": states,
        "signed_and_verified_per_second": round(signed),
        "required": REQUIRED,
        "goal": GOAL,
        "goal_signed": GOAL_SIGNED,
        "passed": rate >= REQUIRED and set(states) == {DeliveryState.DONE.value},
    }


async def _round(services: Services, events: int) -> tuple[float, float]:
    """Seconds until every delivery is done, and of them those of the fan-out."""
    happened = [
        Event(type="listing.favorited", data={"listing_id": new_id("lst")}) for _ in range(events)
    ]
    for first in range(0, events, THREADS):
        batch = happened[first : first + THREADS]
        now = services.clock.now()
        await services.events.append(TENANT, new_id("thr"), 0, batch, now)
    stopping = asyncio.Event()
    fan_out = make_fan_out(services)
    begun = time.perf_counter()
    while await fan_out.run_once():
        pass
    fanned = time.perf_counter() - begun
    dispatcher = make_dispatcher(services, random.Random(0))
    running = asyncio.create_task(dispatcher.run(stopping, pause=0.2))
    try:
        async with asyncio.timeout(_GIVE_UP_SECONDS):
            while True:
                if not await services.outbox.open(TENANT):
                    return time.perf_counter() - begun, fanned
                await asyncio.sleep(_POLL)
    finally:
        stopping.set()
        await running


async def _states(services: Services) -> dict[str, int]:
    return await services.outbox.states(TENANT)


def _signed(count: int = 20_000) -> float:
    """Bodies of 400 bytes signed and verified in a second of one core."""
    secret, body, now = new_secret(), b"x" * 400, datetime.now(UTC)
    timestamp = int(now.timestamp())
    begun = time.process_time()
    for number in range(count):
        message_id = f"msg_{number}"
        headers = {
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(secret, message_id, timestamp, body),
        }
        verify([secret], headers, body, now)
    return count / (time.process_time() - begun)
