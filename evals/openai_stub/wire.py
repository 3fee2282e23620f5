"""HTTP/1.1 on a socket, near enough to the wire to break it on purpose."""

import asyncio
import json
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import h11

from .models import Refused

LARGEST_BODY = 64 * 1024 * 1024
_TICK_SECONDS = 0.01


class Dropped(Exception):
    """The client has gone before its answer was complete."""


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        try:
            value = json.loads(self.body)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise Refused(400, "We could not parse the JSON body of your request.")
        return value

    def form(self) -> dict[str, tuple[str | None, bytes]]:
        """The parts of a multipart form: name -> (file name, content)."""
        head = f"content-type: {self.headers.get('content-type', '')}\r\n\r\n".encode()
        message = BytesParser(policy=HTTP).parsebytes(head + self.body)
        if not message.is_multipart():
            raise Refused(400, "A multipart form is needed.")
        parts = {}
        for part in message.iter_parts():
            name = part.get_param("name", header="content-disposition")
            content = part.get_payload(decode=True)
            parts[str(name)] = (
                part.get_filename(),
                content if isinstance(content, bytes) else b"",
            )
        return parts


class Channel:
    """One connection: requests come out, answers go in, whole or broken."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER)

    async def request(self) -> Request | None:
        """The next request; None when the client is done."""
        head: h11.Request | None = None
        body = bytearray()
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                if self._http.they_are_waiting_for_100_continue:
                    await self._write(h11.InformationalResponse(status_code=100, headers=[]))
                self._http.receive_data(await self._reader.read(65536))
            elif isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > LARGEST_BODY:
                    return None
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                headers = {k.decode().lower(): v.decode("latin-1") for k, v in head.headers}
                target = head.target.decode().partition("?")[0]
                return Request(head.method.decode(), target, headers, bytes(body))
            else:
                return None

    async def answer(
        self, status: int, body: bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        """A whole answer, JSON unless `headers` says otherwise."""
        length = {"content-length": str(len(body))}
        await self.start(status, {"content-type": "application/json", **(headers or {}), **length})
        await self.send(body)
        await self.end()

    async def start(self, status: int, headers: Mapping[str, str]) -> None:
        await self._write(h11.Response(status_code=status, headers=list(headers.items())))

    async def send(self, data: bytes) -> None:
        await self._write(h11.Data(data=data))

    async def end(self) -> None:
        await self._write(h11.EndOfMessage())
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()

    async def pause(self, seconds: float) -> None:
        """Keep the client waiting. Raises Dropped when it does not."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while (left := until - loop.time()) > 0:
            self._check()
            await asyncio.sleep(min(_TICK_SECONDS, left))
        self._check()

    def cut(self) -> None:
        """Close in the middle of an answer."""
        self._writer.close()

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        linger = struct.pack("ii", 1, 0)
        self._writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, linger
        )
        self._writer.transport.abort()

    async def close(self) -> None:
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            return

    async def _write(self, event: h11.Event) -> None:
        self._check()
        data = self._http.send(event)
        if data:
            self._writer.write(data)
            await self._writer.drain()

    def _check(self) -> None:
        if self._reader.at_eof() or self._writer.transport.is_closing():
            raise Dropped
