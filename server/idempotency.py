"""`Idempotency-Key` on every POST: the same request again has the first answer."""

import asyncio
import contextlib
import hmac
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi import Request as HttpRequest
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.errors import Conflict, InvalidInput, LatchkeyError, Unauthenticated
from agent.idempotency.models import Claim, Request, Standing, Stored
from agent.idempotency.service import LEASE, IdempotencyService, in_flight, reused
from agent.kit.ids import new_id
from server.deps import who
from server.errors import answer, problems
from server.files import LIMITS
from server.limits import FORWARDED

log = logging.getLogger(__name__)

HEADER = "idempotency-key"
REPLAYED = "idempotent-replayed"
LENGTH = 255
KEPT_BYTES = 8 * 1024 * 1024
"""An answer that is longer is not kept."""
STRONG = 16
"""Characters of a key that no two strangers choose alike."""
PUBLIC = "public"
"""In place of a tenant for those who have no credential yet."""
_REFUSED = frozenset({400, 401, 403, 405, 408, 413, 415, 422})
"""Nothing was carried out: the request may come again, mended."""
_CUT_OFF = (b"error", b"restart")
"""The last event of a stream that did not tell the whole answer."""

_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A key of your own, best a UUID. The same request with the same key has the "
    "first answer for a day and is carried out once; another request with it is 422, one that "
    "comes while the first still runs 409. Without a credential a key under "
    f"{STRONG} characters counts on its own connection only.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": LENGTH,
        "pattern": "^[ -~]*[!-~][ -~]*$",
    },
}
_PROBLEM = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}}

Derive = Callable[[str], str]


def derived_id(request: HttpRequest, purpose: str) -> str | None:
    """An id that the same request has when it comes again; None without an Idempotency-Key."""
    derive: Derive | None = getattr(request.state, "idempotent", None)
    return derive(purpose) if derive else None


class Idempotency:
    """Carries a POST with a key out once; without a key nothing is done and nothing is read.

    Kept: every answer of a request that was carried out, a 500 too. Not kept: refusals of the
    request itself, and answers that say when to come again.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        keys = Headers(scope=scope).getlist(HEADER)
        if not keys:
            await self._app(scope, receive, send)
            return
        try:
            await self._once(_valid(keys), scope, receive, send)
        except LatchkeyError as error:
            await answer(error, scope["state"]["trace_id"])(scope, receive, send)

    async def _once(self, key: str, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = await _named(key, scope)
        except Unauthenticated:
            await self._app(scope, receive, send)
            return
        service: IdempotencyService = scope["app"].state.serving.services.idempotency
        content = _Content(scope, receive, service.hasher(request))
        if scope["path"] not in LIMITS:
            await content.read()
        claim = await service.claim(request, content.fingerprint)
        if isinstance(claim, Standing):
            await (await _again(claim, content))(scope, receive, send)
            return
        if fingerprint := content.fingerprint:
            scope["state"]["idempotent"] = lambda purpose: service.derived(
                request, fingerprint, purpose
            )
        async with _kept_alive(service, claim):
            await self._first(service, claim, content, scope, send)

    async def _first(
        self,
        service: IdempotencyService,
        claim: Claim,
        content: "_Content",
        scope: Scope,
        send: Send,
    ) -> None:
        async def keep(answered: Stored) -> None:
            await _keep(service, claim, content, answered)

        trace_id = scope["state"]["trace_id"]
        recording = _Recording(send, content, keep, trace_id)
        try:
            await self._app(scope, content.receive, recording.send)
        except Exception:
            # perhaps it was carried out: the same again is the same failure, no second try
            if recording.status is None:
                broke = f"Something broke here; report the trace id {trace_id}."
                await keep(_failure(LatchkeyError("internal", broke), trace_id))
            raise
        finally:
            if not recording.ended:
                with contextlib.suppress(LatchkeyError):
                    await service.release(claim)


class _Content:
    """What makes two requests the same: route, query and body, hashed while they are read."""

    def __init__(self, scope: Scope, receive: Receive, hasher: hmac.HMAC) -> None:
        self._receive = receive
        self._hasher = hasher
        self._hasher.update(b" ".join((scope["path"].encode(), scope["query_string"], b"")))
        kind, options = parse_options_header(Headers(scope=scope).get("content-type"))
        # a client draws a new boundary each time it sends the same form
        self._boundary = options.get(b"boundary", b"") if kind == b"multipart/form-data" else b""
        self._rest = b""
        self._read: list[Message] = []
        self.fingerprint: str | None = None
        """None until the body was read to its end."""

    async def receive(self) -> Message:
        if self._read:
            return self._read.pop(0)
        message = await self._receive()
        if message["type"] == "http.request" and self.fingerprint is None:
            self._add(message.get("body", b""))
            if not message.get("more_body", False):
                self._close(self._rest)
        return message

    async def read(self) -> None:
        """Take in a body of JSON, which is one message here, and hold it for the app."""
        message = await self._receive()
        self._read.append(message)
        if message["type"] == "http.request":
            self._close(_canonical(message.get("body", b"")))

    async def finish(self) -> None:
        """Read what the app has left of a file."""
        with contextlib.suppress(LatchkeyError):
            while self.fingerprint is None:
                if (await self.receive())["type"] != "http.request":
                    return

    def _add(self, piece: bytes) -> None:
        data = self._rest + piece
        if self._boundary:
            data = data.replace(self._boundary, b"")
        keep = max(len(self._boundary) - 1, 0)
        cut = max(len(data) - keep, 0)
        self._hasher.update(data[:cut])
        self._rest = data[cut:]

    def _close(self, rest: bytes) -> None:
        self._hasher.update(rest)
        self.fingerprint = self._hasher.hexdigest()


class _Recording:
    """Passes an answer on and writes it down; `keep` is called before its end is passed on."""

    def __init__(
        self,
        send: Send,
        content: _Content,
        keep: Callable[[Stored], Awaitable[None]],
        trace_id: str,
    ) -> None:
        self._send = send
        self._trace_id = trace_id
        self._content = content
        self._keep = keep
        self._pieces: list[bytes] = []
        self._left = KEPT_BYTES
        self._headers: dict[str, str] = {}
        self.status: int | None = None
        self.ended = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
            self._headers = dict(Headers(raw=message["headers"]))
            if _carried_out(self.status, self._headers):
                await self._content.finish()
        elif message["type"] == "http.response.body":
            self._add(message.get("body", b""))
            if not message.get("more_body", False):
                self.ended = True
                await self._keep(self._stored())
        await self._send(message)

    def _add(self, piece: bytes) -> None:
        self._left -= len(piece)
        if self._left >= 0:
            self._pieces.append(piece)
        else:
            self._pieces.clear()

    def _stored(self) -> Stored:
        if self._left < 0:
            message = "The request was carried out; its answer was too long to be kept."
            return _failure(Conflict("idempotency_answer_too_long", message), self._trace_id)
        return Stored(self.status or 0, self._headers, b"".join(self._pieces))


async def _named(key: str, scope: Scope) -> Request:
    """Whose key it is. Raises Unauthenticated."""
    connection = HttpRequest(scope)
    actor = await who(connection)
    if actor is not None:
        return Request(actor.tenant_id, actor.name, key)
    # strangers have their address instead, so that a poor key tells nobody of another's answer
    origin, agent = (connection.headers.get(name, "") for name in ("origin", "user-agent"))
    return Request(PUBLIC, "\x1f".join((_place(connection, key), origin, agent)), key)


def _place(connection: HttpRequest, key: str) -> str:
    """The address of a stranger; with a poor key their connection, which nobody shares.

    A proxy has its connections in common for all: through one a poor key never counts.
    """
    host, port = connection.client or ("", 0)
    if len(key) >= STRONG:
        return host
    shared = not port or any(name in connection.headers for name in FORWARDED)
    return new_id("any") if shared else f"{host} {port}"


def _valid(keys: Sequence[str]) -> str:
    key = keys[0]
    if (
        len(keys) > 1
        or len(key) > LENGTH
        or not (key.strip() and key.isascii() and key.isprintable())
    ):
        raise InvalidInput(
            "idempotency_key_invalid",
            f"Send one Idempotency-Key of 1 to {LENGTH} printable ASCII characters.",
        )
    return key


async def _again(standing: Standing, content: _Content) -> Response:
    """The first answer. Raises Conflict while there is none, InvalidInput for other content."""
    if standing.answer is not None:
        await content.finish()
    if None not in (standing.fingerprint, content.fingerprint) and (
        standing.fingerprint != content.fingerprint
    ):
        raise reused()
    if standing.answer is None:
        raise in_flight()
    first = standing.answer
    answered = Response(first.body, first.status)
    answered.raw_headers = Headers({**first.headers, REPLAYED: "true"}).raw
    return answered


async def _keep(
    service: IdempotencyService, claim: Claim, content: _Content, answered: Stored
) -> None:
    """Keep an answer, or let the request come again; the caller gets the answer either way."""
    try:
        if content.fingerprint and _whole(answered):
            await service.keep(claim, content.fingerprint, answered)
        else:
            await service.release(claim)
    except LatchkeyError as error:
        log.warning("an answer was not kept: %s", error.code)


def _failure(error: LatchkeyError, trace_id: str) -> Stored:
    made = answer(error, trace_id)
    return Stored(made.status_code, dict(made.headers), bytes(made.body))


def _carried_out(status: int, headers: Mapping[str, str]) -> bool:
    return status not in _REFUSED and "retry-after" not in headers


def _whole(answered: Stored) -> bool:
    if not _carried_out(answered.status, answered.headers):
        return False
    if not answered.headers.get("content-type", "").startswith("text/event-stream"):
        return True
    last = answered.body.rpartition(b"event: ")[2].partition(b"\n")[0]
    return last not in _CUT_OFF


def _canonical(body: bytes) -> bytes:
    """JSON in one spelling."""
    try:
        return json.dumps(json.loads(body), sort_keys=True, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        return body


@contextlib.asynccontextmanager
async def _kept_alive(service: IdempotencyService, claim: Claim) -> AsyncIterator[None]:
    async def renew() -> None:
        held = True
        while held:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            with contextlib.suppress(LatchkeyError):
                held = await service.renew(claim)

    task = asyncio.create_task(renew())
    try:
        yield
    finally:
        task.cancel()


def document(app: FastAPI) -> None:
    """Say in the OpenAPI document of every POST that it takes the header, and what may follow."""
    made = app.openapi

    def documented() -> dict[str, Any]:
        spec = made()
        for path in spec["paths"].values():
            operation = path.get("post")
            if operation and _PARAMETER not in operation.setdefault("parameters", []):
                operation["parameters"].append(_PARAMETER)
                conflict = {**problems(409)[409], "content": _PROBLEM}
                conflict.pop("model")
                operation["responses"].setdefault("409", conflict)
        return spec

    app.openapi = documented  # type: ignore[method-assign]  # as FastAPI's own guide does
