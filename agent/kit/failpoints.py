"""Named places where a fault test makes the process die, to prove that nothing is lost there."""

import os
from collections import Counter

EXIT_CODE = 137


class Failpoints:
    """Exits the process at the `nth` pass of the armed point (`name` or `name:nth`)."""

    def __init__(self, armed: str | None = None) -> None:
        name, _, nth = (armed or "").partition(":")
        self._name = name
        self._nth = int(nth or 1)
        self._passes: Counter[str] = Counter()

    def reach(self, name: str) -> None:
        if name != self._name:
            return
        self._passes[name] += 1
        if self._passes[name] == self._nth:
            os._exit(EXIT_CODE)
