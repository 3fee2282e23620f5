import asyncio
from datetime import timedelta

import pytest

from agent.errors import Unavailable
from agent.outbox.models import DeliveryState
from tests.agent.outbox.conftest import TENANT, Outbox


async def cancel(outbox: Outbox, name: str, tenant_id: str = TENANT) -> bool:
    return await outbox.services.outbox.cancel(tenant_id, f"dlv_{name}")


async def test_a_row_waits_until_it_is_due(outbox: Outbox) -> None:
    await outbox.queue("a", due_at=outbox.clock.now() + timedelta(seconds=30))
    outbox.clock.advance(timedelta(seconds=29))
    assert await outbox.run() == 0
    outbox.clock.advance(timedelta(seconds=1))
    assert await outbox.run() == 1
    assert (await outbox.row("a")).state is DeliveryState.DONE


async def test_what_is_canceled_is_never_sent(outbox: Outbox) -> None:
    await outbox.queue("a", due_at=outbox.clock.now() + timedelta(seconds=30))
    assert await cancel(outbox, "a")
    outbox.clock.advance(timedelta(days=400))
    assert await outbox.run() == 0
    row = await outbox.row("a")
    assert (row.state, row.attempts) == (DeliveryState.CANCELED, 0)
    assert not await cancel(outbox, "a")


async def test_what_is_on_its_way_or_has_arrived_cannot_be_taken_back(outbox: Outbox) -> None:
    await outbox.queue("a", "b")
    await outbox.dies("a", arrived=False)
    assert not await cancel(outbox, "a")
    await outbox.run()
    assert not await cancel(outbox, "b")
    assert (await outbox.row("b")).state is DeliveryState.DONE


async def test_nor_what_was_tried_once(outbox: Outbox) -> None:
    await outbox.queue("a")
    outbox.provider.fails(Unavailable("provider_down", "Try again."))
    await outbox.run()
    assert not await cancel(outbox, "a")


@pytest.mark.parametrize("name", ["a", "nobody"])
async def test_only_a_row_of_the_tenant_can_be(outbox: Outbox, name: str) -> None:
    await outbox.queue("a")
    assert not await cancel(outbox, name, "rival")
    assert await outbox.run() == 1


async def test_a_cancel_and_a_dispatcher_never_both_win(outbox: Outbox) -> None:
    names = [str(n) for n in range(12)]
    await outbox.queue(*names)
    canceled, *_ = await asyncio.gather(
        asyncio.gather(*(cancel(outbox, name) for name in names)), outbox.run(), outbox.run()
    )
    assert len(outbox.provider.arrived) == len(names) - sum(canceled)
