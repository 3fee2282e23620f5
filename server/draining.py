"""The end of a process: announced once, and everything that runs shares the time that is left."""

import asyncio
import time

STOP_SECONDS = 16.0
"""How long all that runs may take to finish once the process stops; closing up comes after."""
MOMENT_SECONDS = 1.0


class Draining(asyncio.Event):
    """Set when the process is about to stop; the time it has counts from then."""

    def __init__(self, seconds: float = STOP_SECONDS) -> None:
        super().__init__()
        self._seconds = seconds
        self._until: float | None = None

    def set(self) -> None:
        if self._until is None:
            self._until = time.monotonic() + self._seconds
        super().set()

    @property
    def left(self) -> float:
        """Seconds for whatever still runs; a moment at least."""
        if self._until is None:
            return self._seconds
        return max(MOMENT_SECONDS, self._until - time.monotonic())
