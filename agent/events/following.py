"""All events of a tenant as they come, whoever writes them: none is left out.

Events carry the time at which they were thought of, and may be seen only when their transaction
ends: one with an earlier time can appear after one with a later. So the last WINDOW is looked
through each time, and what was told already is known by its id.
"""

import base64
import binascii
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from agent.errors import InvalidInput
from agent.events.models import StoredEvent
from agent.events.store import EventStore, Place, in_order

WINDOW = timedelta(seconds=15)
"""Longer than a transaction is tried, and than clocks of two servers may differ."""
PAGE = 500
_MAX_MS = 253_402_300_799_000


class Following:
    """What one listener of a tenant has heard; `start` is where it begins, less the WINDOW."""

    def __init__(self, store: EventStore, tenant_id: str, start: datetime) -> None:
        self._store = store
        self._tenant_id = tenant_id
        self._newest = start
        self._told: dict[tuple[str, int], datetime] = {}

    @property
    def cursor(self) -> str:
        """Where a listener goes on that heard everything told so far, and some of it again."""
        ms = int(self._newest.timestamp() * 1000)
        return base64.urlsafe_b64encode(str(ms).encode()).decode().rstrip("=")

    async def news(self) -> AsyncIterator[StoredEvent]:
        """What has come since the last call, by time; those of a thread in their own order."""
        place: Place = (self._newest - WINDOW, "", -1)
        more = True
        while more:
            places = await self._store.places(self._tenant_id, place, limit=PAGE)
            more = len(places) == PAGE
            new = [each for each in places if each[1:] not in self._told]
            threads = [thread_id for _, thread_id, _ in new]
            for event in in_order(threads, await self._store.at(self._tenant_id, new)):
                self._told[event.thread_id, event.seq] = event.at
                self._newest = max(self._newest, event.at)
                yield event
            if places:
                place = places[-1]
        self._forget()

    def _forget(self) -> None:
        """What is older than any later look."""
        oldest = self._newest - WINDOW
        self._told = {known: at for known, at in self._told.items() if at >= oldest}


def start_of(cursor: str) -> datetime:
    """Raises InvalidInput `event_id_invalid`."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        ms = int(base64.b64decode(padded.encode(), altchars=b"-_", validate=True))
        if not 0 <= ms <= _MAX_MS:
            raise ValueError("not one of our cursors")
    except (ValueError, binascii.Error):
        raise InvalidInput(
            "event_id_invalid", "Send Last-Event-ID as the stream gave it, or none."
        ) from None
    return datetime.fromtimestamp(ms / 1000, UTC)
