import asyncio

import pytest

from agent.mongo.uninterrupted import uninterrupted


async def test_gives_the_result() -> None:
    async def work() -> int:
        await asyncio.sleep(0)
        return 7

    assert await uninterrupted(work()) == 7


async def test_gives_the_error() -> None:
    async def work() -> None:
        await asyncio.sleep(0)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await uninterrupted(work())


@pytest.mark.parametrize("cancellations", [1, 3])
async def test_is_cancelled_after_its_end(cancellations: int) -> None:
    ended = False

    async def work() -> None:
        nonlocal ended
        await asyncio.sleep(0.05)
        ended = True
        raise ValueError("nobody hears of it")

    task = asyncio.create_task(uninterrupted(work()))
    for _ in range(cancellations):
        await asyncio.sleep(0.01)
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended


async def test_a_timeout_is_honoured_after_its_end() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await uninterrupted(asyncio.sleep(0.05))
