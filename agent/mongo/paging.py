"""Lists, newest first, a page at a time: a cursor names the last item, so nothing is skipped."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from agent.errors import InvalidInput
from agent.mongo.repository import Collection, Projection

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    items: list[M]
    next_cursor: str | None
    """Where the following page starts; None on the last one."""


@dataclass(frozen=True, slots=True)
class Order:
    """Descending by the time in `at`, then ascending by the unique id in `key`."""

    at: str
    key: str


async def page(
    collection: Collection,
    model: type[M],
    query: Mapping[str, Any],
    order: Order,
    *,
    limit: int,
    cursor: str | None = None,
    projection: Projection | None = None,
) -> Page[M]:
    """At most `limit` documents after `cursor`; raises InvalidInput `cursor_invalid`."""
    after = {"$and": [dict(query), _after(cursor, order)]} if cursor else query
    rows = await collection.find(
        after, sort=[(order.at, -1), (order.key, 1)], limit=limit + 1, projection=projection
    )
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(
        items=[model.model_validate(row) for row in rows],
        next_cursor=_cursor(rows[-1], order) if more else None,
    )


def cursor_at(item: BaseModel, order: Order) -> str:
    """Where the page after `item` starts."""
    return _cursor({name: getattr(item, name) for name in (order.at, order.key)}, order)


def _cursor(row: Mapping[str, Any], order: Order) -> str:
    plain = f"{row[order.at].isoformat()} {row[order.key]}"
    return base64.urlsafe_b64encode(plain.encode()).decode()


def _after(cursor: str, order: Order) -> dict[str, Any]:
    try:
        at, _, key = base64.urlsafe_b64decode(cursor.encode()).decode().partition(" ")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or not key:
            raise ValueError("not one of our cursors")
    except (ValueError, binascii.Error):
        raise cursor_invalid() from None
    return {
        "$or": [
            {order.at: {"$lt": moment}},
            {order.at: moment, order.key: {"$gt": key}},
        ]
    }


def cursor_invalid() -> InvalidInput:
    return InvalidInput("cursor_invalid", "Send next_cursor as the page before gave it, or none.")
