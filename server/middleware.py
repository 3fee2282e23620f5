"""What every request goes through: a trace id, an answer whatever happens, safe headers."""

import logging
import traceback

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.errors import LatchkeyError
from agent.kit.ids import new_id
from server.errors import answer

log = logging.getLogger(__name__)

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""Suit a JSON answer; a page says its own."""


class Guard:
    """Outermost: names the request, and turns whatever escapes the app into an answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        trace_id = new_id("trc")
        scope.setdefault("state", {})["trace_id"] = trace_id
        started = False

        async def send_named(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers["X-Trace-Id"] = trace_id
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_named)
        except Exception as error:
            failure = _as_ours(error, trace_id)
            if not started:
                await answer(failure, trace_id)(scope, receive, send_named)


def _as_ours(error: Exception, trace_id: str) -> LatchkeyError:
    if isinstance(error, LatchkeyError):
        return error
    # where, not what: the text of an unexpected error may quote a person
    where = traceback.extract_tb(error.__traceback__)[-3:]
    path = " > ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in where)
    log.error("%s: %s at %s", trace_id, type(error).__name__, path)
    return LatchkeyError("internal", f"Something broke here; report the trace id {trace_id}.")
