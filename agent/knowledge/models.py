"""What the house knows in words: articles for everybody, scripts for its own people."""

import hashlib
import json
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["article", "script"]
"""A script is internal: it is never quoted to a lead."""
Outcome = Literal["added", "updated", "unchanged"]
Corpus = Literal["knowledge", "scripts"]

CORPORA: dict[Kind, Corpus] = {"article": "knowledge", "script": "scripts"}
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


class Article(BaseModel):
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
    status: Literal["active", "retired"] = "active"
    digest: str
    """Of what it says: ties a found chunk to the text it was made of."""
    created_at: datetime
    updated_at: datetime


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
