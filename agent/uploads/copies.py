"""Copies of uploads on the local disk, as long as somebody reads them and never longer."""

import contextlib
import shutil
import tempfile
from pathlib import Path

from agent.mongo.lease import Lock, alone

_TURN = "turn.lock"
_HELD = "held.lock"
"""Locked by the process that reads the copy beside it, for as long as it lives."""


class Copy:
    """A place for one file that only its owner may read."""

    def __init__(self, home: Path, name: str) -> None:
        """Makes an empty file `name` in a folder of its own under `home`."""
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with alone(home / _TURN):
            self._folder = Path(tempfile.mkdtemp(dir=home))
            self._lock = Lock(self._folder / _HELD)
            self._lock.seize()
        self.path = self._folder / name
        self.path.touch(mode=0o600)

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._lock.release()


def sweep(home: Path) -> None:
    """Remove the copies of processes that were killed."""
    if not home.exists():
        return
    with alone(home / _TURN):
        for folder in home.iterdir():
            if folder.is_dir():
                _remove_unheld(folder)


def _remove_unheld(folder: Path) -> None:
    lock = Lock(folder / _HELD)
    # its reader may be removing it just now
    with contextlib.suppress(FileNotFoundError):
        if lock.seize():
            shutil.rmtree(folder, ignore_errors=True)
            lock.release()
