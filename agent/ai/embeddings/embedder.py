from collections.abc import Sequence
from typing import Protocol

from agent.ai.embeddings.checks import Embedded
from agent.settings import Settings

OFFLINE = "wordllama"


class Embedder(Protocol):
    """Texts to vectors. Raises InvalidInput for empty texts, Unavailable when nothing answers."""

    @property
    def model(self) -> str: ...

    @property
    def dimensions(self) -> int:
        """Numbers in a vector; 0 until a model unknown to us has answered once."""

    @property
    def local(self) -> bool:
        """Whether it computes faster than a stored vector could be read."""

    async def embed(self, texts: Sequence[str]) -> Embedded: ...

    async def close(self) -> None: ...


class Embedders:
    """The embedders by model; the one of the settings builds new versions, others read old ones.

    `of` raises Misconfigured when a model needs a server and none is named.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._made: dict[str, Embedder] = {}

    @property
    def current(self) -> Embedder:
        return self.of(self._settings.embedding_model)

    def of(self, model: str) -> Embedder:
        if model not in self._made:
            self._made[model] = self._make(model)
        return self._made[model]

    async def close(self) -> None:
        for embedder in self._made.values():
            await embedder.close()

    def _make(self, model: str) -> Embedder:
        if model == OFFLINE:
            from agent.ai.embeddings.offline import OfflineEmbedder

            return OfflineEmbedder()
        from agent.ai.embeddings.remote import RemoteEmbedder

        return RemoteEmbedder(model, self._settings)
