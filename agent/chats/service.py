"""Whose chat it is, and what of it is kept."""

from collections.abc import Sequence

from agent.chats.models import LIFETIME, Chat, Turn
from agent.chats.store import ChatStore
from agent.errors import NotFound
from agent.kit.clock import Clock
from agent.kit.ids import new_id


class ChatService:
    def __init__(self, store: ChatStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def get(self, tenant_id: str, owner: str, thread_id: str) -> Chat:
        """Raises NotFound `chat_not_found`, for another owner's chat too."""
        chat = await self._store.get(tenant_id, owner, thread_id, self._clock.now())
        if chat is None:
            raise _unknown()
        return chat

    async def keep(
        self,
        tenant_id: str,
        owner: str,
        thread_id: str | None,
        *,
        asked: str,
        replied: str,
        citations: Sequence[str] = (),
    ) -> str:
        """Add a turn to the chat, to a new one without `thread_id`; its thread_id.

        Texts come redacted. Raises NotFound `chat_not_found`.
        """
        now = self._clock.now()
        turn = Turn(asked=asked, replied=replied, citations=list(citations), at=now)
        if thread_id is None:
            chat = Chat(
                thread_id=new_id("chat"), owner=owner, turns=[turn], expires_at=now + LIFETIME
            )
            await self._store.add(tenant_id, chat)
            return chat.thread_id
        if not await self._store.push(tenant_id, owner, thread_id, turn, now + LIFETIME):
            raise _unknown()
        return thread_id


def _unknown() -> NotFound:
    return NotFound(
        "chat_not_found", "There is no such chat; ask without `thread_id` to begin one."
    )
