"""The mongod process of a data directory: whether it runs, its start and its end.

Every function here is called while holding `files.turn`.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from agent.errors import LatchkeyError, Misconfigured, StorageFull, Unavailable
from agent.mongo import binary
from agent.mongo.datadir import HOST, Files, is_free
from agent.mongo.lease import is_held

REPLICA_SET = "rs0"
_START_SECONDS = 120
_STOP_SECONDS = 30
_TRANSACTION_SECONDS = 10
_ADDRESS_IN_USE = 48


def running(files: Files) -> bool:
    """Whether a mongod holds the database, told by its lock: ids are reused, files are left."""
    return is_held(files.held)


def start(files: Files, mongod: Path) -> None:
    """Start mongod and return once it listens."""
    files.require_space()
    files.provide_key()
    if files.log.exists():
        files.log.replace(files.log.with_suffix(".log.1"))
    ran = _run(files, mongod)
    if ran.returncode == _ADDRESS_IN_USE:
        raise Unavailable(
            "database_port_taken",
            f"Another program listens on {HOST}:{files.port_number()}; end it and try again.",
            retry_after=2,
        )
    if ran.returncode:
        raise _why(files, mongod, ran.stdout)


def stop(files: Files) -> None:
    """End mongod cleanly, by force after 30 s; return once its lock and its port are free."""
    if not running(files):
        return
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if running(files):
            _signal(files, sign)
            _wait(lambda: not running(files), seconds=_STOP_SECONDS)
    _wait(lambda: is_free(files.port_number()), seconds=_STOP_SECONDS)


def cause_of_death(files: Files) -> StorageFull | None:
    """Why the last mongod gave up, where a restart alone cannot help."""
    known = files.explain(" ".join(_complaints(files.log)))
    return known if isinstance(known, StorageFull) else None


def _run(files: Files, mongod: Path) -> "subprocess.CompletedProcess[str]":
    command = [
        str(mongod), "--fork", "--logpath", str(files.log), "--logappend", "--quiet",
        "--bind_ip", HOST, "--port", str(files.port_number()), "--nounixsocket",
        "--dbpath", str(files.db),
        "--replSet", REPLICA_SET, "--keyFile", str(files.key), "--oplogSize", "64",
        "--wiredTigerCacheSizeGB", "0.25",
        "--wiredTigerEngineConfigString", "log=(file_max=8MB,prealloc=false)",
        # A slow-query line quotes the query, and a query may quote a person.
        "--slowms", "1000000",
        # What a killed process had open keeps its documents from all others until then; each of
        # our transactions takes a moment.
        "--setParameter", f"transactionLifetimeLimitSeconds={_TRANSACTION_SECONDS}",
        "--setParameter", "enableLocalhostAuthBypass=false",
        "--setParameter", "diagnosticDataCollectionEnabled=false",
    ]  # fmt: skip
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_START_SECONDS,
            check=False,
            # Python ignores the signal of a file-size limit; so must mongod, to be able to say why.
            restore_signals=False,
        )
    except OSError as error:
        raise binary.unusable(mongod, str(error)) from None
    except subprocess.TimeoutExpired:
        raise Unavailable(
            "database_start_timeout",
            f"mongod did not start in {_START_SECONDS} s; see {str(files.log)!r}.",
            retry_after=5,
        ) from None


def _why(files: Files, mongod: Path, output: str) -> LatchkeyError:
    said = list(_complaints(files.log))
    if known := files.explain(" ".join([output, *said])):
        return known
    if said:
        return Misconfigured(
            "mongod_failed", f"mongod did not start: {said[-1][:300]}; see {str(files.log)!r}."
        )
    if not files.log.exists():
        return binary.unusable(mongod, output)
    return Unavailable(
        "database_start_failed",
        f"mongod ended while it started; see {str(files.log)!r}.",
        retry_after=2,
    )


def _complaints(log: Path) -> Iterator[str]:
    if not log.exists():
        return
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if entry.get("s") in ("E", "F"):
            yield f"{entry.get('msg')} {json.dumps(entry.get('attr', {}))}"


def _signal(files: Files, sign: signal.Signals) -> None:
    try:
        os.kill(int(files.held.read_text(encoding="ascii")), sign)
    except (ValueError, ProcessLookupError):
        return


def _wait(until: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not until() and time.monotonic() < deadline:
        time.sleep(0.01)
