"""Posts a body to a target and says what came of it; follows nothing, reads little."""

import asyncio
import contextlib
import ssl
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit

from agent.kit.clock import Clock
from agent.webhooks.targets import Targets

SECONDS = 15.0
"""For the whole of it: resolving, connecting, sending and the head of the answer."""
CONNECT_SECONDS = 5.0
LARGEST_HEAD = 64 * 1024
LARGEST_ANSWER = 1024 * 1024
READ_SECONDS = 2.0
IDLE_SECONDS = 15.0
IDLE_AT_MOST = 32
"""Connections kept for one origin."""


class Away(Exception):
    """There was no connection; nothing was sent."""


class Broken(Exception):
    """What came back is no HTTP answer; the body may have arrived."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    retry_after: int | None = None
    """Seconds, where the receiver said when to come back."""


@dataclass(slots=True)
class _Line:
    """An open connection to a checked address."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    idle_since: float = 0.0

    def end(self) -> None:
        self.writer.transport.abort()


class Sender:
    """HTTP/1.1, just enough to post: a connection goes only to an address that was checked."""

    def __init__(
        self, targets: Targets, clock: Clock, *, seconds: float = SECONDS, verify: str | None = None
    ) -> None:
        """`verify` names a file of certificates to trust beside the usual ones."""
        self._targets = targets
        self._clock = clock
        self._seconds = seconds
        self._verify = verify
        self._tls: ssl.SSLContext | None = None
        self._idle: dict[tuple[str, str, int], list[_Line]] = defaultdict(list)
        self._pruning: asyncio.TimerHandle | None = None

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Raises Blocked, Away, Broken, or TimeoutError when the answer takes too long."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        origin = parts.scheme, host, port
        request = _request(parts, headers, body)
        async with asyncio.timeout(self._seconds):
            line, head = await self._asked(origin, request)
        kept = False
        try:
            answer = Answer(_status(head), self._wait(head))
            # what follows the head changes nothing; read, it saves the connection
            kept = await _drained(line.reader, head)
        finally:
            if kept:
                self._keep(origin, line)
            else:
                line.end()
        return answer

    async def close(self) -> None:
        for lines in self._idle.values():
            for line in lines:
                line.end()
        self._idle.clear()
        if self._pruning is not None:
            self._pruning.cancel()
        # what was aborted closes when the loop comes round
        await asyncio.sleep(0)

    async def _asked(
        self, origin: tuple[str, str, int], request: bytes
    ) -> tuple[_Line, list[bytes]]:
        """The connection and the head of the answer, as lines."""
        line = self._kept(origin)
        if line is not None:
            with contextlib.suppress(Broken):
                return line, await _exchanged(line, request)
            # it was closed while it rested
        line = await self._connected(origin)
        return line, await _exchanged(line, request)

    async def _connected(self, origin: tuple[str, str, int]) -> _Line:
        scheme, host, port = origin
        try:
            addresses = await self._targets.addresses(host, port)
        except (OSError, TimeoutError) as error:
            raise Away("the name cannot be resolved") from error
        tls = self._context() if scheme == "https" else None
        for address in addresses:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(CONNECT_SECONDS):
                    reader, writer = await asyncio.open_connection(
                        address,
                        port,
                        limit=LARGEST_HEAD,
                        ssl=tls,
                        server_hostname=host if tls else None,
                    )
                return _Line(reader, writer)
        raise Away("no address of it answers")

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
            if self._verify is not None:
                self._tls.load_verify_locations(self._verify)
        return self._tls

    def _kept(self, origin: tuple[str, str, int]) -> _Line | None:
        lines = self._idle[origin]
        while lines:
            line = lines.pop()
            fresh = time.monotonic() - line.idle_since < IDLE_SECONDS
            if fresh and not line.reader.at_eof() and not line.writer.transport.is_closing():
                return line
            line.end()
        del self._idle[origin]
        return None

    def _keep(self, origin: tuple[str, str, int], line: _Line) -> None:
        lines = self._idle[origin]
        if len(lines) >= IDLE_AT_MOST:
            line.end()
            return
        line.idle_since = time.monotonic()
        lines.append(line)
        if self._pruning is None:
            self._pruning = _later(self._prune)

    def _prune(self) -> None:
        """End what has rested for long, whether or not its origin is ever posted to again."""
        oldest = time.monotonic() - IDLE_SECONDS
        for origin, lines in list(self._idle.items()):
            for line in lines:
                if line.idle_since <= oldest:
                    line.end()
            self._idle[origin] = [line for line in lines if line.idle_since > oldest]
            if not self._idle[origin]:
                del self._idle[origin]
        self._pruning = _later(self._prune) if self._idle else None

    def _wait(self, head: list[bytes]) -> int | None:
        value = _field(head, b"retry-after")
        return _seconds(value.decode("latin-1"), self._clock.now()) if value else None


def _later(work: Callable[[], None]) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(IDLE_SECONDS, work)


async def _exchanged(line: _Line, request: bytes) -> list[bytes]:
    """Send, and read the head of the answer; ends the connection when that fails."""
    try:
        line.writer.write(request)
        await line.writer.drain()
        while True:
            head = (await line.reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
            if not 100 <= _status(head) < 200:
                return head
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        line.end()
        raise Broken("no answer") from error
    except BaseException:
        line.end()
        raise


async def _drained(reader: asyncio.StreamReader, head: list[bytes]) -> bool:
    """Whether the connection can be used again: its answer is short, whole and plainly framed."""
    length = _field(head, b"content-length") or (b"0" if _status(head) == 204 else b"")
    if not length.isdigit() or _field(head, b"transfer-encoding"):
        return False
    if b"close" in (_field(head, b"connection") or b"").lower() or not head[0].startswith(
        b"HTTP/1.1"
    ):
        return False
    size = int(length[:10])
    if size > LARGEST_ANSWER:
        return False
    try:
        async with asyncio.timeout(READ_SECONDS):
            await reader.readexactly(size)
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return False
    return True


def _request(parts: SplitResult, headers: Mapping[str, str], body: bytes) -> bytes:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    fields = {"host": parts.netloc, **headers, "content-length": str(len(body))}
    lines = [f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def _status(head: list[bytes]) -> int:
    """Raises Broken for what is no status line."""
    version, _, rest = head[0].partition(b" ")
    status = rest[:3]
    if not version.startswith(b"HTTP/1.") or not status.isdigit() or rest[3:4] not in (b"", b" "):
        raise Broken("no status line")
    return int(status)


def _field(head: list[bytes], name: bytes) -> bytes | None:
    for line in head[1:]:
        found, _, value = line.partition(b":")
        if found.lower() == name:
            return value.strip()
    return None


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
