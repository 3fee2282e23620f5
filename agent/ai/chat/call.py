import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from agent.ai.chat.answer import Answer
from agent.ai.chat.failures import timed_out
from agent.ai.chat.models import ChatTool, Completion, Message, Timeouts
from agent.ai.chat.schema import response_format

if TYPE_CHECKING:
    from agent.ai.chat.client import Client

OnText = Callable[[str], None]


class Call:
    """One `complete`: what is asked, until when, and what was tried."""

    def __init__(
        self,
        client: "Client",
        messages: Sequence[Message],
        tools: Sequence[ChatTool],
        schema: type[BaseModel] | None,
        on_text: OnText | None,
        timeouts: Timeouts,
    ) -> None:
        self.tried: list[dict[str, str]] = []
        self.told = False
        self._client = client
        self._messages = messages
        self._tools = [tool.declared() for tool in tools]
        self._names = {tool.name for tool in tools}
        self._schema = schema
        self._format = response_format(schema) if schema else None
        self._on_text = on_text
        self._first_token = timeouts.first_token
        self._deadline = asyncio.get_running_loop().time() + timeouts.total

    def left(self) -> float:
        """Seconds until the call as a whole is too late."""
        return self._deadline - asyncio.get_running_loop().time()

    async def attempt(self, model: str) -> Completion[Any]:
        """Ask once. Raises Failure."""
        now = asyncio.get_running_loop().time()
        answer = Answer()
        begun = False
        try:
            async with asyncio.timeout_at(min(self._deadline, now + self._first_token)) as limit:
                stream = self._client.stream(model, self._messages, self._tools, self._format)
                async with aclosing(stream) as pieces:
                    async for piece in pieces:
                        if piece.says and not begun:
                            begun = True
                            limit.reschedule(self._deadline)
                        self._tell(answer.add(piece))
        except TimeoutError as error:
            raise timed_out() from error
        return answer.completion(model, self._names, self._schema)

    def _tell(self, text: str) -> None:
        if text and self._on_text is not None:
            self.told = True
            self._on_text(text)
