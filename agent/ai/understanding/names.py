"""Finds the names of a list in a text: whole words, longest first, whatever the case."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


class Name(NamedTuple):
    value: str
    start: int
    end: int


def _plain(token: str) -> str:
    return token.removesuffix("'s")


class NameIndex:
    """An index of names by their first word; build it once for a list."""

    def __init__(self, names: Iterable[str], aliases: Mapping[str, str] | None = None) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        written = {name.lower(): name for name in sorted(names)}
        for alias, name in (aliases or {}).items():
            written.setdefault(alias, name)
        for low, name in written.items():
            tokens = tuple(map(_plain, _TOKEN.findall(low)))
            if tokens and sum(map(len, tokens)) > 1:
                self._by_first.setdefault(tokens[0], []).append((tokens, name))
        for entries in self._by_first.values():
            entries.sort(key=lambda entry: -len(entry[0]))

    def find(self, low: str) -> list[Name]:
        """The names in a lower-case text, left to right, never overlapping."""
        tokens = [(match[0], match.start(), match.end()) for match in _TOKEN.finditer(low)]
        words = [_plain(token[0]) for token in tokens]
        found = []
        position = 0
        while position < len(words):
            for entry, name in self._by_first.get(words[position], ()):
                size = len(entry)
                if tuple(words[position : position + size]) == entry:
                    found.append(Name(name, tokens[position][1], tokens[position + size - 1][2]))
                    position += size
                    break
            else:
                position += 1
        return found
