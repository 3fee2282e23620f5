"""Hashing passwords with argon2id, beside the event loop and only a few at a time."""

import asyncio
import functools
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from agent.errors import InvalidInput, TooBusy

if TYPE_CHECKING:
    from pwdlib import PasswordHash

T = TypeVar("T")
SHORTEST, LONGEST = 10, 128
AT_A_TIME = 2
WAITING = 40
"""More than these are sent away: each takes about 0.15 s and 64 MB."""


class Cost(NamedTuple):
    """How dear one hash is: rounds, KiB of memory, threads."""

    rounds: int = 3
    memory: int = 64 * 1024
    threads: int = 4


class Passwords:
    def __init__(self, cost: Cost | None = None) -> None:
        self._cost = cost or Cost()
        self._threads = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="passwords")
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Raises InvalidInput `password_length`, TooBusy `login_busy`."""
        normal = _normal(password)
        if not SHORTEST <= len(normal) <= LONGEST:
            raise InvalidInput(
                "password_length", f"Choose a password of {SHORTEST} to {LONGEST} characters."
            )
        return await self._beside(lambda: self._hasher.hash(_bytes(normal)))

    async def verify(self, password: str, known: str | None) -> tuple[bool, str | None]:
        """Whether it is the password, and its hash at today's cost where that is another.

        Without a `known` hash it takes as long and says no. Raises TooBusy `login_busy`.
        """
        given = _bytes(_normal(password))

        def compare() -> tuple[bool, str | None]:
            right, newer = self._hasher.verify_and_update(given, known or self._nobodys)
            return right and known is not None, newer

        return await self._beside(compare)

    async def _beside(self, work: Callable[[], T]) -> T:
        if self._waiting >= WAITING:
            raise TooBusy("login_busy", "Many people log in now; try again.", retry_after=5)
        self._waiting += 1
        done = asyncio.get_running_loop().run_in_executor(self._threads, work)
        # it runs to its end even if nobody waits for it any more
        done.add_done_callback(self._ended)
        return await asyncio.shield(done)

    def _ended(self, _: object) -> None:
        self._waiting -= 1

    @functools.cached_property
    def _hasher(self) -> "PasswordHash":
        # imported late: only a login needs it
        from pwdlib import PasswordHash
        from pwdlib.hashers.argon2 import Argon2Hasher

        return PasswordHash((Argon2Hasher(*self._cost),))

    @functools.cached_property
    def _nobodys(self) -> str:
        """The hash that unknown people are compared with."""
        return self._hasher.hash(b"")


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
