"""What the house knows in words: articles for everybody, scripts for its own people."""

import hashlib
import json
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["article", "script", "resolution"]
"""Scripts and resolutions (what a ticket's approval published) are never quoted to a lead."""
Status = Literal["active", "draft", "retired"]
"""A draft can be read, not found: the approval of its ticket makes an entry of its own of it."""
Outcome = Literal["added", "updated", "unchanged"]
Corpus = Literal["knowledge", "scripts"]

SERIES: dict[Literal["published", "draft"], str] = {"published": "KB-NEW", "draft": "KB-SYN"}
CORPORA: dict[Kind, Corpus] = {
    "article": "knowledge",
    "resolution": "knowledge",
    "script": "scripts",
}
"""Where each kind is searched."""

ID = r"^[^\s/\x00-\x1f\x7f]{1,200}$"
"""Any ids that other systems gave, as long as an address can hold them."""
TITLE = 300
TEXT = 100_000
"""Characters an article may have."""


class ArticleDraft(BaseModel):
    """An article as it comes in: plain text without contact data."""

    model_config = ConfigDict(extra="forbid")

    knowledge_id: str | None = Field(default=None, pattern=ID)
    """Without one the title names the article, within its kind, product and community."""
    title: str = Field(min_length=1, max_length=TITLE)
    text: str = Field(min_length=1, max_length=TEXT)
    product: str | None = Field(default=None, max_length=200)
    category: str | None = Field(default=None, max_length=200)
    kind: Kind = "article"
    community_id: str | None = Field(default=None, max_length=200)
    """The only community it speaks of; None: any."""

    @property
    def digest(self) -> str:
        """Of all that it says; two drafts with one digest are the same."""
        said = self.model_dump(exclude={"knowledge_id"})
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


class Likeness(BaseModel):
    """Another entry that says nearly the same: merge the two, or keep both."""

    knowledge_id: str
    similarity_score: float
    """Cosine of the two texts."""


class Provenance(BaseModel):
    """Where an entry comes from and what became of it; a change of its words leaves this be."""

    ticket_id: str | None = None
    conversation_id: str | None = None
    reference_articles: list[str] = Field(default_factory=list)
    """Articles, scripts, entries and tickets that it rests on."""
    created_by: str | None = None
    """Who approved it."""
    similar_to: Likeness | None = None
    """A proposal to merge, made when the entry was first indexed."""
    published_as: str | None = None
    """Of a draft: the entry that its ticket's approval made."""
    merged_into: str | None = None
    """Of a retired entry: the one that stands for it now."""
    confirmed_at: datetime | None = None
    """When a person last approved a resolution that rests on it."""
    disputed: bool = False
    """The last resolution decided upon that rested on it was rejected."""


class Article(Provenance):
    knowledge_id: str
    title: str
    text: str
    product: str | None = None
    category: str | None = None
    kind: Kind = "article"
    community_id: str | None = None
    source: str
    """Where it came from: a file's name, `api`, `demo`."""
    version: int = 1
    """Grows with every change, the retirement included."""
    status: Status = "active"
    digest: str
    """Of what it says: ties a found chunk to the text it was made of."""
    created_at: datetime
    updated_at: datetime


class Entry(BaseModel):
    """What a ticket has to tell; redacted."""

    title: str = Field(min_length=1, max_length=TITLE)
    text: str = Field(min_length=1, max_length=TEXT)
    product: str | None = None
    category: str | None = None
    ticket_id: str
    conversation_id: str
    reference_articles: list[str] = Field(default_factory=list)
    created_by: str
    """Who wrote or approved it."""


class Stale(BaseModel):
    """An entry that somebody should look at."""

    article: Article
    reason: Literal["disputed", "unused"]
    """The last decision on a resolution that rested on it was a rejection, or for a long time
    nobody changed it or approved a resolution that rests on it."""


class Put(BaseModel):
    """What became of one draft."""

    knowledge_id: str
    outcome: Outcome


class Found(BaseModel):
    """An article that a search found."""

    article: Article
    passage: str
    """The part of its text that matched."""
    score: float
    """Higher is nearer; comparable within one search only."""
