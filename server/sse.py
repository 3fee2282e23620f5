"""Server-sent events: their frames, and the tail of a thread."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from starlette.responses import StreamingResponse

from agent.errors import Unavailable
from agent.events.models import StoredEvent
from agent.services import Services
from server.broadcast import Broadcast, Told

PING_SECONDS = 15.0
LIFETIME_SECONDS = 30 * 60.0


class EventStream(StreamingResponse):
    """A text/event-stream that no proxy holds back."""

    media_type = "text/event-stream"

    def __init__(self, frames: AsyncIterator[str]) -> None:
        super().__init__(frames, headers={"X-Accel-Buffering": "no"})


STREAM: dict[str, Any] = {
    EventStream.media_type: {
        "schema": {
            "type": "object",
            "properties": {key: {"type": "string"} for key in ("event", "data", "id")},
        }
    }
}
"""The content of a streamed answer, for its OpenAPI: what one event is. `data` holds JSON."""


def frame(event: str, data: Any, *, event_id: int | str | None = None) -> str:
    head = "" if event_id is None else f"id: {event_id}\n"
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"{head}event: {event}\ndata: {text}\n\n"


async def tail(
    services: Services,
    broadcast: Broadcast,
    key: tuple[str, str],
    *,
    after: int,
    draining: asyncio.Event,
    ping_seconds: float = PING_SECONDS,
) -> AsyncGenerator[str]:
    """The thread's events with a seq over `after`, then those to come; a ping when none do.

    Ends with a `restart` event: come back with the Last-Event-ID.
    """
    clock = asyncio.get_running_loop().time
    ends = clock() + LIFETIME_SECONDS
    with contextlib.suppress(Unavailable), broadcast.listen(key) as ear:
        yield ": hello\n\n"
        stale = True
        while clock() < ends and not draining.is_set():
            if stale or ear.missed:
                ear.missed = False
                rows = await services.events.after(*key, after)
                stale = len(rows) > 0
                news = [Told(row) for row in rows]
            else:
                await ear.wait(ping_seconds)
                if not ear.events:
                    stale = True
                    if not ear.missed and not draining.is_set():
                        yield ": ping\n\n"
                    continue
                news = list(ear.events)
                ear.events.clear()
            frames = []
            for each in news:
                seq = each.event.seq
                if seq == after + 1 or (stale and seq > after):
                    frames.append(await _framed(services, key[0], each))
                    after = seq
                elif seq > after:
                    stale = True
                    break
            if frames:
                yield "".join(frames)
    yield frame("restart", {})


async def _framed(services: Services, tenant_id: str, news: Told) -> str:
    if news.frame is None:
        news.frame = await _frame_of(services, tenant_id, news.event)
    return news.frame


async def _frame_of(services: Services, tenant_id: str, row: StoredEvent) -> str:
    data = {"thread_id": row.thread_id, "at": row.at.isoformat(), **row.data}
    if row.type == "message":
        message = await services.threads.store.message(
            tenant_id, row.thread_id, row.data["message_id"]
        )
        if message:
            data["message"] = message.model_dump(mode="json", exclude={"why", "answers"})
    return frame(row.type, data, event_id=row.seq)
