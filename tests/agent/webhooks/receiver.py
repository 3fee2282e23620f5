"""An HTTP server on loopback that answers as a test says and remembers what it got."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

from evals.openai_stub.wire import Channel, Dropped, Request

Answer = Callable[[Request, Channel], Awaitable[None]]


@dataclass
class Receiver:
    port: int
    got: list[Request] = field(default_factory=list)
    answer: Answer | None = None
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def says(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        """Answer so from now on."""

        async def answer(request: Request, channel: Channel) -> None:
            await channel.answer(status, body, headers)

        self.answer = answer

    def ids(self) -> list[str]:
        return [request.headers["webhook-id"] for request in self.got]


@contextlib.asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made.connections += 1
        channel = Channel(reader, writer)
        with contextlib.suppress(Dropped, ConnectionError):
            while (request := await channel.request()) is not None:
                made.got.append(request)
                if made.answer is None:
                    await channel.answer(200, b"{}")
                else:
                    await made.answer(request, channel)
        await channel.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    made = Receiver(server.sockets[0].getsockname()[1])
    async with server:
        yield made
