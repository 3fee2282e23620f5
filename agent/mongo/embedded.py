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

from agent.errors import LatchkeyError, Misconfigured, StorageFull, Unavailable
from agent.mongo import process, replica, watchdog
from agent.mongo.binary import find
from agent.mongo.datadir import HOST, Files
from agent.mongo.lease import Lock, alone, is_held

_log = logging.getLogger(__name__)
_AGAIN_SECONDS = 0.2
_RETRY_SECONDS = 1.0
# Longer than a client looks for a server: what a full disk broke fails soon and clearly, instead
# of breaking each restarted mongod again.
_RELIEF_SECONDS = 5.0


@dataclass
class Endpoint:
    """A running database."""

    uri: str = field(repr=False)
    trouble: LatchkeyError | None = None

    def fault(self) -> LatchkeyError | None:
        """What keeps it away at the moment, if that is known."""
        return self.trouble and self.trouble.with_traceback(None)


@asynccontextmanager
async def open(data_dir: Path, mongod: Path | None = None) -> AsyncIterator[Endpoint]:
    """Join the database of `data_dir`, starting mongod where none runs; leave it at the end.

    Raises Misconfigured, StorageFull or Unavailable.
    """
    binary = find(mongod)
    files = Files(data_dir)
    lease = Lock(files.lease)
    endpoint = Endpoint(await asyncio.to_thread(_join, files, lease, binary))
    keeper = asyncio.create_task(_keep(files, binary, endpoint), name="mongod-keeper")
    try:
        yield endpoint
    finally:
        keeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeper
        await asyncio.to_thread(_leave, files, lease)


def _join(files: Files, lease: Lock, mongod: Path) -> str:
    with files.writing():
        files.prepare()
        with alone(files.turn):
            if not is_held(files.lease) and not process.running(files):
                files.settle_port()
            lease.share()
            try:
                _serve(files, mongod)
            except BaseException:
                lease.release()
                raise
            return replica.uri(files)


def _serve(files: Files, mongod: Path, *, patience: float = 3.0) -> None:
    if not process.running(files):
        process.start(files, mongod)
    watchdog.set_out(files)
    replica.make_ready(files, patience=patience)


def _leave(files: Files, lease: Lock) -> None:
    lease.release()
    try:
        watchdog.stop_if_unused(files)
    except (LatchkeyError, OSError) as error:
        _log.warning("mongod is left to its watchdog: %s", error)


async def _keep(files: Files, mongod: Path, endpoint: Endpoint) -> None:
    port = files.port_number()
    while True:
        await _until_gone(port)
        endpoint.trouble = await asyncio.to_thread(process.cause_of_death, files)
        if endpoint.trouble:
            await asyncio.sleep(_RELIEF_SECONDS)
        try:
            await asyncio.to_thread(_revive, files, mongod)
            endpoint.trouble = None
        except (StorageFull, Misconfigured) as error:
            if endpoint.trouble is None or endpoint.trouble.message != error.message:
                _log.error("mongod does not start: %s", error.message)
            endpoint.trouble = error
            await asyncio.sleep(_RETRY_SECONDS)
        except Unavailable as error:
            _log.warning("mongod is not back yet: %s", error.message)
            await asyncio.sleep(_AGAIN_SECONDS)


def _revive(files: Files, mongod: Path) -> None:
    with files.writing(), alone(files.turn):
        if not process.running(files):
            _log.warning("mongod has stopped; restarting it")
        _serve(files, mongod, patience=1.0)  # the keeper tries again


async def _until_gone(port: int) -> None:
    """Return when mongod hangs up on an idle connection, which its death does at once."""
    try:
        reader, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return
    try:
        await reader.read()
    except OSError:
        return
    finally:
        writer.close()
