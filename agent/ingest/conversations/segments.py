"""Which rows belong to one conversation: thread ids first, then two empty rows."""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

from agent.ingest.conversations.models import Part, Refused, Turn
from agent.ingest.conversations.turns import EMPTY, Item

HELD_TURNS = 20_000
"""Turns of conversations with an id that wait for more; then the one used longest ago goes."""
LONGEST_PART = 2_000
_DIGEST = 12


@dataclass(slots=True)
class _Open:
    start: bytes
    reference: str
    serial: int
    turns: list[Turn] = field(default_factory=list)
    offset: int = 0
    said: Counter[bytes] = field(default_factory=Counter)

    def part(self, *, last: bool) -> Part:
        turns, self.turns = self.turns, []
        part = Part(self.start, self.reference, turns, self.offset, self.serial, last)
        self.offset += len(turns)
        return part


class Segments:
    """The conversations among the items of a file; memory is bounded by what waits for more.

    Counts duplicates: the same role, clean text and known time again in one conversation.
    """

    def __init__(self, key: bytes) -> None:
        """`key` makes digests of texts useless to whoever has not got it."""
        self._keyed = blake2b(digest_size=_DIGEST, key=key)
        self.threads = 0
        self.duplicates = 0
        self._block = ""
        """The id that rows without one inherit."""
        self._nameless: _Open | None = None
        self._named: OrderedDict[str, _Open] = OrderedDict()
        self._left: dict[str, tuple[bytes, int, int, bytes]] = {}
        """Named ones whose turns are gone: start, serial, offset, digests of what was said."""
        self._held = 0

    def of(self, items: Iterable[Item]) -> Iterator[Part | Refused]:
        """Parts as they are complete, and what was refused on the way."""
        empty = 0
        for item in items:
            if item is EMPTY:
                empty += 1
                if empty == 2:
                    yield from self._end_block()
                continue
            empty = 0
            if isinstance(item, Turn):
                full = self._add(item)
                if full:
                    yield self._take(full, last=False)
                while self._held > HELD_TURNS:
                    yield self._leave()
            elif isinstance(item, Refused):
                self._block = item.thread or self._block
                yield item
        yield from self._end_block()
        yield from (one.part(last=True) for one in self._named.values())
        self._named.clear()

    def _end_block(self) -> Iterator[Part]:
        self._block = ""
        if self._nameless:
            yield self._nameless.part(last=True)
        self._nameless = None

    def _add(self, turn: Turn) -> _Open | None:
        """Its conversation, where that is long enough for a part."""
        self._block = turn.thread or self._block
        digest = self._digest(turn.side, turn.text, str(turn.timestamp))
        one = self._of(self._block, digest)
        before = one.said.get(digest, 0)
        if before and turn.timestamp is not None:
            self.duplicates += 1
            return None
        one.said[digest] = before + 1
        turn.message_id = f"row:{digest.hex()}" + (f"-{before}" if before else "")
        one.turns.append(turn)
        if one.reference:
            self._held += 1
        return one if len(one.turns) >= LONGEST_PART else None

    def _of(self, reference: str, digest: bytes) -> _Open:
        """The conversation that the next turn belongs to."""
        if not reference:
            if self._nameless is None:
                self._nameless = self._begin(reference, digest)
            return self._nameless
        if reference in self._named:
            self._named.move_to_end(reference)
        elif left := self._left.pop(reference, None):
            start, serial, offset, said = left
            digests = (said[at : at + _DIGEST] for at in range(0, len(said), _DIGEST))
            self._named[reference] = _Open(start, reference, serial, [], offset, Counter(digests))
        else:
            self._named[reference] = self._begin(reference, digest)
        return self._named[reference]

    def _begin(self, reference: str, digest: bytes) -> _Open:
        self.threads += 1
        return _Open(self._digest(reference, digest.hex()), reference, self.threads)

    def _take(self, one: _Open, *, last: bool) -> Part:
        if one.reference:
            self._held -= len(one.turns)
        return one.part(last=last)

    def _leave(self) -> Part:
        reference, one = self._named.popitem(last=False)
        part = self._take(one, last=False)
        said = b"".join(one.said.elements())
        self._left[reference] = (one.start, one.serial, one.offset, said)
        return part

    def _digest(self, *parts: str) -> bytes:
        written = "\x1f".join(parts).encode("utf-8", "surrogatepass")
        digest = self._keyed.copy()
        digest.update(written)
        return digest.digest()
