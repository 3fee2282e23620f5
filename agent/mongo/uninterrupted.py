"""Database operations that a cancelled request leaves whole."""

import asyncio
from collections.abc import Coroutine
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")


async def uninterrupted(operation: Coroutine[Any, Any, T]) -> T:
    """The result of `operation`; a cancellation is honoured once it has ended.

    On Python 3.11 a task that is cancelled while PyMongo waits for a server can leave a lock of
    the client closed for ever (`asyncio.wait_for` gives up before its condition has the lock
    back), and every later operation of the process would hang. What runs here is bounded by the
    client's timeouts.
    """
    loop = asyncio.get_running_loop()
    task = loop.create_task(operation)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        # what asyncio.wait does, at half its price, which every operation pays
        ended: asyncio.Future[None] = loop.create_future()
        task.add_done_callback(partial(_end, ended))
        try:
            await ended
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # mark it as seen
    raise cancelled


def _end(ended: "asyncio.Future[None]", _: "asyncio.Task[Any]") -> None:
    if not ended.done():
        ended.set_result(None)
