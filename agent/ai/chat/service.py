"""Which model is asked, how often, how long, and when that is pointless."""

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, overload

from pydantic import BaseModel

from agent.ai.chat.breaker import Breaker
from agent.ai.chat.call import Call, OnText
from agent.ai.chat.failures import Failure, unavailable
from agent.ai.chat.models import ChatTool, Completion, Message, Parsed, Timeouts
from agent.kit.clock import Clock
from agent.settings import Settings

if TYPE_CHECKING:
    from agent.ai.chat.client import Client

RETRIES = 2
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0
PATIENCE = 3.0
"""Seconds; a longer pause is waited out only when no other model is left to ask."""


class ChatModels:
    """The chat models of a server: the one asked for, then the settings' two.

    Breakers are timed by `clock`, answers and pauses by the event loop.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        timeouts: Timeouts | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: random.Random | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._timeouts = timeouts or Timeouts()
        self._pause = pause
        self._rng = rng or random.Random()
        self._breakers: dict[str, Breaker] = {}
        self._client: Client | None = None
        self._opening = asyncio.Lock()

    @overload
    async def complete(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ChatTool] = (),
        schema: None = None,
        model: str | None = None,
        on_text: OnText | None = None,
    ) -> Completion[BaseModel]: ...

    @overload
    async def complete(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ChatTool] = (),
        schema: type[Parsed],
        model: str | None = None,
        on_text: OnText | None = None,
    ) -> Completion[Parsed]: ...

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[ChatTool] = (),
        schema: type[BaseModel] | None = None,
        model: str | None = None,
        on_text: OnText | None = None,
    ) -> Completion[Any]:
        """A whole answer; `on_text` hears its text (with a schema: its JSON) as it comes.

        Nothing is asked again once `on_text` was called. Raises Unavailable with a code of
        `failures.py`; its details name the models asked and what became of each.
        """
        client = await self._open()
        call = Call(client, messages, tools, schema, on_text, self._timeouts)
        names = self._names(model)
        last = Failure("breaker open")
        for place, name in enumerate(names):
            try:
                return await self._ask(name, call, more=place + 1 < len(names))
            except Failure as failure:
                # an open breaker says less than what another model answered
                last = last if failure.reason == "breaker open" and place else failure
                if call.told:
                    raise unavailable(_interrupted(failure), call.tried) from failure
                if not failure.elsewhere:
                    break
        raise unavailable(last, call.tried, retry_after=self._retry_after(names, last)) from last

    async def close(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()

    async def _ask(self, name: str, call: Call, *, more: bool) -> Completion[Any]:
        """One model, with its retries; `more`: another one can be asked after it."""
        for attempt in range(RETRIES + 1):
            try:
                return await self._admitted(name, call)
            except Failure as failure:
                call.tried.append({"model": name, "reason": failure.reason})
                pause = self._pause_after(failure, attempt)
                impatient = more and (failure.slow or pause > PATIENCE)
                last = attempt == RETRIES or not failure.again or call.told
                if last or impatient or pause >= call.left() or self._breaker(name).wait() > 0:
                    raise
                await self._pause(pause)
        raise AssertionError("the last attempt returns or raises")

    async def _admitted(self, name: str, call: Call) -> Completion[Any]:
        """One attempt, if the breaker lets it out; the breaker hears of the end."""
        breaker = self._breaker(name)
        if not breaker.admit():
            raise Failure("breaker open", again=False, weight=0)
        try:
            completion = await call.attempt(name)
        except Failure as failure:
            if failure.weight:
                breaker.failed(failure.weight)
            else:
                breaker.succeeded()
            raise
        except BaseException:
            breaker.abandoned()
            raise
        breaker.succeeded()
        return completion

    def _pause_after(self, failure: Failure, attempt: int) -> float:
        """Full jitter, but never less than the server asks for."""
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt)
        return max(failure.retry_after or 0.0, self._rng.uniform(0, longest))

    def _names(self, model: str | None) -> list[str]:
        wanted = (model, self._settings.chat_model, self._settings.chat_fallback_model)
        return list(dict.fromkeys(name for name in wanted if name))

    def _breaker(self, name: str) -> Breaker:
        if name not in self._breakers:
            self._breakers[name] = Breaker(lambda: self._clock.now().timestamp())
        return self._breakers[name]

    def _retry_after(self, names: Sequence[str], last: Failure) -> int | None:
        if last.code != "chat_unavailable":
            return None
        soonest = min(self._breaker(name).wait() for name in names)
        return max(1, math.ceil(max(soonest, last.retry_after or 0.0)))

    async def _open(self) -> "Client":
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(_client, self._settings, self._timeouts)
            return self._client


def _interrupted(failure: Failure) -> Failure:
    if failure.code != "chat_unavailable":
        return failure
    return Failure(failure.reason, code="chat_interrupted")


def _client(settings: Settings, timeouts: Timeouts) -> "Client":
    from agent.ai.chat.client import Client

    return Client(settings.openai_api_key, settings.openai_base_url, timeouts.connect)
