"""How well stages were guessed, from plain pairs."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Pair = tuple[str, str]
"""(what it is, what was guessed)"""


@dataclass(frozen=True, slots=True)
class Score:
    accuracy: float
    macro_f1: float
    """Over the labels that occur."""
    n: int

    def report(self) -> dict[str, float]:
        return {
            "accuracy": round(self.accuracy, 4),
            "macro_f1": round(self.macro_f1, 4),
            "n": self.n,
        }


def score(pairs: Iterable[Pair]) -> Score:
    counts = Counter(pairs)
    n = counts.total()
    if not n:
        return Score(0.0, 0.0, 0)
    right = Counter({gold: many for (gold, guess), many in counts.items() if gold == guess})
    golds: Counter[str] = Counter()
    guesses: Counter[str] = Counter()
    for (gold, guess), many in counts.items():
        golds[gold] += many
        guesses[guess] += many
    f1s = [2 * right[label] / (golds[label] + guesses[label]) for label in golds]
    return Score(right.total() / n, sum(f1s) / len(f1s), n)


def majority(known: Sequence[str], golds: Sequence[str]) -> Score:
    """Of always guessing the label that is most frequent in `known`."""
    most = max(sorted(set(known)), key=Counter(known).__getitem__)
    return score((gold, most) for gold in golds)
