"""Who uses a data directory: file locks, which the kernel takes back when a process dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.errors import Unavailable


class Lock:
    """An advisory lock on one file; let go by `release` or by the death of the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def share(self) -> None:
        """Hold it together with others; waits while someone holds it alone."""
        fcntl.flock(self._open(), fcntl.LOCK_SH)

    def seize(self) -> bool:
        """Hold it alone; False while anyone holds it."""
        try:
            fcntl.flock(self._open(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            return False
        return True

    def wait(self) -> None:
        """Sleep until nobody holds it."""
        fcntl.flock(self._open(), fcntl.LOCK_EX)
        self.release()

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _open(self) -> int:
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._file


def is_held(path: Path) -> bool:
    """Whether some process holds a lock on the file at `path`."""
    if not path.exists():
        return False
    lock = Lock(path)
    if not lock.seize():
        return True
    lock.release()
    return False


@contextmanager
def alone(path: Path, *, timeout: float = 60) -> Iterator[None]:
    """Hold the lock at `path` alone, after at most `timeout` seconds; else Unavailable."""
    lock = Lock(path)
    deadline = time.monotonic() + timeout
    while not lock.seize():
        if time.monotonic() > deadline:
            raise Unavailable(
                "database_locked",
                f"Another process has held {str(path)!r} for {timeout:.0f} s; stop it and retry.",
                retry_after=2,
            )
        time.sleep(0.02)
    try:
        yield
    finally:
        lock.release()
