"""How many turns a process takes at once; whoever comes beyond is told to come again."""

import asyncio
import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.errors import TooBusy, Unavailable
from server.errors import answer

MOST: Mapping[str, int] = {"rules": 44, "llm": 128}
"""By policy: turns by rules share one processor, those of a model mostly wait."""
_TURNS = re.compile(r"/api/agent/(?:start|reply)|(?:/threads/[^/]+)?/runs(?:/wait|/stream)?")


class Turns:
    """The turns that callers of this process wait for at the moment."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._running: set[asyncio.Task[Any]] = set()
        self._over = asyncio.Event()
        self._over.set()
        self._cut_off = False

    @property
    def full(self) -> bool:
        return len(self._running) >= self.most

    @contextlib.contextmanager
    def one(self) -> Iterator[None]:
        """Raises Unavailable `server_stopping` in the place of one that is cut off."""
        task = asyncio.current_task()
        assert task
        self._running.add(task)
        self._over.clear()
        try:
            yield
        except asyncio.CancelledError:
            if not self._cut_off:
                raise
            task.uncancel()
            raise stopping() from None
        finally:
            self._running.discard(task)
            if not self._running:
                self._over.set()

    async def over(self, seconds: float) -> bool:
        """Wait until none is left, `seconds` at most; whether none is."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), seconds)
        return not self._running

    def cut_off(self) -> None:
        """End the wait for all that run; their messages are kept and answered later."""
        self._cut_off = True
        for task in self._running:
            task.cancel()


class Admission:
    """Refuses a turn before its body is read, while a refusal costs next to nothing.

    Counted from here to the end of the answer: what waits for the database counts as well.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] != "http"
            or scope["method"] != "POST"
            or not _TURNS.fullmatch(scope["path"])
        ):
            await self._app(scope, receive, send)
            return
        serving = scope["app"].state.serving
        turns: Turns = serving.turns
        begun = False

        async def send_begun(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            if serving.draining.is_set():
                raise stopping()
            if turns.full:
                raise busy()
            with turns.one():
                await self._app(scope, receive, send_begun)
        except (TooBusy, Unavailable) as error:
            if begun:
                raise
            await answer(error, scope["state"]["trace_id"])(scope, receive, send)


def busy() -> TooBusy:
    return TooBusy("server_busy", "Too many conversations at once; send it again.", retry_after=1)


def stopping() -> Unavailable:
    return Unavailable("server_stopping", "This server stops; send it again.", retry_after=1)
