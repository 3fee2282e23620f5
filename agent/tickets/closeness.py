"""How much two tickets say the same: shared telling words and near vectors, half each."""

from collections import Counter
from collections.abc import Sequence
from math import log, sqrt

from agent.ai.search import terms


def closeness(wanted: str, others: Sequence[str], cosines: Sequence[float]) -> list[float]:
    """0 nothing to 1 all, for each of the others.

    A word tells the more, the fewer of the others have it. `cosines` are those of the vectors.
    """
    counts = [Counter(terms(text)) for text in others]
    held = Counter(word for count in counts for word in count)
    many = len(counts) + 1

    def weighted(count: Counter[str]) -> dict[str, float]:
        values = {w: sqrt(n) * log(1 + many / (held[w] + 0.5)) for w, n in count.items()}
        length = sqrt(sum(value * value for value in values.values())) or 1.0
        return {word: value / length for word, value in values.items()}

    mine = weighted(Counter(terms(wanted)))
    shared = (
        sum(mine[word] * value for word, value in weighted(count).items() if word in mine)
        for count in counts
    )
    return [
        min(1.0, max(0.0, (words + cosine) / 2))
        for words, cosine in zip(shared, cosines, strict=True)
    ]
