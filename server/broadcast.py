"""New events of all threads, read once for the whole process and handed to those who listen."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta

from agent.errors import Unavailable
from agent.events.models import StoredEvent
from agent.services import Services

PAUSE_SECONDS = 0.02
OVERLAP = timedelta(milliseconds=250)
"""Read again now and then: what was committed after something later."""
OVERLAP_SECONDS = 0.2
WIDE_OVERLAP = timedelta(seconds=1)
WIDE_SECONDS = 5.0
"""How often so much is read again; a thread's own numbering tells a listener what is missing."""
WAITING = 1_000
"""Events that wait for a slow listener; beyond it is told to read for itself."""
Key = tuple[str, str]
"""(tenant_id, thread_id)"""


class Told:
    """An event on its way to its listeners, who share its frame once one of them has made it."""

    __slots__ = ("event", "frame")

    def __init__(self, event: StoredEvent) -> None:
        self.event = event
        self.frame: str | None = None


class Ear:
    """What one listener has yet to hear of a thread."""

    __slots__ = ("_waiter", "events", "missed", "told")

    def __init__(self) -> None:
        self.events: deque[Told] = deque()
        self.missed = False
        """More came than was heard; read the store instead."""
        self.told = -1
        """The seq of the last event it was told."""
        self._waiter: asyncio.Future[None] | None = None

    def tell(self, news: Told) -> None:
        self.told = news.event.seq
        if len(self.events) >= WAITING:
            self.missed = True
        else:
            self.events.append(news)
        self.wake()

    def wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def wait(self, seconds: float) -> None:
        """Until there is news, someone wakes it, or the time is up."""
        if self.events or self.missed:
            return
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        timer = loop.call_later(seconds, self.wake)
        try:
            await self._waiter
        finally:
            timer.cancel()
            self._waiter = None


class Broadcast:
    """Hands every event of a thread that is listened to to its listeners, in order.

    One query for each tenant that has listeners, whatever their number.
    """

    def __init__(self, services: Services, draining: asyncio.Event) -> None:
        self._services = services
        self._draining = draining
        self._ears: dict[str, dict[str, list[Ear]]] = {}
        self._heard: dict[str, datetime] = {}
        self._overlap_at = 0.0
        self._wide_at = 0.0

    @contextlib.contextmanager
    def listen(self, key: Key) -> Iterator[Ear]:
        """What is committed from now on; what was before is the listener's to read."""
        tenant_id, thread_id = key
        threads = self._ears.setdefault(tenant_id, {})
        self._heard.setdefault(tenant_id, self._services.clock.now())
        ear = Ear()
        threads.setdefault(thread_id, []).append(ear)
        try:
            yield ear
        finally:
            threads[thread_id].remove(ear)
            if not threads[thread_id]:
                del threads[thread_id]
            if not threads and self._ears.get(tenant_id) is threads:
                del self._ears[tenant_id], self._heard[tenant_id]

    def listeners(self, key: Key) -> int:
        """How many listen to a thread here."""
        tenant_id, thread_id = key
        return len(self._ears.get(tenant_id, {}).get(thread_id, ()))

    async def run_once(self) -> bool:
        """Look for what is new; whether to look again at once (never)."""
        overlap = self._overlap()
        for tenant_id in list(self._ears):
            with contextlib.suppress(Unavailable):
                await self._look(tenant_id, overlap)
        return False

    async def let_go(self) -> None:
        """Wait until the server is draining, then wake all who listen."""
        await self._draining.wait()
        for threads in self._ears.values():
            for ears in threads.values():
                for ear in ears:
                    ear.wake()

    def _overlap(self) -> timedelta:
        """How far to look back this time."""
        now = asyncio.get_running_loop().time()
        if now - self._wide_at > WIDE_SECONDS:
            self._wide_at = self._overlap_at = now
            return WIDE_OVERLAP
        if now - self._overlap_at > OVERLAP_SECONDS:
            self._overlap_at = now
            return OVERLAP
        return timedelta(0)

    async def _look(self, tenant_id: str, overlap: timedelta) -> None:
        rows = await self._services.events.since(tenant_id, self._heard[tenant_id] - overlap)
        threads = self._ears.get(tenant_id)
        if threads is None:
            return
        for row in rows:
            seq = row["seq"]
            new = [ear for ear in threads.get(row["thread_id"], ()) if ear.told < seq]
            if new:
                news = Told(StoredEvent.model_construct(**row))
                for ear in new:
                    ear.tell(news)
        if rows:
            self._heard[tenant_id] = max(self._heard[tenant_id], rows[-1]["at"])
