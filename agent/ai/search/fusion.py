from collections import defaultdict
from collections.abc import Sequence

CONSTANT = 60


def fused(
    rankings: Sequence[tuple[Sequence[str], float]], *, constant: int = CONSTANT
) -> list[tuple[str, float]]:
    """Reciprocal rank fusion of (ids best first, weight): (id, score), best first."""
    scores: defaultdict[str, float] = defaultdict(float)
    for ids, weight in rankings:
        for rank, found in enumerate(ids, start=1):
            scores[found] += weight / (constant + rank)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))
