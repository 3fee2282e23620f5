"""What a classifier sees of a turn: its words and, ever more coarsely, the three turns before."""

import re
import zlib
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from agent.ai.understanding.protected import without_protected
from agent.training.stages.turns import Turn

FORMAT = 1
"""Goes up when the features change: older artefacts cannot be used any more."""
BUCKETS = 2**22
_LONGEST_GRAMS = (3, 2, 1, 1)
"""Of the turn itself and of those before it."""
_LATE = 6
_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|\[[a-z]+\]|[?!$.,]")


def features(turns: Sequence[Turn]) -> Iterator[NDArray[np.int32]]:
    """The hashed features of each turn, ascending; a turn never sees what was said after it."""
    words = [_tokens(turn.text) for turn in turns]
    for position, turn in enumerate(turns):
        found = {_bucket(name) for name in _names(turn, position, words)}
        yield np.array(sorted(found), dtype=np.int32)


def _names(turn: Turn, position: int, words: Sequence[Sequence[str]]) -> Iterator[str]:
    who = turn.speaker
    yield who
    yield f"{who} at {min(position // 2, _LATE)}"
    for back, longest in enumerate(_LONGEST_GRAMS):
        if back > position:
            yield f"{who} nothing before {back}"
            return
        for gram in _grams(words[position - back], longest):
            yield f"{who} {back} {gram}"


def _grams(words: Sequence[str], longest: int) -> Iterator[str]:
    whole = ["<", *words, ">"]
    for length in range(1, longest + 1):
        for start in range(len(whole) - length + 1):
            yield " ".join(whole[start : start + length])


def _tokens(text: str) -> list[str]:
    """What fair housing protects is no feature."""
    return ["#" if word.isdigit() else word for word in _TOKEN.findall(without_protected(text))]


def _bucket(name: str) -> int:
    return zlib.crc32(name.encode()) % BUCKETS
