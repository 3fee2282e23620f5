"""Database operations that a cancelled request leaves whole."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def uninterrupted(operation: Coroutine[Any, Any, T]) -> T:
    """The result of `operation`; a cancellation is honoured once it has ended.

    On Python 3.11 a task that is cancelled while PyMongo waits for a server can leave a lock of
    the client closed for ever (`asyncio.wait_for` gives up before its condition has the lock
    back), and every later operation of the process would hang. What runs here is bounded by the
    client's timeouts.
    """
    task = asyncio.ensure_future(operation)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # mark it as seen
    raise cancelled
