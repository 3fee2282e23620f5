"""Posts a body to a target and says what came of it; follows nothing, reads little."""

import asyncio
import contextlib
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpcore

from agent.kit.clock import Clock
from agent.webhooks.targets import Targets

SECONDS = 15.0
"""For the whole of it: resolving, connecting, sending and the head of the answer."""
CONNECT_SECONDS = 5.0
LARGEST_ANSWER = 1024 * 1024
READ_SECONDS = 2.0
CONNECTIONS = 64
IDLE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    retry_after: int | None = None
    """Seconds, where the receiver said when to come back."""


class Sender:
    """One pool of connections; a connection goes only to an address that was checked."""

    def __init__(
        self, targets: Targets, clock: Clock, *, seconds: float = SECONDS, verify: str | None = None
    ) -> None:
        """`verify` names a file of certificates to trust beside the usual ones."""
        self._targets = targets
        self._clock = clock
        self._seconds = seconds
        self._verify = verify
        self._opened: httpcore.AsyncConnectionPool | None = None

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer's status. Raises Blocked, httpcore's errors, TimeoutError, OSError."""
        async with asyncio.timeout(self._seconds):
            request = self._pool().stream("POST", url, headers=list(headers.items()), content=body)
            response = await request.__aenter__()
        try:
            return Answer(response.status, self._wait(response.headers))
        finally:
            # what follows the head changes nothing; read, it saves the connection
            with contextlib.suppress(Exception):
                try:
                    async with asyncio.timeout(READ_SECONDS):
                        await _drained(response)
                finally:
                    await request.__aexit__(None, None, None)

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.aclose()
            self._opened = None

    def _pool(self) -> httpcore.AsyncConnectionPool:
        if self._opened is None:
            context = ssl.create_default_context()
            if self._verify is not None:
                context.load_verify_locations(self._verify)
            self._opened = httpcore.AsyncConnectionPool(
                ssl_context=context,
                max_connections=CONNECTIONS,
                max_keepalive_connections=CONNECTIONS,
                keepalive_expiry=IDLE_SECONDS,
                network_backend=_Guarded(self._targets),
            )
        return self._opened

    def _wait(self, headers: Iterable[tuple[bytes, bytes]]) -> int | None:
        for name, value in headers:
            if name.lower() == b"retry-after":
                return _seconds(value.decode("latin-1").strip(), self._clock.now())
        return None


class _Guarded(httpcore.AsyncNetworkBackend):
    """Resolves a name once, checks what it means, and connects to just that."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._targets.addresses(host, port)
        for address in addresses[:-1]:
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return await self._connect(address, port, socket_options)
        return await self._connect(addresses[-1], port, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise NotImplementedError

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)

    async def _connect(
        self, address: str, port: int, options: Iterable[httpcore.SOCKET_OPTION] | None
    ) -> httpcore.AsyncNetworkStream:
        return await self._inner.connect_tcp(
            address, port, timeout=CONNECT_SECONDS, socket_options=options
        )


async def _drained(response: httpcore.Response) -> None:
    size = 0
    async for chunk in response.aiter_stream():
        size += len(chunk)
        if size > LARGEST_ANSWER:
            return


def _seconds(value: str, now: datetime) -> int | None:
    """A Retry-After, as seconds or as an HTTP date; None for anything else."""
    if value.isascii() and value.isdigit():
        return int(value[:9])
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0, -((now - until) // timedelta(seconds=1)))
