"""Threads by the words said in them: a bounded look through the newest, block by block."""

import re
from datetime import datetime

from agent.mongo.paging import Page
from agent.threads.models import Stage, Thread, ThreadStatus
from agent.threads.store import ThreadStore

BLOCK = 200
BLOCKS = 5
"""How many threads one call looks through, at most BLOCK * BLOCKS."""
WORDS = 8
_WORD = re.compile(r"\w+")


async def searched(
    store: ThreadStore,
    tenant_id: str,
    q: str,
    *,
    stage: Stage | None = None,
    status: ThreadStatus | None = None,
    updated_after: datetime | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[Thread]:
    """Threads, the newest first, in which each of the first 8 words of `q` begins a word.

    The words may stand in different lines. A page may be short of `limit` or empty although more
    follow: its cursor goes on behind the last thread that was looked at.
    """
    words = list(dict.fromkeys(word.casefold() for word in _WORD.findall(q)))[:WORDS]
    found: list[Thread] = []
    for _ in range(BLOCKS if words else 1):
        wanted = limit - len(found)
        block = await store.page(
            tenant_id,
            stage=stage,
            status=status,
            updated_after=updated_after,
            limit=BLOCK if words else wanted,
            cursor=cursor,
        )
        kept = block.items
        if words:
            said = await store.saying(tenant_id, [each.thread_id for each in kept], words)
            kept = [each for each in kept if each.thread_id in said]
        if len(kept) > wanted:
            return Page([*found, *kept[:wanted]], store.cursor_at(kept[wanted - 1]))
        found += kept
        cursor = block.next_cursor
        if cursor is None or len(found) == limit:
            break
    return Page(found, cursor)
