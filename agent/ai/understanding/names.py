"""Finds the names of an inventory in a text: whole words, longest first, whatever the case."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from .models import Gazetteer

ALIASES = {
    "sf": "San Francisco",
    "sfo": "San Francisco",
    "san fran": "San Francisco",
    "frisco": "San Francisco",
    "nyc": "New York",
    "new york city": "New York",
    "philly": "Philadelphia",
    "vegas": "Las Vegas",
    "slc": "Salt Lake City",
    "okc": "Oklahoma City",
    "nola": "New Orleans",
    "pdx": "Portland",
}
"""What people call a city for short."""

_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


class Name(NamedTuple):
    value: str
    start: int
    end: int


def _plain(token: str) -> str:
    return token.removesuffix("'s")


@lru_cache(1_024)
def _words(low: str) -> frozenset[str]:
    return frozenset(map(_plain, _TOKEN.findall(low)))


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
        if _words(low).isdisjoint(self._by_first):
            return []
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


@lru_cache(maxsize=64)
def places_of(gazetteer: Gazetteer) -> NameIndex:
    return NameIndex(gazetteer.areas, ALIASES)


@lru_cache(maxsize=64)
def communities_of(gazetteer: Gazetteer) -> NameIndex:
    return NameIndex(gazetteer.properties)


def find_names(low: str, gazetteer: Gazetteer) -> tuple[tuple[Name, ...], tuple[Name, ...]]:
    """(places, communities) without overlap; a name that is both is a place."""
    places = places_of(gazetteer).find(low)
    spans = {(place.start, place.end) for place in places}
    communities = [
        name for name in communities_of(gazetteer).find(low) if (name.start, name.end) not in spans
    ]
    outside = [
        place
        for place in places
        if not any(place.start < name.end and name.start < place.end for name in communities)
    ]
    return tuple(outside), tuple(communities)


def masked(low: str, names: Iterable[Name]) -> str:
    """The text of the same length with its names blotted out: their words mean nothing else."""
    for name in names:
        low = low[: name.start] + "#" * (name.end - name.start) + low[name.end :]
    return low
