"""A file that comes in with a request: counted and timed while it streams, never held whole."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from pathlib import PurePath
from typing import Any

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.errors import InvalidInput, LatchkeyError, TooLarge
from agent.privacy.pii import redact

MB = 1024 * 1024
LIMITS: Mapping[str, int] = {
    "/api/training/ingest-csv": 50 * MB,
    "/api/tickets/upload": 50 * MB,
    "/api/knowledge/import": 50 * MB,
}
"""The paths that take a file, and how large it may be; all others take JSON."""
WORKBOOK_LIMIT = 20 * MB
"""Of the files that are workbooks."""
FIELD = "file"
IDLE_SECONDS = 30.0
SECONDS = 600.0
_FORM = 64 * 1024
"""What the form around the file may take."""
_DRAIN = 20 * MB
_DRAIN_SECONDS = 10.0
_NAME, _SUFFIX = 200, 10

_Event = tuple[str, Any]


def file_form(example: str) -> dict[str, Any]:
    """What the OpenAPI document says of a route that reads a FilePart."""
    form = {
        "type": "object",
        "properties": {FIELD: {"type": "string", "format": "binary"}},
        "required": [FIELD],
        "additionalProperties": False,
        "example": {FIELD: example},
    }
    content = {"multipart/form-data": {"schema": form}}
    return {"requestBody": {"required": True, "content": content}}


class Inflow:
    """The body of an upload on its way to a route, which may stop reading it at any time."""

    def __init__(
        self,
        receive: Receive,
        limit: int,
        *,
        idle_seconds: float = IDLE_SECONDS,
        seconds: float = SECONDS,
    ) -> None:
        self._receive = receive
        self._limit = limit
        self._idle_seconds = idle_seconds
        self._ends_at = asyncio.get_running_loop().time() + seconds
        self._size = 0
        self._more = True

    async def receive(self) -> Message:
        """Raises TooLarge `upload_too_large`, InvalidInput `body_slow`."""
        left = self._ends_at - asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(min(self._idle_seconds, left)):
                message = await self._next()
        except TimeoutError:
            self._more = False
            raise InvalidInput("body_slow", "The body did not arrive in time.") from None
        if self._size > self._limit + _FORM:
            raise TooLarge("upload_too_large", f"Send a file of at most {self._limit // MB} MB.")
        return message

    async def drain(self) -> None:
        """Read on for a while, so that the sender of what is refused sees the answer."""
        end = self._size + _DRAIN
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                while self._more and self._size < end:
                    await self._next()
        except TimeoutError:
            self._more = False

    async def _next(self) -> Message:
        message = await self._receive()
        self._more = message["type"] == "http.request" and message.get("more_body", False)
        self._size += len(message.get("body", b""))
        return message


async def stream(app: ASGIApp, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
    """Let `app` read a body of `limit` bytes piece by piece."""
    inflow = Inflow(receive, limit)

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            await inflow.drain()
        await send(message)

    await app(scope, inflow.receive, answer)


class FilePart:
    """The one file of a multipart form, in the field `file`."""

    def __init__(self, name: str, events: AsyncGenerator[_Event, None]) -> None:
        self.name = name
        self._events = events

    @classmethod
    async def of(cls, request: Request) -> "FilePart":
        """Read up to the file's first byte.

        Raises InvalidInput `content_type_unsupported`, `body_malformed`, `upload_field_unknown`
        or `upload_file_missing`.
        """
        kind, options = parse_options_header(request.headers.get("content-type"))
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise InvalidInput(
                "content_type_unsupported",
                f"Send multipart/form-data with the file in the field {FIELD!r}.",
            )
        events = _events(request, boundary)
        async for event, headers in events:
            if event == "part":
                return cls(_file_name(headers), events)
        raise InvalidInput("upload_file_missing", f"Send the file in the field {FIELD!r}.")

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes of the file; ends only where the form does, or raises InvalidInput."""
        async for event, data in self._events:
            if event == "part":
                raise _unknown_field()
            yield data


def _file_name(headers: Mapping[bytes, bytes]) -> str:
    """Without personal data; the suffix stays, which says how the file is read."""
    _, options = parse_options_header(headers.get(b"content-disposition"))
    if options.get(b"name") != FIELD.encode() or b"filename" not in options:
        raise _unknown_field()
    path = PurePath(options[b"filename"].decode(errors="replace"))
    suffix = path.suffix if len(path.suffix) <= _SUFFIX else ""
    return redact(path.name.removesuffix(suffix)).text[:_NAME] + suffix


async def _events(request: Request, boundary: bytes) -> AsyncGenerator[_Event, None]:
    """("part", headers) and ("data", bytes), up to the end of the form."""
    form = _Form(boundary)
    try:
        async for piece in request.stream():
            form.feed(piece)
            while form.events:
                yield form.events.popleft()
    except ClientDisconnect:
        raise _malformed("The body ended early.") from None
    if not form.ended:
        raise _malformed("The body ended early, or is not multipart/form-data.")


class _Form:
    def __init__(self, boundary: bytes) -> None:
        self.events: deque[_Event] = deque()
        self.ended = False
        self._field = self._value = b""
        self._headers: dict[bytes, bytes] = {}
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._on_field,
                    "on_header_value": self._on_value,
                    "on_header_end": self._on_header,
                    "on_headers_finished": self._on_headers,
                    "on_part_data": self._on_data,
                    "on_end": self._on_end,
                },
            )
        except FormParserError:
            raise _malformed("The boundary is too long.") from None

    def feed(self, piece: bytes) -> None:
        try:
            self._parser.write(piece)
        except FormParserError:
            raise _malformed("The body is not multipart/form-data.") from None

    def _begin(self) -> None:
        self._headers = {}

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field = self._value = b""

    def _on_headers(self) -> None:
        self.events.append(("part", self._headers))

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self.events.append(("data", data[start:end]))

    def _on_end(self) -> None:
        self.ended = True


def _unknown_field() -> LatchkeyError:
    return InvalidInput(
        "upload_field_unknown", f"Send one file in the field {FIELD!r} and nothing else."
    )


def _malformed(what: str) -> LatchkeyError:
    return InvalidInput("body_malformed", what)
