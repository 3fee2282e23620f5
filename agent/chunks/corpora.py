"""How each corpus is searched; the methods are what `latchkey eval retrieval` found best."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from agent.ai.search import terms
from agent.errors import InvalidInput


class Method(StrEnum):
    LEXICAL = "lexical"
    VECTOR = "vector"
    FUSION = "fusion"


@dataclass(frozen=True, slots=True)
class Corpus:
    name: str
    method: Method
    fields: tuple[str, ...]
    """What a search may filter by."""
    title: str | None = None
    """The field whose words count more."""
    title_weight: int = 0
    """How often the title is counted beside the text."""
    lexical_weight: float = 1.0
    vector_weight: float = 1.0
    """Shares in the fusion."""

    @property
    def lexical(self) -> bool:
        return self.method is not Method.VECTOR

    @property
    def vectors(self) -> bool:
        return self.method is not Method.LEXICAL

    def embedded(self, text: str, meta: Mapping[str, Any]) -> str:
        """What stands for a chunk in the vector space: the title goes before each piece."""
        title = str(meta.get(self.title) or "") if self.title else ""
        return f"{title}\n{text}" if title and not text.startswith(title) else text

    def terms(self, text: str, meta: Mapping[str, Any]) -> list[str]:
        """What a chunk is found by in BM25: its words, and those of its title once more."""
        title = str(meta.get(self.title) or "") if self.title else ""
        return terms(text) + terms(title) * self.title_weight


CORPORA = {
    corpus.name: corpus
    for corpus in (
        Corpus(
            "conversations",
            Method.VECTOR,
            ("thread_id", "turn_index", "role", "stage", "community_id"),
        ),
        Corpus(
            "knowledge",
            Method.LEXICAL,
            ("product", "category", "kind", "source", "status", "community_id"),
            title="title",
            title_weight=2,
        ),
        Corpus(
            "scripts",
            Method.LEXICAL,
            ("product", "category", "kind", "source", "status", "community_id"),
            title="title",
            title_weight=2,
        ),
        Corpus("tickets", Method.FUSION, ("product", "category", "status", "kb_id")),
    )
}


def corpus_named(name: str) -> Corpus:
    """Raises InvalidInput for a name that is none."""
    if name not in CORPORA:
        raise InvalidInput(
            "search_corpus_unknown", f"There is no corpus {name!r}; take {', '.join(CORPORA)}."
        )
    return CORPORA[name]
