"""How many turns a process takes at once; whoever comes beyond is told to come again."""

import asyncio
import contextlib
import re
from collections.abc import Iterator

from starlette.types import ASGIApp, Receive, Scope, Send

from agent.errors import LatchkeyError, TooBusy, Unavailable
from server.errors import answer

MOST = 64
_TURNS = re.compile(r"/api/agent/(?:start|reply)|(?:/threads/[^/]+)?/runs(?:/wait|/stream)?")


class Turns:
    """The turns that callers of this process wait for at the moment."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.running = 0
        self._over = asyncio.Event()
        self._over.set()

    @contextlib.contextmanager
    def one(self) -> Iterator[None]:
        self.running += 1
        self._over.clear()
        try:
            yield
        finally:
            self.running -= 1
            if not self.running:
                self._over.set()

    async def over(self, seconds: float) -> bool:
        """Wait until none is left, `seconds` at most; whether none is."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), seconds)
        return not self.running


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
        if refusal := _refusal(turns, stopping=serving.draining.is_set()):
            await answer(refusal, scope["state"]["trace_id"])(scope, receive, send)
            return
        with turns.one():
            await self._app(scope, receive, send)


def _refusal(turns: Turns, *, stopping: bool) -> LatchkeyError | None:
    if stopping:
        return Unavailable("server_stopping", "This server stops; send it again.", retry_after=1)
    if turns.running >= turns.most:
        return TooBusy(
            "server_busy", "Too many conversations at once; send it again.", retry_after=1
        )
    return None
