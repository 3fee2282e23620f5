"""What an embedded database keeps in its data directory, and what a bad directory means."""

import os
import random
import shutil
import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from agent.errors import LatchkeyError, Misconfigured, StorageFull, Unavailable

HOST = "127.0.0.1"
# Below every system's ephemeral ports: no outgoing connection can take ours during a restart.
_PORTS = range(20_000, 30_000)
_LEAST_FREE_BYTES = 48 * 2**20
_FULL = ("No space left on device", "File too large", "Disk quota exceeded", "OutOfDiskSpace")
_FORBIDDEN = ("Permission denied", "Read-only file system", "Operation not permitted")


class Files:
    """The parts of an embedded database, all under `<data_dir>/mongo`, mode 0700."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir.absolute()
        self.home = self.data_dir / "mongo"
        self.db = self.home / "db"
        self.held = self.db / "mongod.lock"
        """Locked by a mongod for as long as it lives, and holds its process id."""
        self.log = self.home / "mongod.log"
        self.key = self.home / "key"
        self.port = self.home / "port"
        self.turn = self.home / "turn.lock"
        """Held for a moment by whoever starts, joins, leaves or stops."""
        self.lease = self.home / "lease.lock"
        """Shared by every process that uses the database."""
        self.watchdog = self.home / "watchdog.lock"

    def prepare(self) -> None:
        """Make the directories that are missing."""
        with suppress(FileExistsError):
            self.data_dir.mkdir(parents=True)
            self.data_dir.chmod(0o700)
        self.db.mkdir(parents=True, exist_ok=True)
        self.home.chmod(0o700)

    def provide_key(self) -> None:
        """Make the secret of this database, once."""
        if self.key.exists():
            return
        draft = self.key.with_suffix(".new")
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(file, "wb") as out:
            out.write(b64encode(os.urandom(96)))
        draft.replace(self.key)

    def port_number(self) -> int:
        said = self.port.read_text(encoding="ascii").strip()
        return int(said) if said.isdecimal() else 0

    def settle_port(self) -> None:
        """Record the port for the next start: the last one if it is free, else another.

        Only for the first user of a directory: others have built their clients on the last one.
        """
        if self.port.exists() and is_free(self.port_number()):
            return
        port = next(filter(is_free, random.sample(_PORTS, len(_PORTS))), None)
        if port is None:
            raise Unavailable("database_port_taken", f"No free port on {HOST}; try again.")
        self.port.write_text(str(port), encoding="ascii")

    def require_space(self) -> None:
        free = shutil.disk_usage(self.home).free
        if free < _LEAST_FREE_BYTES:
            raise self._full(f"{free // 2**20} MB free")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Turn a failed write into Misconfigured or StorageFull."""
        try:
            yield
        except OSError as error:
            raise self.explain(str(error)) or self._unusable(str(error)) from None

    def explain(self, said: str) -> LatchkeyError | None:
        """What is wrong with the directory, if that is what an error message says."""
        if any(sign in said for sign in _FULL):
            return self._full("no space left")
        sign = next((sign for sign in _FORBIDDEN if sign in said), None)
        return self._unusable(sign) if sign else None

    def _full(self, why: str) -> StorageFull:
        return StorageFull(
            "storage_full",
            f"The disk under {str(self.data_dir)!r} is full ({why}); free some space.",
            retry_after=10,
        )

    def _unusable(self, why: str) -> Misconfigured:
        return Misconfigured(
            "data_dir_unusable",
            f"LATCHKEY_DATA_DIR {str(self.data_dir)!r} cannot be used ({why}); "
            "name a writable directory.",
        )


def is_free(port: int) -> bool:
    """Whether a mongod of ours could listen there."""
    if port not in _PORTS:
        return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
