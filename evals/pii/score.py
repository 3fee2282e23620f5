"""Recall and precision of spans by kind."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from agent.privacy.pii import KINDS, Kind, Span
from evals.pii.labelled import Gold, Labelled

OVERLAP = 0.8
RULE = (
    "A labelled span is found when a found span of its kind covers at least this share of it; a "
    "found span is right when this share of it lies in a labelled span of its kind; public data "
    "counts for neither."
)
Find = Callable[[str], Sequence[Span]]


class Score:
    def __init__(self) -> None:
        self.messages = 0
        self.missed: list[tuple[str, Gold]] = []
        self.false: list[tuple[str, Span]] = []
        self._labelled: Counter[Kind] = Counter()
        self._hit: Counter[Kind] = Counter()
        self._found: Counter[Kind] = Counter()
        self._right: Counter[Kind] = Counter()

    def add(self, message: Labelled, found: Sequence[Span]) -> None:
        self.messages += 1
        for gold in message.spans:
            self._labelled[gold.kind] += 1
            if any(_share(span, gold) >= OVERLAP for span in found if span.kind == gold.kind):
                self._hit[gold.kind] += 1
            else:
                self.missed.append((message.text, gold))
        for span in found:
            if any(start < span.end and span.start < end for start, end in message.ignored):
                continue
            self._found[span.kind] += 1
            if any(
                _share(gold, span) >= OVERLAP for gold in message.spans if gold.kind == span.kind
            ):
                self._right[span.kind] += 1
            else:
                self.false.append((message.text, span))

    def recall(self, kind: Kind) -> float:
        return self._hit[kind] / self._labelled[kind] if self._labelled[kind] else 1.0

    def precision(self, kind: Kind) -> float:
        return self._right[kind] / self._found[kind] if self._found[kind] else 1.0

    def report(self) -> dict[str, Any]:
        """kind -> n labelled, n found, recall, precision; None where there is nothing to divide."""
        return {
            "messages": self.messages,
            **{
                kind: {
                    "n": self._labelled[kind],
                    "found": self._found[kind],
                    "recall": round(self.recall(kind), 4) if self._labelled[kind] else None,
                    "precision": round(self.precision(kind), 4) if self._found[kind] else None,
                }
                for kind in sorted(KINDS)
            },
        }


def score(messages: Iterable[Labelled], find: Find) -> Score:
    result = Score()
    for message in messages:
        result.add(message, find(message.text))
    return result


def _share(cover: Span | Gold, whole: Span | Gold) -> float:
    """How much of `whole` lies in `cover`."""
    both = min(cover.end, whole.end) - max(cover.start, whole.start)
    return both / (whole.end - whole.start)
