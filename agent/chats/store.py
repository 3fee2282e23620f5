"""Every query of chats; a chat is found by its owner only."""

from datetime import datetime

from agent.chats.models import TURNS, Chat, Turn
from agent.mongo.repository import Collection, Repository


class ChatStore:
    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    async def get(self, tenant_id: str, owner: str, thread_id: str, now: datetime) -> Chat | None:
        row = await self._rows(tenant_id).find_one(
            {"thread_id": thread_id, "owner": owner, "expires_at": {"$gt": now}}
        )
        return Chat.model_validate(row) if row else None

    async def add(self, tenant_id: str, chat: Chat) -> None:
        await self._rows(tenant_id).insert_many([chat.model_dump()])

    async def push(
        self, tenant_id: str, owner: str, thread_id: str, turn: Turn, expires_at: datetime
    ) -> bool:
        """Add a turn, the oldest giving way; False where there is no such chat."""
        found = await self._rows(tenant_id).update(
            {"thread_id": thread_id, "owner": owner},
            {
                "$push": {"turns": {"$each": [turn.model_dump()], "$slice": -TURNS}},
                "$set": {"expires_at": expires_at},
            },
        )
        return found > 0

    def _rows(self, tenant_id: str) -> Collection:
        return self._repository.scoped("chats", tenant_id)
