"""A receiver of webhooks in a process of its own: takes, fails or hangs as it is told.

`python -m evals.receiver [--errors 0.3] [--hangs 0.1] [--log FILE]` prints its port. The log has a
line for every delivery it took: the webhook-id.
"""

import argparse
import asyncio
import contextlib
import os
import random
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

_ANSWERS = {
    status: f"HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n".encode()
    for status in (200, 500, 502, 503, 504)
}
_BROKEN = (500, 502, 503, 504)
_HANG_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Manners:
    """How it behaves: shares of the requests."""

    errors: float = 0.0
    hangs: float = 0.0
    taken_anyway: float = 0.5
    """Of those that fail or hang: how many took the delivery all the same."""


class _Connection(asyncio.Protocol):
    def __init__(self, manners: Manners, log: int | None, chance: random.Random) -> None:
        self._manners = manners
        self._log = log
        self._chance = chance
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            fields = dict(
                (name.lower(), value.strip())
                for name, _, value in (line.partition(b":") for line in head.split(b"\r\n")[1:])
            )
            length = int(fields.get(b"content-length", b"0"))
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            self._answer(fields.get(b"webhook-id", b"?"))

    def _answer(self, message_id: bytes) -> None:
        assert self._transport is not None
        drawn, manners = self._chance.random(), self._manners
        fails, hangs = drawn < manners.errors, drawn < manners.errors + manners.hangs
        if not (fails or hangs) or self._chance.random() < manners.taken_anyway:
            self._take(message_id)
        if fails:
            self._transport.write(_ANSWERS[self._chance.choice(_BROKEN)])
        elif hangs:
            asyncio.get_running_loop().call_later(_HANG_SECONDS, self._transport.close)
        else:
            self._transport.write(_ANSWERS[200])

    def _take(self, message_id: bytes) -> None:
        if self._log is not None:
            os.write(self._log, message_id + b"\n")


@contextlib.asynccontextmanager
async def receiver(
    manners: Manners | None = None, *, log: Path | None = None
) -> AsyncIterator[int]:
    """A receiver beside this process; its port on 127.0.0.1."""
    manners = manners or Manners()
    command = ["--errors", str(manners.errors), "--hangs", str(manners.hangs)]
    if log is not None:
        command += ["--log", str(log)]
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "evals.receiver",
        *command,
        cwd=Path(__file__).parents[1],
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert child.stdout is not None
        yield int(await child.stdout.readline())
    finally:
        child.kill()
        await child.wait()


async def _serve(manners: Manners, log: int | None, seed: int) -> None:
    chance = random.Random(seed)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(manners, log, chance), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m evals.receiver", description=__doc__)
    parser.add_argument("--errors", type=float, default=0.0)
    parser.add_argument("--hangs", type=float, default=0.0)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    log = os.open(args.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if args.log else None
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(Manners(args.errors, args.hangs), log, args.seed))


if __name__ == "__main__":
    main()
