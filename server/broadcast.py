"""New events of all threads, read once for the whole process and handed to those who listen."""

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from agent.errors import Unavailable
from agent.events.models import StoredEvent
from agent.services import Services

PAUSE_SECONDS = 0.05
OVERLAP = timedelta(milliseconds=150)
"""Read again every time: what was committed after something later."""
WIDE_OVERLAP = timedelta(seconds=1)
WIDE_SECONDS = 5.0
"""How often so much is read again; a thread's own numbering tells a listener what is missing."""
WAITING = 1_000
"""Events that wait for a slow listener; beyond it is told to read for itself."""
Key = tuple[str, str]
"""(tenant_id, thread_id)"""


class Ear:
    """What one listener has yet to hear of a thread."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[StoredEvent] = asyncio.Queue()
        self.missed = False
        """More came than was heard; read the store instead."""
        self._told = -1

    def tell(self, event: StoredEvent) -> None:
        """Once, however often it is read."""
        if event.seq <= self._told:
            return
        self._told = event.seq
        if self.events.qsize() >= WAITING:
            self.missed = True
        else:
            self.events.put_nowait(event)


class Broadcast:
    """Hands every event of a thread that is listened to to its listeners, in order.

    One query for each tenant that has listeners, whatever their number.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._ears: dict[str, dict[str, list[Ear]]] = {}
        self._heard: dict[str, datetime] = {}
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

    async def run_once(self) -> bool:
        """Look for what is new; whether to look again at once (never)."""
        now = asyncio.get_running_loop().time()
        wide = now - self._wide_at > WIDE_SECONDS
        if wide:
            self._wide_at = now
        for tenant_id in list(self._ears):
            with contextlib.suppress(Unavailable):
                await self._look(tenant_id, WIDE_OVERLAP if wide else OVERLAP)
        return False

    async def _look(self, tenant_id: str, overlap: timedelta) -> None:
        since = self._heard[tenant_id] - overlap
        events = await self._services.events.since(tenant_id, since)
        threads = self._ears.get(tenant_id)
        if threads is None:
            return
        for event in events:
            for ear in threads.get(event.thread_id, ()):
                ear.tell(event)
        if events:
            self._heard[tenant_id] = max(self._heard[tenant_id], events[-1].at)
