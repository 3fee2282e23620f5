"""What a resolution is written from, and what was written, before it is scored."""

from dataclasses import dataclass, field

from agent.knowledge.models import Article
from agent.tickets.models import Grounds, Source, Vote


@dataclass(frozen=True, slots=True)
class Material:
    """The texts behind the ids of the grounds, as they stand now."""

    article: Article | None = None
    """That solves the case, where one is evident."""
    script: Article | None = None
    """That goes with it."""
    alike: Article | None = None
    """An approved resolution that is near, where no article is evident."""


@dataclass(frozen=True, slots=True)
class Written:
    content: str
    by: str
    """`rules`, or the model that wrote it."""
    kb_id: str | None = None
    script_id: str | None = None
    draft_title: str | None = None
    citations: list[str] = field(default_factory=list)
    steps: int = 0
    filled: int = 0
    """Placeholders that were filled in."""
    left: tuple[str, ...] = ()
    """Those that somebody still has to fill in."""


def vote_for(grounds: Grounds, kb_id: str | None) -> Vote | None:
    return next((vote for vote in grounds.votes if vote.kb_id == kb_id), None)


def basis(grounds: Grounds, kb_id: str | None) -> Source | None:
    """What a resolution mainly rests on: the nearest ticket that voted for it, else the article.

    Without an article, whatever is nearest.
    """
    everything = [*grounds.tickets, *grounds.articles]
    if kb_id is not None:
        vote = vote_for(grounds, kb_id)
        voters = {*vote.tickets} if vote else set()
        near = [source for source in grounds.tickets if source.id in voters]
        everything = near or [source for source in everything if source.id == kb_id]
    return max(everything, key=lambda source: source.similarity_score, default=None)
