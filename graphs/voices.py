"""A reply while it is being written, passed on inside this process; keeps nothing."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

Key = tuple[str, str]
"""(tenant_id, thread_id)"""


@dataclass(frozen=True, slots=True)
class Piece:
    """The next words of a reply, with the blanks before them."""

    turns: frozenset[int]
    """turn_index of every message that the reply answers."""
    stage: str
    text: str


Heard = asyncio.Queue[Piece | None]


class Voices:
    """Whoever listens to a thread hears what is said in it from then on."""

    def __init__(self) -> None:
        self._listeners: dict[Key, list[Heard]] = {}

    def speak(self, key: Key, piece: Piece) -> None:
        for heard in self._listeners.get(key, ()):
            heard.put_nowait(piece)

    @contextlib.contextmanager
    def listen(self, key: Key) -> Iterator[Heard]:
        heard: Heard = asyncio.Queue()
        listeners = self._listeners.setdefault(key, [])
        listeners.append(heard)
        try:
            yield heard
        finally:
            listeners.remove(heard)
            if not listeners:
                self._listeners.pop(key, None)
