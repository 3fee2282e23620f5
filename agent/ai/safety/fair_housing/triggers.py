"""Which few letters a text must hold before a pattern is worth trying."""

import re
from collections.abc import Iterator

SIZE = 3
_QUANTIFIER = re.compile(r"[?*+]\??|\{(\d+),?\d*\}\??")
_LOOK = ("(?!", "(?=", "(?<")
_RARE = {letter: rank for rank, letter in enumerate("etaoinsrhldcumfpgwybvkxjqz")}


def grams(text: str) -> set[str]:
    """Every three letters in a row."""
    return {text[at : at + SIZE] for at in range(len(text) - SIZE + 1)}


def trigger(shape: str) -> frozenset[str]:
    """Grams of which a text that `shape` matches holds at least one; empty where none is certain.

    `shape` is written in plain words, groups, classes and quantifiers only.
    """
    return _of_any(_alternatives(f" (?:{shape}) ")) or frozenset()


def _of_any(alternatives: list[str]) -> frozenset[str] | None:
    found: set[str] = set()
    for each in alternatives:
        one = _of_one(each)
        if one is None:
            return None
        found |= one
    return frozenset(found)


def _of_one(sequence: str) -> frozenset[str] | None:
    """The best trigger among what the sequence cannot do without."""
    best: frozenset[str] | None = None
    for run, inner in _parts(sequence):
        found = _of_any(_alternatives(inner)) if inner is not None else _rarest(run)
        if found is not None and (best is None or len(found) < len(best)):
            best = found
    return best


def _rarest(run: str) -> frozenset[str] | None:
    if len(run) < SIZE:
        return None
    return frozenset({max(grams(run), key=lambda gram: sum(_RARE.get(c, 0) for c in gram))})


def _parts(sequence: str) -> Iterator[tuple[str, str | None]]:
    """(literal run, None) and ("", inside of a group), of what must be there."""
    run, at = "", 0
    while at < len(sequence):
        char = sequence[at]
        if char == "(":
            end = _closing(sequence, at)
            inside, look = sequence[at + 1 : end], sequence.startswith(_LOOK, at)
            yield run, None
            run, at = "", end + 1
            at, needed = _quantified(sequence, at)
            inside = inside.removeprefix("?:")
            if needed and not look:
                if len(_alternatives(inside)) == 1:
                    yield from _parts(inside)
                else:
                    yield "", inside
            continue
        if char == "[":
            yield run, None
            run, at = "", sequence.index("]", at) + 1
            at, _ = _quantified(sequence, at)
            continue
        size = 2 if char == "\\" else 1
        end, needed = _quantified(sequence, at + size)
        plain = char not in ".^$" and (size == 1 or not sequence[at + 1].isalnum())
        if plain and end == at + size:
            run += sequence[at + size - 1]
        else:
            if plain and needed:
                run += sequence[at + size - 1]
            yield run, None
            run = ""
        at = end
    yield run, None


def _quantified(sequence: str, at: int) -> tuple[int, bool]:
    """Where a quantifier at `at` ends, and whether it demands at least one."""
    found = _QUANTIFIER.match(sequence, at)
    if found is None:
        return at, True
    return found.end(), sequence[at] == "+" or found[1] not in (None, "0")


def _alternatives(sequence: str) -> list[str]:
    """The sequence split at its own bars."""
    bars = [at for at, char, depth in _signs(sequence) if char == "|" and depth == 0]
    starts = [0, *(at + 1 for at in bars)]
    return [sequence[start:end] for start, end in zip(starts, [*bars, None], strict=True)]


def _closing(sequence: str, at: int) -> int:
    """Where the group that opens at `at` ends."""
    return next(end for end, char, depth in _signs(sequence, at) if char == ")" and depth == 0)


def _signs(sequence: str, at: int = 0) -> Iterator[tuple[int, str, int]]:
    """Place and sign of what is neither escaped nor in a class, and how many groups are open."""
    depth = 0
    while at < len(sequence):
        char = sequence[at]
        if char == "\\":
            at += 1
        elif char == "[":
            at = sequence.index("]", at)
        else:
            depth += (char == "(") - (char == ")")
            yield at, char, depth
        at += 1
