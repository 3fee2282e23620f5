"""The order of articles for a case: what its words find, its category and the votes, together."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.tickets.voting import Ballot

TITLE, CATEGORY, VOTED = 0.5, 0.75, 3.0
"""Beside 1 for the best match of the words."""
STEEP = 6
"""The power of closeness a vote counts with: a far ticket does not outvote a good match."""
SURE = 1.0
"""Of the votes' part: from here on they alone make an article evident."""
FITS, FILED = 0.6, 0.4
"""Of the title's likeness, from here on it is evident without votes; and what the case's own
category counts there."""
_JUST_BELOW = 1e-6


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a search found, or what was voted for."""

    id: str
    words: float
    """Its match beside the best of the search, 0 to 1."""
    title: float
    """Cosine of its title and what is asked."""
    category: float = 0.0
    """How surely the case is of its category, 0 to 1."""
    rests_on: str | None = None
    """The article that a resolution only applies."""


@dataclass(frozen=True, slots=True)
class Ranked:
    id: str
    score: float
    evident: bool
    """Whether it may be cited."""


def ranked(candidates: Sequence[Candidate], ballots: Sequence[Ballot]) -> list[Ranked]:
    """The best first; behind an article at most one resolution that rests on it."""
    strengths = {ballot.vote.kb_id: strength(ballot) for ballot in ballots}
    scores = {each.id: own(each) + strengths.get(each.id, 0.0) for each in candidates}
    followers: dict[str, str] = {}
    for each in sorted(candidates, key=lambda each: (-scores[each.id], each.id)):
        if each.rests_on is not None:
            followers.setdefault(each.rests_on, each.id)
    found = []
    for each in candidates:
        score, leader = scores[each.id], each.rests_on
        if leader is not None:
            if leader not in scores or followers[leader] != each.id:
                continue
            score = min(score, scores[leader] - _JUST_BELOW)
        evident = strengths.get(each.id, 0.0) >= SURE or fit(each) >= FITS
        found.append(Ranked(each.id, score, evident))
    return sorted(found, key=lambda item: (-item.score, item.id))


def own(candidate: Candidate) -> float:
    """What speaks for it without any vote."""
    title = TITLE * max(0.0, candidate.title)
    return candidate.words + title + CATEGORY * candidate.category


def fit(candidate: Candidate) -> float:
    """How sure it is that it speaks of the case, whatever else there is to choose from."""
    return candidate.title + FILED * candidate.category


def strength(ballot: Ballot) -> float:
    """Up to VOTED, where the same was asked before and all used this."""
    return VOTED * ballot.closest**STEEP * (1 + ballot.vote.share) / 2
