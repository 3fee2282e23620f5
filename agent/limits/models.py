from dataclasses import dataclass
from typing import Literal

Name = Literal[
    "address_messages_per_minute",
    "address_threads_per_hour",
    "thread_messages_per_minute",
    "key_requests_per_minute",
    "address_logins_per_minute",
    "account_logins_per_minute",
]
"""A field of `RateLimits`."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One more use of a limit by `whom`: an address, a thread, an account."""

    limit: Name
    whom: str

    @property
    def seconds(self) -> int:
        """The length of the window."""
        return 3600 if self.limit.endswith("_per_hour") else 60


@dataclass(frozen=True, slots=True)
class Allowance:
    """How a limit stands after it was asked."""

    limit: Name
    granted: bool
    amount: int
    """Uses a window."""
    remaining: int
    window_seconds: int
    reset_seconds: int
    """Until there is room for one more, at least; the whole window is free not before that."""
