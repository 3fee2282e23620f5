"""When to leave a model alone, and when to ask whether it is back."""

from collections import deque
from collections.abc import Callable

FAILURES = 5
WINDOW_SECONDS = 30.0
OPEN_SECONDS = 30.0


class Breaker:
    """FAILURES within the window open it; after OPEN_SECONDS one probe decides.

    Each admitted call ends with exactly one of `succeeded`, `failed` and `abandoned`.
    `now` is in seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._failures: deque[float] = deque()
        self._opened: float | None = None
        self._probing = False

    def admit(self) -> bool:
        """Whether a call may go out now."""
        if self._opened is None:
            return True
        if self._probing or self.wait() > 0:
            return False
        self._probing = True
        return True

    def wait(self) -> float:
        """Seconds until a probe may go out; 0 when closed."""
        if self._opened is None:
            return 0.0
        passed = self._now() - self._opened
        # a clock that was set back must not keep it open
        return max(0.0, OPEN_SECONDS - passed) if passed >= 0 else 0.0

    def succeeded(self) -> None:
        if self._probing:
            self._opened = None
            self._probing = False
            self._failures.clear()

    def failed(self, weight: int = 1) -> None:
        """`weight`: how many failures this one stands for."""
        now = self._now()
        if self._opened is not None:
            if self._probing:
                self._opened = now
                self._probing = False
            return
        self._failures.extend([now] * weight)
        while self._failures and not 0 <= now - self._failures[0] <= WINDOW_SECONDS:
            self._failures.popleft()
        if len(self._failures) >= FAILURES:
            self._opened = now

    def abandoned(self) -> None:
        """The caller went away; nothing is known of the model."""
        self._probing = False
