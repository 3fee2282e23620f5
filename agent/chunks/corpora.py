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
    """The field whose words are also searched by themselves."""
    title_weight: float = 1.0
    """What a match there counts beside one in title and text."""
    lexical_weight: float = 1.0
    vector_weight: float = 1.0
    """Shares in the fusion."""
    dialogue: bool = False
    """Whether an agent's turn is found by the question it answered."""

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

    def terms(self, text: str, meta: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        """What a chunk is found by in BM25: the words of title and text, and those of the title."""
        title = terms(str(meta.get(self.title) or "")) if self.title else []
        return title + terms(text), title


CORPORA = {
    corpus.name: corpus
    for corpus in (
        Corpus(
            "conversations",
            Method.VECTOR,
            ("thread_id", "turn_index", "role", "stage", "community_id"),
            dialogue=True,
        ),
        Corpus(
            "knowledge",
            Method.LEXICAL,
            ("product", "category", "kind", "source", "status", "community_id"),
            title="title",
        ),
        Corpus(
            "scripts",
            Method.LEXICAL,
            ("product", "category", "kind", "source", "status", "community_id"),
            title="title",
        ),
        Corpus("tickets", Method.FUSION, ("ticket_id", "product", "category", "status", "kb_id")),
    )
}


def corpus_named(name: str) -> Corpus:
    """Raises InvalidInput for a name that is none."""
    if name not in CORPORA:
        raise InvalidInput(
            "search_corpus_unknown", f"There is no corpus {name!r}; take {', '.join(CORPORA)}."
        )
    return CORPORA[name]
