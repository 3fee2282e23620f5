"""Ends the mongod of a data directory whose last user died without leaving.

Run as `python -m agent.mongo.watchdog DATA_DIR`, detached from whoever started mongod: it waits,
asleep in the kernel, until no process holds a lease.
"""

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

import agent
from agent.errors import Unavailable
from agent.mongo import process
from agent.mongo.datadir import Files
from agent.mongo.lease import Lock, alone, is_held


def set_out(files: Files) -> None:
    """Start a watchdog for this directory unless one is there."""
    if is_held(files.watchdog):
        return
    source = str(Path(str(agent.__file__)).parents[1])
    path = os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH")]))
    null = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in range(3)]
    os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "agent.mongo.watchdog", str(files.data_dir)],
        {**os.environ, "PYTHONPATH": path},
        file_actions=null,
        setsid=True,
    )


def stop_if_unused(files: Files) -> bool:
    """End mongod unless a process holds a lease; whether it is stopped now."""
    with alone(files.turn):
        if not _is_unused(files.lease):
            return False
        process.stop(files)
        return True


def _is_unused(lease: Path) -> bool:
    # A watchdog that has just been woken holds the lock for a moment: look again.
    for _ in range(3):
        if not is_held(lease):
            return True
        time.sleep(0.01)
    return False


def watch(files: Files) -> None:
    post = Lock(files.watchdog)
    if not post.seize():
        return
    stopped = False
    while not stopped:
        Lock(files.lease).wait()
        with suppress(Unavailable):
            stopped = stop_if_unused(files)
    post.release()


if __name__ == "__main__":
    watch(Files(Path(sys.argv[1])))
