"""A reply that is still being written, told sentence by sentence."""

import re
from collections.abc import Callable

from agent.ai.chat import FieldReader

_ENDS = re.compile(r"(?<=[.!?])\s+|\n+")


class Spoken:
    """Takes pieces of a model's JSON; tells whole sentences of its reply while `passes` lets it.

    `passes` sees the reply so far, `tell` only what is new. The last sentence is never told: it
    comes with the finished answer.
    """

    def __init__(self, passes: Callable[[str], bool], tell: Callable[[str], None]) -> None:
        self._passes = passes
        self._tell = tell
        self._reply = FieldReader("reply")
        self._text = ""
        self._told = 0
        self._silent = False

    def hear(self, piece: str) -> None:
        """The next piece of the answer."""
        if self._silent:
            return
        self._text = (self._text + self._reply.feed(piece)).lstrip()
        ends = [end.end() for end in _ENDS.finditer(self._text, self._told)]
        complete = max((end for end in ends if end < len(self._text)), default=0)
        if complete <= self._told:
            return
        if not self._passes(self._text[:complete]):
            self._silent = True
            return
        self._tell(self._text[self._told : complete])
        self._told = complete
