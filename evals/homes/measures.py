"""The measures, each from plain values, each with the counts it was computed from."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .dialogues import DONT_CARE, Dialogue, Label, comparable

Pair = tuple[str, str]


def pairs_of(values: Mapping[str, object]) -> set[Pair]:
    """(field, comparable value); a list gives one pair an item."""
    return {
        (name, comparable(each))
        for name, value in values.items()
        for each in (value if isinstance(value, list | tuple) else [value])
    }


def gold_pairs(label: Label) -> set[Pair]:
    return {
        (act.field, comparable(value))
        for act in label.acts
        if act.act == "INFORM" and act.field
        for value in act.canonical
    }


@dataclass(slots=True)
class Micro:
    """Micro-averaged precision, recall and F1 of (field, value) pairs, whole and per field."""

    hits: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    exact: int = 0
    turns: int = 0

    def add(self, gold: set[Pair], ours: set[Pair]) -> None:
        self.hits.update(name for name, _ in gold & ours)
        self.false.update(name for name, _ in ours - gold)
        self.missed.update(name for name, _ in gold - ours)
        self.exact += gold == ours
        self.turns += 1

    def report(self) -> dict[str, float]:
        return _scores(self.hits.total(), self.false.total(), self.missed.total())

    def per_field(self) -> dict[str, dict[str, float]]:
        names = sorted({*self.hits, *self.false, *self.missed})
        return {
            name: _scores(self.hits[name], self.false[name], self.missed[name])
            | {"n": self.hits[name] + self.missed[name]}
            for name in names
        }


def _scores(hits: int, false: int, missed: int) -> dict[str, float]:
    precision = hits / (hits + false) if hits + false else 1.0
    recall = hits / (hits + missed) if hits + missed else 1.0
    both = precision + recall
    return {
        "f1": round(2 * precision * recall / both if both else 0.0, 4),
        "precision": round(precision, 4),
        "recall": round(recall, 4),
    }


@dataclass(slots=True)
class Rate:
    """A share, never without its n."""

    hits: int = 0
    n: int = 0

    def add(self, hit: bool) -> None:
        self.hits += hit
        self.n += 1

    @property
    def value(self) -> float | None:
        return round(self.hits / self.n, 4) if self.n else None


class Spellings:
    """The canonical value of every spelling that a dialogue's own labels explain."""

    def __init__(self, dialogue: Dialogue) -> None:
        self._canonical: dict[Pair, set[str]] = {}
        state: Mapping[str, tuple[str, ...]] = {}
        for label in filter(None, (turn.label for turn in dialogue.turns)):
            for act in label.acts:
                for value, canonical in zip(act.values, act.canonical, strict=False):
                    self._learn(act.field, value, canonical)
            state = label.state or state
            if label.call:
                for name, canonical in label.call.parameters.items():
                    for value in state.get(name, ()):
                        if (name, comparable(value)) not in self._canonical:
                            self._learn(name, value, canonical)

    def _learn(self, name: str, value: str, canonical: str) -> None:
        self._canonical.setdefault((name, comparable(value)), set()).add(comparable(canonical))

    def accepted(self, name: str, spellings: Iterable[str]) -> set[str]:
        """Every spelling that counts: those listed and their canonical values."""
        listed = {comparable(each) for each in spellings}
        return listed.union(*(self._canonical.get((name, each), set()) for each in listed))


def state_is_right(
    gold: Mapping[str, tuple[str, ...]], ours: Mapping[str, object], spellings: Spellings
) -> bool:
    """Every field of the gold state is ours in one good spelling, and nothing is added."""
    ours = {name: value for name, value in ours.items() if comparable(value) != DONT_CARE}
    wanted = {
        name: accepted
        for name, values in gold.items()
        if DONT_CARE not in (accepted := spellings.accepted(name, values))
    }
    if wanted.keys() != ours.keys():
        return False
    return all(
        len(mine := _values(ours[name])) == 1 and mine <= accepted
        for name, accepted in wanted.items()
    )


def _values(value: object) -> set[str]:
    return {comparable(each) for each in (value if isinstance(value, list | tuple) else [value])}


def same_visit(gold: Mapping[str, str], ours: Mapping[str, object]) -> bool:
    return all(
        comparable(gold[name]) == comparable(ours.get(name, ""))
        for name in ("property", "tour_date")
    )
