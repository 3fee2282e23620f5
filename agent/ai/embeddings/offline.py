import asyncio
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from agent.ai.embeddings.checks import Embedded, checked, filled

if TYPE_CHECKING:
    from wordllama.inference import WordLlamaInference  # type: ignore[import-untyped]

MODEL = "wordllama"
DIMENSIONS = 256
FEW = 4
"""So many short texts cost less than the way to another thread."""
_SHORT = 2_000
_loading = threading.Lock()


class OfflineEmbedder:
    """WordLlama's 256 numbers, from weights in its package: no key, no network, any thread."""

    model = MODEL
    dimensions = DIMENSIONS
    local = True

    async def embed(self, texts: Sequence[str]) -> Embedded:
        wanted = filled(texts)
        if not wanted:
            return Embedded(np.empty((0, DIMENSIONS), np.float32), 0)
        if _model.cache_info().currsize and len(wanted) <= FEW and sum(map(len, wanted)) < _SHORT:
            return _embed(wanted)
        return await asyncio.to_thread(_embed, wanted)

    async def close(self) -> None:
        """Nothing: the weights are the process's."""


def _embed(texts: list[str]) -> Embedded:
    with _loading:
        model = _model()
    # padded to the longest of a batch, so texts of one length go together
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    vectors = np.empty((len(texts), DIMENSIONS), np.float32)
    vectors[order] = model.embed([texts[i] for i in order], norm=True)
    tokens = sum(len(text) // 4 + 1 for text in texts)
    return Embedded(checked(vectors, count=len(texts), dimensions=DIMENSIONS, model=MODEL), tokens)


@cache
def _model() -> "WordLlamaInference":
    with _quiet_root_logger():
        import wordllama  # type: ignore[import-untyped]
    # its files are in the package, though not where it looks when it may not download
    folder = Path(wordllama.__file__).parent
    return wordllama.WordLlama.load(cache_dir=folder, disable_download=True)


@contextmanager
def _quiet_root_logger() -> Iterator[None]:
    """Give the logging.basicConfig of the import nothing to do: it stops at a handler."""
    root, taken = logging.getLogger(), logging.NullHandler()
    root.addHandler(taken)
    try:
        yield
    finally:
        root.removeHandler(taken)
