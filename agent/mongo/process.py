"""The mongod process of one data directory: its files, its port, its start and its end."""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.errors import LatchkeyError, Misconfigured, StorageFull, Unavailable
from agent.mongo import binary
from agent.mongo.lease import is_held

REPLICA_SET = "rs0"
_HOST = "127.0.0.1"
# Below every system's ephemeral ports: no outgoing connection can take ours during a restart.
_PORTS = range(20_000, 30_000)
_LEAST_FREE_BYTES = 48 * 2**20
_START_SECONDS = 120
_STOP_SECONDS = 30
_ADDRESS_IN_USE = 48
_FULL = ("No space left on device", "File too large", "Disk quota exceeded", "OutOfDiskSpace")
_FORBIDDEN = ("Permission denied", "Read-only file system", "Operation not permitted")


class Files:
    """Where the parts of an embedded database lie, all under `<data_dir>/mongo`, mode 0700."""

    def __init__(self, data_dir: Path) -> None:
        self.home = data_dir.absolute() / "mongo"
        self.db = self.home / "db"
        self.log = self.home / "mongod.log"
        self.key = self.home / "key"
        self.port = self.home / "port"
        self.turn = self.home / "turn.lock"
        """Held for a moment by whoever starts, joins, leaves or stops."""
        self.lease = self.home / "lease.lock"
        """Shared by every process that uses the database."""
        self.watchdog = self.home / "watchdog.lock"

    def port_number(self) -> int:
        said = self.port.read_text(encoding="ascii").strip()
        return int(said) if said.isdecimal() else 0

    def prepare(self) -> None:
        """Make the directories that are missing."""
        if not self.home.parent.exists():
            self.home.parent.mkdir(parents=True)
            self.home.parent.chmod(0o700)
        self.db.mkdir(parents=True, exist_ok=True)
        self.home.chmod(0o700)


def running(files: Files) -> bool:
    """Whether a mongod holds the database; asked only while holding `files.turn`.

    mongod keeps a kernel lock on this file for life, so neither a stale file nor a reused
    process id misleads.
    """
    return is_held(files.db / "mongod.lock")


def settle_port(files: Files) -> None:
    """Record the port for the next start: the last one if it is free, else another.

    Only for the first user of a directory: others have built their clients on the last one.
    """
    if files.port.exists() and _is_free(files.port_number()):
        return
    port = next(filter(_is_free, random.sample(_PORTS, len(_PORTS))), None)
    if port is None:
        raise Unavailable("database_port_taken", "No free port on 127.0.0.1; try again.")
    files.port.write_text(str(port), encoding="ascii")


def start(files: Files, mongod: Path) -> None:
    """Start mongod and return once it listens; asked only while holding `files.turn`."""
    free = shutil.disk_usage(files.home).free
    if free < _LEAST_FREE_BYTES:
        raise _full(files.home, f"{free // 2**20} MB free")
    _provide_key(files.key)
    if files.log.exists():
        files.log.replace(files.log.with_suffix(".log.1"))
    ran = _run(files, mongod)
    if ran.returncode == _ADDRESS_IN_USE:
        raise Unavailable(
            "database_port_taken",
            f"Another program listens on 127.0.0.1:{files.port_number()}; end it and try again.",
            retry_after=2,
        )
    if ran.returncode:
        raise _why(files, mongod, ran.stdout)


def stop(files: Files) -> None:
    """End mongod cleanly, by force after 30 s; asked only while holding `files.turn`."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if not running(files):
            return
        _signal(files, sign)
        deadline = time.monotonic() + _STOP_SECONDS
        while running(files) and time.monotonic() < deadline:
            time.sleep(0.01)


def cause_of_death(files: Files) -> LatchkeyError | None:
    """Why the last mongod gave up, where a restart alone cannot help: StorageFull or None."""
    if any(sign in said for said in _complaints(files.log) for sign in _FULL):
        return _full(files.home.parent, "no space left")
    return None


@contextmanager
def writing(files: Files) -> Iterator[None]:
    """Say what to do about a directory that cannot be written: Misconfigured or StorageFull."""
    try:
        yield
    except OSError as error:
        raise _unwritable(files, str(error)) from None


def _unwritable(files: Files, said: str) -> LatchkeyError:
    data_dir = files.home.parent
    if any(sign in said for sign in _FULL):
        return _full(data_dir, "no space left")
    return Misconfigured(
        "data_dir_unusable",
        f"LATCHKEY_DATA_DIR {str(data_dir)!r} cannot be used ({said}); name a writable directory.",
    )


def _run(files: Files, mongod: Path) -> "subprocess.CompletedProcess[str]":
    command = [
        str(mongod), "--fork", "--logpath", str(files.log), "--logappend", "--quiet",
        "--bind_ip", _HOST, "--port", str(files.port_number()), "--nounixsocket",
        "--dbpath", str(files.db),
        "--replSet", REPLICA_SET, "--keyFile", str(files.key), "--oplogSize", "64",
        "--wiredTigerCacheSizeGB", "0.25",
        "--wiredTigerEngineConfigString", "log=(file_max=8MB,prealloc=false)",
        # A slow-query line quotes the query, and a query may quote a person.
        "--slowms", "1000000",
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
    everything = " ".join([output, *said])
    if any(sign in everything for sign in (*_FULL, *_FORBIDDEN)):
        return _unwritable(files, next(s for s in (*_FULL, *_FORBIDDEN) if s in everything))
    if not said:
        return binary.unusable(mongod, output)
    return Misconfigured(
        "mongod_failed", f"mongod did not start: {said[-1][:300]}; see {str(files.log)!r}."
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


def _is_free(port: int) -> bool:
    if port not in _PORTS:
        return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            return False
    return True


def _provide_key(path: Path) -> None:
    if path.exists():
        return
    draft = path.with_suffix(".new")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "wb") as out:
        out.write(b64encode(os.urandom(96)))
    draft.replace(path)


def _signal(files: Files, sign: signal.Signals) -> None:
    try:
        os.kill(int((files.db / "mongod.lock").read_text(encoding="ascii")), sign)
    except (ValueError, ProcessLookupError):
        return


def _full(where: Path, why: str) -> StorageFull:
    return StorageFull(
        "storage_full",
        f"The disk under {str(where)!r} is full ({why}); free some space and try again.",
        retry_after=10,
    )
