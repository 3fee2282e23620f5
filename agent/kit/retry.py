"""When to try again."""

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

JITTER = 0.1


class Retry(Protocol):
    @property
    def attempts(self) -> int:
        """How often to try at most."""
        ...

    @property
    def longest(self) -> timedelta:
        """What a provider may ask for at most."""
        ...

    def pause(self, attempt: int, rng: random.Random) -> timedelta:
        """How long to wait after the failed `attempt`, counted from 1."""
        ...


@dataclass(frozen=True, slots=True)
class Backoff:
    """Doubling pauses with full jitter, so that what failed together does not return together."""

    first: timedelta
    longest: timedelta
    attempts: int

    def pause(self, attempt: int, rng: random.Random) -> timedelta:
        return min(self.longest, self.first * (1 << (attempt - 1))) * rng.random()


@dataclass(frozen=True, slots=True)
class Timetable:
    """Fixed pauses, each a tenth shorter or longer by chance."""

    pauses: tuple[timedelta, ...]

    @property
    def attempts(self) -> int:
        return len(self.pauses) + 1

    @property
    def longest(self) -> timedelta:
        return max(self.pauses)

    def pause(self, attempt: int, rng: random.Random) -> timedelta:
        return self.pauses[attempt - 1] * (1 + JITTER * rng.uniform(-1, 1))


SOON = Backoff(first=timedelta(seconds=1), longest=timedelta(minutes=5), attempts=10)
WEBHOOKS = Timetable(
    (
        timedelta(seconds=5),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=5),
        timedelta(hours=10),
        timedelta(hours=14),
        timedelta(hours=20),
        timedelta(hours=24),
    )
)
"""The schedule of Standard Webhooks: ten attempts over three days."""
