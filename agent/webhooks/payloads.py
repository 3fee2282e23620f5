"""What subscribers are told of an event: ids, times and labels; nothing a person wrote."""

import re
from typing import Any

from agent.events.models import StoredEvent
from agent.webhooks.models import Payload

_NAMES = re.compile(r"\w+_(id|ids|at|version)|stage|status|channel|score|turn_index")
_VALUE = re.compile(r"[A-Za-z0-9_.:+-]{1,200}")
_AT_MOST = 50


def payload(event: StoredEvent) -> Payload:
    data = {name: value for name, value in event.data.items() if _tellable(name, value)}
    if not event.thread_id.startswith("evt_"):
        data = {"thread_id": event.thread_id, **data}
    return Payload(
        id=f"{event.thread_id}:{event.seq}", type=event.type, timestamp=event.at, data=data
    )


def _tellable(name: str, value: Any) -> bool:
    if not _NAMES.fullmatch(name):
        return False
    if isinstance(value, list):
        return len(value) <= _AT_MOST and all(map(_plain, value))
    return _plain(value)


def _plain(value: Any) -> bool:
    if isinstance(value, str):
        return _VALUE.fullmatch(value) is not None
    return value is None or isinstance(value, bool | int | float)
