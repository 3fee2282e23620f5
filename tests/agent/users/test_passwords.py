import asyncio
import threading

import pytest

from agent.errors import InvalidInput, TooBusy
from agent.users.passwords import AT_A_TIME, LONGEST, SHORTEST, WAITING, Cost, Passwords

CHEAP = Cost(rounds=1, memory=8, threads=1)
PASSWORD = "a rather long one"


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(CHEAP)


async def test_a_hash_is_argon2id_and_salted(passwords: Passwords) -> None:
    first, second = [await passwords.hash(PASSWORD) for _ in range(2)]
    assert first.startswith("$argon2id$")
    assert first != second
    assert await passwords.verify(PASSWORD, first) == (True, None)
    assert await passwords.verify(PASSWORD + " ", first) == (False, None)


async def test_the_dear_cost_is_the_default() -> None:
    known = await Passwords().hash(PASSWORD)
    assert "m=65536,t=3,p=4" in known


async def test_a_hash_of_another_cost_is_made_anew(passwords: Passwords) -> None:
    known = await passwords.hash(PASSWORD)
    right, newer = await Passwords(CHEAP._replace(rounds=2)).verify(PASSWORD, known)
    assert right
    assert newer is not None
    assert "t=2" in newer


async def test_nobody_has_a_password(passwords: Passwords) -> None:
    for password in ("", PASSWORD):
        assert (await passwords.verify(password, None))[0] is False


async def test_two_ways_to_write_a_letter_are_one_password(passwords: Passwords) -> None:
    known = await passwords.hash("cafe\u0301 au lait")
    assert (await passwords.verify("caf\u00e9 au lait", known))[0]


@pytest.mark.parametrize("password", ["", "x" * (SHORTEST - 1), "x" * (LONGEST + 1), "é" * 9])
async def test_its_length_is_bounded(passwords: Passwords, password: str) -> None:
    with pytest.raises(InvalidInput):
        await passwords.hash(password)


async def test_half_a_surrogate_is_no_trouble(passwords: Passwords) -> None:
    known = await passwords.hash("\ud800" * SHORTEST)
    assert (await passwords.verify("\ud800" * SHORTEST, known))[0]


class Gated:
    """In the place of the hasher: counts who is inside, and holds them."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.inside = self.most = 0
        self._lock = threading.Lock()

    def hash(self, password: bytes) -> str:
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.open.wait(5)
        with self._lock:
            self.inside -= 1
        return "hash"


async def test_few_are_computed_at_a_time_and_not_too_many_wait(passwords: Passwords) -> None:
    gated = passwords.__dict__["_hasher"] = Gated()
    waiting = [asyncio.create_task(passwords.hash(PASSWORD)) for _ in range(WAITING)]
    await asyncio.sleep(0.05)
    with pytest.raises(TooBusy) as refused:
        await passwords.hash(PASSWORD)
    assert refused.value.retry_after
    # who gives up frees no thread that still computes
    for task in waiting[:10]:
        task.cancel()
    await asyncio.sleep(0)
    with pytest.raises(TooBusy):
        await passwords.hash(PASSWORD)
    gated.open.set()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert gated.most == AT_A_TIME
    assert await passwords.hash(PASSWORD) == "hash"
