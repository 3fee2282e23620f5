"""The database of a data directory: a real mongod that lives as long as someone uses it.

It belongs to the directory, not to the process that started it. Every process holds a lease; the
last one out stops mongod; a lease ends with its process, however that dies, and the watchdog then
stops a mongod nobody uses. Every holder watches mongod and, should it die, one of them restarts it.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agent.errors import LatchkeyError, Unavailable
from agent.mongo import binary, process, replica, watchdog
from agent.mongo.lease import Lock, alone
from agent.mongo.process import Files, trouble

_log = logging.getLogger(__name__)
_RETRY_SECONDS = 0.5


@dataclass
class Endpoint:
    """A running database."""

    uri: str = field(repr=False)
    trouble: LatchkeyError | None = None
    """Why it cannot be brought back at the moment."""

    def fault(self) -> LatchkeyError | None:
        return self.trouble


@asynccontextmanager
async def open(data_dir: Path, mongod: Path | None = None) -> AsyncIterator[Endpoint]:
    """Join the database of `data_dir`, starting mongod where none runs; leave it at the end.

    Raises Misconfigured, StorageFull or Unavailable.
    """
    files = Files(data_dir)
    lease = Lock(files.lease)
    endpoint = Endpoint(await asyncio.to_thread(_join, files, lease, binary.find(mongod)))
    keeper = asyncio.create_task(_keep(files, mongod, endpoint), name="mongod-keeper")
    try:
        yield endpoint
    finally:
        keeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeper
        await asyncio.to_thread(_leave, files, lease)


def _join(files: Files, lease: Lock, mongod: Path) -> str:
    files.prepare()
    with alone(files.turn):
        if not lease.share():
            raise Unavailable("database_locked", "The database is being stopped; try again.")
        try:
            _serve(files, mongod)
        except BaseException:
            lease.release()
            raise
        return replica.uri(files)


def _serve(files: Files, mongod: Path) -> None:
    try:
        if not process.running(files):
            process.start(files, mongod)
        watchdog.set_out(files)
        replica.make_ready(files)
    except OSError as error:
        raise trouble(str(error), files.home.parent) from None


def _leave(files: Files, lease: Lock) -> None:
    lease.release()
    watchdog.stop_if_unused(files)


async def _keep(files: Files, mongod: Path | None, endpoint: Endpoint) -> None:
    while True:
        await _until_gone(int(files.port.read_text(encoding="ascii")))
        try:
            await asyncio.to_thread(_revive, files, binary.find(mongod))
            endpoint.trouble = None
        except LatchkeyError as error:
            if endpoint.trouble is None:
                _log.error("mongod is down: %s", error.message)
            endpoint.trouble = error
            await asyncio.sleep(_RETRY_SECONDS)


def _revive(files: Files, mongod: Path) -> None:
    with alone(files.turn):
        if not process.running(files):
            _log.warning("mongod has stopped; restarting it")
        _serve(files, mongod)


async def _until_gone(port: int) -> None:
    """Return when mongod hangs up on an idle connection, which its death does at once."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return
    try:
        await reader.read()
    except OSError:
        return
    finally:
        writer.close()
