"""What every request goes through: a trace id, an answer whatever happens, safe headers."""

import logging
import time
import traceback
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.errors import LatchkeyError
from agent.kit.ids import new_id
from server import logs
from server.errors import answer

log = logging.getLogger(__name__)

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""Suit a JSON answer; a page says its own."""
STRICT_TRANSPORT = "max-age=31536000"
_GONE = 499
"""Stands for the status where the caller left before there was one."""


class Guard:
    """Outermost: names the request, and turns whatever escapes the app into an answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        trace_id = new_id("trc")
        state = scope.setdefault("state", {})
        state["trace_id"] = trace_id
        status = 0

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _mark(scope, MutableHeaders(scope=message))
                _observe(scope, status, time.perf_counter() - began)
            await send(message)

        traced = logs.TRACE.set(trace_id)
        try:
            await self._app(scope, receive, send_named)
        except Exception as error:
            failure = _as_ours(error)
            if not status:
                await answer(failure, trace_id)(scope, receive, send_named)
        finally:
            if not status:
                _observe(scope, _GONE, time.perf_counter() - began)
            logs.TRACE.reset(traced)


def _mark(scope: Scope, headers: MutableHeaders) -> None:
    headers["X-Trace-Id"] = scope["state"]["trace_id"]
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if scope["scheme"] == "https":
        headers["Strict-Transport-Security"] = STRICT_TRANSPORT
    for name, value in scope["state"].get("headers", {}).items():
        headers[name] = value


def _observe(scope: Scope, status: int, seconds: float) -> None:
    """Count and log what was answered, by the template of its route: a path may hold anything."""
    state = scope["state"]
    route = getattr(scope.get("route"), "path", None)
    code = state.get("code")
    if "app" in scope:
        telemetry = scope["app"].state.serving.services.telemetry
        telemetry.request(scope["method"], route, status, seconds)
        if code:
            telemetry.error(code)
    if not logs.requests.isEnabledFor(logging.INFO):
        return
    actor = state.get("actor")
    said = {
        "method": scope["method"][:10],
        "route": route or "unmatched",
        "status": status,
        "ms": round(seconds * 1000, 1),
        "trace_id": state["trace_id"],
    }
    if actor is not None:
        said |= {"tenant": actor.tenant_id, "actor": actor.name.partition(":")[0]}
    if code:
        said["code"] = code
    logs.requests.info("request", extra=said)


def _as_ours(error: Exception) -> LatchkeyError:
    if isinstance(error, LatchkeyError):
        return error
    # where, not what: the text of an unexpected error may quote a person
    where = traceback.extract_tb(error.__traceback__)[-3:]
    path = " > ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in where)
    trace_id = logs.TRACE.get()
    log.error("%s: %s at %s", trace_id, type(error).__name__, path)
    return LatchkeyError("internal", f"Something broke here; report the trace id {trace_id}.")
