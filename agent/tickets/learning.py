"""A linear model from the words of tickets to a label; of the same data always the same."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from agent.ai.regression import Rows, fit, probabilities
from agent.ai.search import terms

LEAST = 10
"""Examples it takes to learn at all."""
FOLDS = 5
_RARE = 2
Example = tuple[str, str]
"""(what was asked, label)"""


@dataclass(frozen=True, eq=False, slots=True)
class Model:
    labels: tuple[str, ...]
    columns: dict[str, int]
    weights: NDArray[np.float64]
    """(columns, labels)"""

    def guess(self, text: str) -> tuple[str, float] | None:
        """A label and its probability; None of a text with no word that is known."""
        row = _row(self.columns, text)
        if not len(row):
            return None
        shares = probabilities(Rows.of([row]).times(self.weights))[0]
        best = int(shares.argmax())
        return self.labels[best], float(shares[best])


def learn(examples: Sequence[Example]) -> Model | None:
    """None where there are too few examples, or all are one."""
    labels = tuple(sorted({label for _, label in examples}))
    if len(examples) < LEAST or len(labels) < 2:
        return None
    counts = Counter(gram for text, _ in examples for gram in _grams(text))
    columns = {
        gram: column
        for column, gram in enumerate(sorted(g for g, n in counts.items() if n >= _RARE))
    }
    if not columns:
        return None
    weights = fit(
        Rows.of([_row(columns, text) for text, _ in examples]),
        np.array([labels.index(label) for _, label in examples], dtype=np.int64),
        columns=len(columns),
        classes=len(labels),
    )
    return Model(labels, columns, weights)


def beats_majority(examples: Sequence[Example]) -> bool:
    """Whether what is learnt from some guesses others clearly better than their most frequent one.

    In cross-validation, by two standard errors.
    """
    if len(examples) < LEAST * FOLDS:
        return False
    right = 0
    for fold in range(FOLDS):
        model = learn([each for at, each in enumerate(examples) if at % FOLDS != fold])
        if model is None:
            return False
        for text, label in examples[fold::FOLDS]:
            guess = model.guess(text)
            right += guess is not None and guess[0] == label
    share = max(Counter(label for _, label in examples).values()) / len(examples)
    error = sqrt(share * (1 - share) / len(examples))
    return right / len(examples) > share + 2 * error


def _row(columns: dict[str, int], text: str) -> NDArray[np.int32]:
    return np.array(sorted({columns[g] for g in _grams(text) if g in columns}), dtype=np.int32)


def _grams(text: str) -> set[str]:
    words = terms(text)
    return {*words, *map(" ".join, pairwise(words))}
