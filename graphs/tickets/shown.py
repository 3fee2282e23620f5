"""What a model is shown of a case and of what was found for it: bounded, tagged as data."""

from collections.abc import Sequence
from typing import Any

from agent.knowledge.models import Article
from agent.tickets.models import Case, Grounds, Source
from graphs.tickets.written import Material
from graphs.untrusted import dumped

ARTICLES, SCRIPTS, TICKETS = 3, 2, 3
WHOLE, PART = 6_000, 1_200
"""Characters of the text that solves the case, and of any other."""
TRANSCRIPT = 6_000


def case_shown(case: Case) -> str:
    said = case.model_dump(exclude_none=True)
    return dumped({**said, "transcript": case.transcript[:TRANSCRIPT]})


def found_shown(grounds: Grounds, material: Material) -> str:
    """Articles, scripts and tickets under their ids, the voted ones with their share."""
    whole = {
        text.knowledge_id: text.text[:WHOLE]
        for text in (material.article, material.script, material.alike)
        if text is not None
    }
    shares = {vote.kb_id: f"{vote.share:.0%}" for vote in grounds.votes}
    return dumped(
        {
            "articles": [_text(one, whole, shares) for one in articles(grounds, material)],
            "scripts": [_text(one, whole, {}) for one in scripts(grounds, material)],
            "resolved_tickets": [_text(one, {}, {}) for one in grounds.tickets[:TICKETS]],
        }
    )


def articles(grounds: Grounds, material: Material) -> list[Source]:
    return _first(grounds.articles, ARTICLES, material.article)


def scripts(grounds: Grounds, material: Material) -> list[Source]:
    return _first(grounds.scripts, SCRIPTS, material.script)


def _first(sources: Sequence[Source], most: int, wanted: Article | None) -> list[Source]:
    """The best ones, the wanted one among them."""
    first = wanted.knowledge_id if wanted else None
    return sorted(sources, key=lambda one: one.id != first)[:most]


def _text(one: Source, whole: dict[str, str], shares: dict[str, str]) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": one.id, "title": one.title}
    if one.id in shares:
        shown["share_of_votes"] = shares[one.id]
    return {**shown, "text": whole.get(one.id, one.passage[:PART])}
