"""Messages with known personal data, from a seed."""

import random
import re
from collections.abc import Iterator, Sequence

from evals.pii import sentences
from evals.pii.labelled import Gold, Labelled
from evals.pii.values import MAKERS, street_line

MESSAGES = 4_000
_HOLE = re.compile(r"\{(\w+)\}")
_SHARES = (
    (sentences.EMAIL, 14),
    (sentences.PHONE, 16),
    (sentences.LOCAL_PHONE, 0.5),
    (sentences.SSN, 3),
    (sentences.LABELLED_SSN, 5),
    (sentences.CARD, 7),
    (sentences.ADDRESS, 15),
    (sentences.OWN_NAME, 8),
    (sentences.OTHER_NAME, 6),
    (sentences.MIXED, 4),
    (sentences.NOTHING, 24),
)
_CHAT_SHARES = (
    (sentences.CHAT, 84),
    (sentences.NOTHING, 10),
    (sentences.EMAIL, 2),
    (sentences.PHONE, 2),
    (sentences.ADDRESS, 1),
    (sentences.OWN_NAME, 1),
)
"""Personal data in 6 of 100 messages, as leads write it."""


def generate(seed: int, count: int = MESSAGES) -> Iterator[Labelled]:
    """`count` messages; the same seed gives the same ones."""
    return _of(_SHARES, seed, count)


def chat(seed: int, count: int) -> Iterator[Labelled]:
    """Messages as they come: most of them hold nothing personal."""
    return _of(_CHAT_SHARES, seed, count)


def _of(shares: Sequence[tuple[str, float]], seed: int, count: int) -> Iterator[Labelled]:
    rng = random.Random(seed)
    tables = [_lines(table) for table, _ in shares]
    weights = [weight for _, weight in shares]
    for _ in range(count):
        table = rng.choices(tables, weights)[0]
        yield _message(rng, rng.choice(table))


def _lines(table: str) -> list[str]:
    return [line.replace("|", "\n") for line in table.strip().split("\n")]


def _message(rng: random.Random, sentence: str) -> Labelled:
    text, spans, end = rng.choice(sentences.GREETINGS), [], 0
    for hole in _HOLE.finditer(sentence):
        text += sentence[end : hole.start()]
        end = hole.end()
        if hole[1] in MAKERS:
            kind, make = MAKERS[hole[1]]
            written, value = make(rng)
            spans.append(Gold(kind, len(text), len(text) + len(written), value))
        else:
            written = _filler(rng, hole[1])
        text += written
    return Labelled(text + sentence[end:] + rng.choice(sentences.CLOSINGS), tuple(spans))


def _filler(rng: random.Random, hole: str) -> str:
    if hole == "n":
        return str(rng.randrange(100, 1000))
    return street_line(rng) if hole == "street" else rng.choice(sentences.PLACES)
