"""A client that costs little beside the server it measures: HTTP/1.1 on one kept connection."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit


@dataclass(slots=True)
class Wire:
    """One connection; one request at a time. An answer that is none raises ConnectionError."""

    url: str
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = field(
        default=None, init=False
    )

    async def post(self, path: str, body: Any, token: str = "") -> tuple[int, Any]:
        """(status, JSON)."""
        status, _, answer = await self.post_for_all(path, body, token)
        return status, answer

    async def post_for_all(
        self, path: str, body: Any, token: str = ""
    ) -> tuple[int, Mapping[str, str], Any]:
        """(status, headers in lower case, JSON)."""
        sent = json.dumps(body).encode()
        reader, _ = await self._ask("POST", path, token, sent)
        return await _answer(reader)

    async def get(self, path: str, token: str = "") -> tuple[int, Any]:
        reader, _ = await self._ask("GET", path, token)
        status, _, answer = await _answer(reader)
        return status, answer

    async def listen(self, path: str, token: str = "") -> None:
        """Begin a stream: return once it is answered."""
        reader, _ = await self._ask("GET", path, token)
        status, _ = await _head(reader)
        if status != 200:
            raise ConnectionError(f"a stream was answered with {status}")

    async def events(self) -> AsyncIterator[bytes]:
        """The `data:` lines of a stream that has begun, until it ends."""
        assert self._streams
        while line := await self._streams[0].readline():
            if line.startswith(b"data:"):
                yield line[5:]

    async def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _ask(
        self, method: str, path: str, token: str, body: bytes = b""
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        place = urlsplit(self.url)
        if self._streams is None:
            assert place.hostname
            self._streams = await asyncio.open_connection(place.hostname, place.port)
        reader, writer = self._streams
        lines = [f"{method} {path} HTTP/1.1", f"Host: {place.netloc}"]
        if body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        if token:
            lines.append(f"Authorization: Bearer {token}")
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()
        return reader, writer


async def _answer(reader: asyncio.StreamReader) -> tuple[int, Mapping[str, str], Any]:
    status, headers = await _head(reader)
    body = await reader.readexactly(int(headers["content-length"]))
    return status, headers, json.loads(body) if body else None


async def _head(reader: asyncio.StreamReader) -> tuple[int, Mapping[str, str]]:
    first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    named = (line.partition(":") for line in rest if line)
    return int(first.split(" ")[1]), {name.lower(): value.strip() for name, _, value in named}
