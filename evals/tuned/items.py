"""Conversations a tuned model has not seen, and the replies people gave in them."""

import hashlib
import heapq
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from agent.services import Services
from agent.training.models import Dataset

MOST = 60


@dataclass(frozen=True, slots=True)
class Item:
    thread: str
    """A hash of the thread's id."""
    messages: tuple[dict[str, Any], ...]
    """Up to the lead's last words."""
    reference: str


async def items(services: Services, tenant_id: str, dataset: Dataset) -> list[Item]:
    """At most MOST of the held-out examples, always the same ones."""
    chosen: list[tuple[float, int, Item]] = []
    number = 0
    async with (
        aclosing(_rows(services, tenant_id, dataset, "test.chat.jsonl")) as chats,
        aclosing(_rows(services, tenant_id, dataset, "test.sources.jsonl")) as sources,
    ):
        async for chat in chats:
            source = await anext(sources)
            number += 1
            *before, reply = chat["messages"]
            item = Item(source["thread"], tuple(before), reply["content"])
            entry = (-_rank(source), number, item)
            if len(chosen) < MOST:
                heapq.heappush(chosen, entry)
            else:
                heapq.heappushpop(chosen, entry)
    return [item for _, _, item in sorted(chosen, reverse=True)]


async def _rows(
    services: Services, tenant_id: str, dataset: Dataset, file: str
) -> AsyncGenerator[dict[str, Any]]:
    async for piece in services.training.file(tenant_id, dataset, file):
        for line in piece.splitlines():
            yield json.loads(line)


def _rank(source: dict[str, Any]) -> float:
    digest = hashlib.sha256(f"{source['thread']}/{source['turn']}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
