"""The cosine of two texts, each text embedded once.

By one embedder, whichever the search has: what is near, fits or is evident was measured with it,
and another one's cosines spread otherwise.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from math import sqrt

import numpy as np
import numpy.typing as npt

from agent.ai.embeddings import Embedder

MOST_CHARACTERS = 4_000
"""Of a text that count."""
KEPT_BYTES = 32 << 20

Vector = npt.NDArray[np.float32]


class Likeness:
    def __init__(self, embedder: Embedder, *, kept_bytes: int = KEPT_BYTES) -> None:
        self._embedder = embedder
        self._kept_bytes = kept_bytes
        self._kept: OrderedDict[bytes, Vector] = OrderedDict()
        self._bytes = 0

    async def cosines(self, text: str, others: Sequence[str]) -> list[float]:
        """Of `text` with each of the others, in -1..1; 0 where one says nothing."""
        cut = [each[:MOST_CHARACTERS] for each in (text, *others)]
        vectors = await self._vectors({each for each in cut if each.strip()})
        mine = vectors.get(cut[0])
        if mine is None:
            return [0.0] * len(others)
        return [
            float(np.clip(mine @ vectors[each], -1.0, 1.0)) if each in vectors else 0.0
            for each in cut[1:]
        ]

    async def _vectors(self, texts: Iterable[str]) -> dict[str, Vector]:
        keys = {text: hashlib.sha256(text.encode()).digest() for text in sorted(texts)}
        found = {text: self._kept[key] for text, key in keys.items() if key in self._kept}
        missing = [text for text in keys if text not in found]
        if missing:
            embedded = await self._embedder.embed(missing)
            found.update(zip(missing, embedded.vectors, strict=True))
        for text, vector in found.items():
            self._keep(keys[text], vector)
        return found

    def _keep(self, key: bytes, vector: Vector) -> None:
        """What was used longest ago makes room."""
        if key not in self._kept:
            self._kept[key] = vector.copy()
            self._bytes += vector.nbytes
        self._kept.move_to_end(key)
        while self._bytes > self._kept_bytes:
            _, gone = self._kept.popitem(last=False)
            self._bytes -= gone.nbytes


def distance(cosine: float) -> float:
    """Euclidean, of the two unit vectors."""
    return sqrt(max(0.0, 2 - 2 * cosine))
