"""What an embedding must be before anything is stored or compared with it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from agent.errors import InvalidInput, Unavailable

Vectors = npt.NDArray[np.float32]
"""(n, d), C-contiguous."""


@dataclass(frozen=True, slots=True)
class Embedded:
    vectors: Vectors
    """A row of unit length for each text, in order."""
    tokens: int


def filled(texts: Sequence[str]) -> list[str]:
    """The texts; raises InvalidInput when one says nothing."""
    if not all(text.strip() for text in texts):
        raise InvalidInput("embedding_text_empty", "A text to embed is empty; leave it out.")
    return list(texts)


def checked(raw: Vectors, *, count: int, dimensions: int | None, model: str) -> Vectors:
    """`raw` scaled to unit length.

    Raises Unavailable for another number of vectors or for vectors without a direction,
    InvalidInput when the dimension is not `dimensions` (None: any).
    """
    if raw.ndim != 2 or len(raw) != count:
        raise Unavailable(
            "embedding_count_wrong",
            f"{model} answered {len(raw)} vectors for {count} texts; nothing is stored. Try again.",
        )
    check_dimensions(raw.shape[1], dimensions, model=model)
    lengths = np.linalg.norm(raw.astype(np.float64), axis=1, keepdims=True)
    if not np.all(np.isfinite(lengths) & (lengths > 0)):
        raise Unavailable(
            "embedding_not_finite",
            f"{model} answered a vector that is zero or not finite; nothing is stored. Try again.",
        )
    return np.ascontiguousarray(raw / lengths, dtype=np.float32)


def check_dimensions(found: int, wanted: int | None, *, model: str) -> None:
    """Raises InvalidInput when vectors of `found` numbers cannot stand beside `wanted` ones."""
    if wanted is not None and found != wanted:
        raise InvalidInput(
            "embedding_dimension_changed",
            f"{model} answers vectors of {found} numbers, the stored ones have {wanted}; "
            "run `latchkey embed --rebuild`.",
        )
