"""What a request body must be before any route sees it: small, in time, honest JSON; or a file."""

import asyncio
import json
import re
from typing import Any, NoReturn

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.errors import InvalidInput, LatchkeyError, TooLarge
from server.errors import answer
from server.files import LIMITS, stream

LIMIT = 1024 * 1024
SECONDS = 30.0
_DRAIN = 20 * LIMIT
_WITH_BODY = ("POST", "PUT", "PATCH", "DELETE")
_INT64 = 2**63
RAW = ("/api/webhooks/inbound/", "/api/leads/intake/")
"""Below these a route reads the body itself: signed bytes, forms."""
_HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")


class BodyGuard:
    """Reads the whole body, refuses what no route takes, hands on the rest."""

    def __init__(self, app: ASGIApp, *, limit: int = LIMIT, seconds: float = SECONDS) -> None:
        self._app = app
        self._limit = limit
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in _WITH_BODY:
            await self._app(scope, receive, send)
            return
        if scope["path"] in LIMITS:
            if scope["method"] == "POST":
                await stream(self._app, scope, receive, send, LIMITS[scope["path"]])
            else:
                await self._app(scope, receive, send)
            return
        try:
            body = await self._read(receive)
            if body and not scope["path"].startswith(RAW):
                _require_json(Headers(scope=scope).get("content-type", ""), body)
        except LatchkeyError as error:
            await answer(error, scope["state"]["trace_id"])(scope, receive, send)
            return
        unread = True

        async def replay() -> Message:
            nonlocal unread
            if unread:
                unread = False
                return {"type": "http.request", "body": body, "more_body": False}
            return await receive()

        await self._app(scope, replay, send)

    async def _read(self, receive: Receive) -> bytes:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._collect(receive)
        except TimeoutError:
            raise InvalidInput("body_slow", "The body did not arrive in time.") from None

    async def _collect(self, receive: Receive) -> bytes:
        """The body; an over-long one is read on for a while, so that its sender sees the answer."""
        chunks: list[bytes] = []
        size = 0
        more = True
        while more and size <= _DRAIN:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise InvalidInput("body_malformed", "The body ended early.")
            more = message.get("more_body", False)
            chunk = message.get("body", b"")
            size += len(chunk)
            if size <= self._limit:
                chunks.append(chunk)
        if size > self._limit:
            raise TooLarge("body_too_large", f"Send at most {self._limit} bytes.")
        return b"".join(chunks)


def _require_json(content_type: str, body: bytes) -> None:
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise InvalidInput(
            "content_type_unsupported", "Send JSON with Content-Type: application/json."
        )
    parsed(body)


def parsed(body: bytes) -> Any:
    """The value of a JSON text. Raises InvalidInput `body_malformed`, `body_not_text`."""
    try:
        text = body.decode("utf-8")
        value = json.loads(
            text,
            object_pairs_hook=_distinct,
            parse_constant=_refuse,
            parse_float=_finite,
            parse_int=_int64,
        )
    except (ValueError, RecursionError):
        raise InvalidInput(
            "body_malformed",
            "The body is not JSON as RFC 8259 has it: UTF-8, distinct names, finite numbers.",
        ) from None
    if _HALF_PAIR.search(text):
        _require_text(value)
    return value


def _require_text(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise InvalidInput(
            "body_not_text", "A text holds half a surrogate pair; send valid Unicode."
        ) from None


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _finite(written: str) -> float:
    value = float(written)
    if value in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")
    return value


def _int64(written: str) -> int:
    if len(written) > 20 or not -_INT64 <= int(written) < _INT64:
        raise ValueError("a number is too large")
    return int(written)
