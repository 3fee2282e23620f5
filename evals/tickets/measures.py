"""Shares and places, each with the number it rests on."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Any

from evals.tickets.replay import Predicted

SEEN = 5
"""Examples of a category from which on it can be asked for."""
BANDS = 10


def place(found: Sequence[str], wanted: str | None) -> int | None:
    """From 1; None where it is missing."""
    return found.index(wanted) + 1 if wanted in found else None


def within(places: Sequence[int | None], k: int) -> float | None:
    """The share of places up to k; None of nothing."""
    return share(each is not None and each <= k for each in places)


def reciprocal(places: Sequence[int | None]) -> float | None:
    return round(fmean(1 / each if each else 0.0 for each in places), 4) if places else None


def share(right: Iterable[bool]) -> float | None:
    values = list(right)
    return round(fmean(values), 4) if values else None


def quarters(places: Sequence[tuple[int | None, bool]]) -> list[dict[str, Any]]:
    """Hit at 1 over the replay in four equal parts; `seen`: articles that were approved before."""
    many = len(places)
    parts = [places[many * part // 4 : many * (part + 1) // 4] for part in range(4)]
    return [
        {
            "n": len(part),
            "hit_at_1": within([at for at, _ in part], 1),
            "seen": sum(seen for _, seen in part),
        }
        for part in parts
    ]


def categories(predicted: Sequence[Predicted], guesses: Sequence[str | None]) -> dict[str, Any]:
    """Accuracy over the tickets whose category had SEEN approved examples before."""
    pairs = [
        (each.gold.category, guess)
        for each, guess in zip(predicted, guesses, strict=True)
        if each.gold.category and each.seen_of_category >= SEEN
    ]
    of: dict[str, list[bool]] = defaultdict(list)
    for gold, guess in pairs:
        of[gold].append(gold == guess)
    return {
        "n": len(pairs),
        "accuracy": share(gold == guess for gold, guess in pairs),
        "classes": {
            name: {"n": len(right), "accuracy": share(right)} for name, right in sorted(of.items())
        },
    }


def beside_majority(pairs: Sequence[tuple[str | None, str | None]]) -> dict[str, Any]:
    """Of (gold, guess): how often a guess is right, and how often the most frequent gold is."""
    known = [(gold, guess) for gold, guess in pairs if gold]
    most = Counter(gold for gold, _ in known).most_common(1)
    said = [(gold, guess) for gold, guess in known if guess]
    return {
        "n": len(known),
        "accuracy": share(gold == guess for gold, guess in known),
        "said": len(said),
        "accuracy_of_said": share(gold == guess for gold, guess in said),
        "majority": round(most[0][1] / len(known), 4) if known else None,
    }


def bands(predicted: Sequence[Predicted]) -> list[dict[str, Any]]:
    """Of each ten points of score, how often a person would have left what it rests on."""
    of: dict[int, list[bool]] = defaultdict(list)
    for each in predicted:
        of[min(each.points // BANDS, BANDS - 1)].append(each.right)
    return [
        {"from": band * BANDS, "n": len(right), "right": share(right)}
        for band, right in sorted(of.items())
    ]
