import asyncio
from datetime import timedelta

import pytest

from agent.chats.models import LIFETIME, TURNS
from agent.errors import NotFound
from agent.kit.clock import ManualClock
from agent.services import Services

TENANT, OWNER = "default", "user:usr_1"


async def test_a_chat_keeps_its_last_turns(services: Services) -> None:
    chats = services.chats
    thread_id = await chats.keep(TENANT, OWNER, None, asked="q0", replied="a0", citations=["KB-1"])
    for n in range(1, TURNS + 3):
        await chats.keep(TENANT, OWNER, thread_id, asked=f"q{n}", replied=f"a{n}")
    kept = (await chats.get(TENANT, OWNER, thread_id)).turns
    assert [turn.asked for turn in kept] == [f"q{n}" for n in range(3, TURNS + 3)]


async def test_turns_at_one_moment_are_all_kept(services: Services) -> None:
    chats = services.chats
    thread_id = await chats.keep(TENANT, OWNER, None, asked="q", replied="a")
    await asyncio.gather(
        *(chats.keep(TENANT, OWNER, thread_id, asked=f"q{n}", replied="a") for n in range(5))
    )
    assert len((await chats.get(TENANT, OWNER, thread_id)).turns) == 6


@pytest.mark.parametrize(
    ("tenant_id", "owner"), [(TENANT, "user:usr_2"), (TENANT, "visitor:thr_1"), ("other", OWNER)]
)
async def test_a_chat_of_somebody_else_is_not_there(
    services: Services, tenant_id: str, owner: str
) -> None:
    thread_id = await services.chats.keep(TENANT, OWNER, None, asked="q", replied="a")
    with pytest.raises(NotFound, match="no such chat"):
        await services.chats.get(tenant_id, owner, thread_id)
    with pytest.raises(NotFound):
        await services.chats.keep(tenant_id, owner, thread_id, asked="q", replied="a")
    assert len((await services.chats.get(TENANT, OWNER, thread_id)).turns) == 1


async def test_a_chat_is_gone_a_day_after_its_last_turn(
    services: Services, clock: ManualClock
) -> None:
    chats = services.chats
    thread_id = await chats.keep(TENANT, OWNER, None, asked="q", replied="a")
    clock.advance(LIFETIME - timedelta(seconds=1))
    await chats.keep(TENANT, OWNER, thread_id, asked="q", replied="a")
    clock.advance(LIFETIME - timedelta(seconds=1))
    await chats.get(TENANT, OWNER, thread_id)
    clock.advance(timedelta(seconds=1))
    with pytest.raises(NotFound):
        await chats.get(TENANT, OWNER, thread_id)
