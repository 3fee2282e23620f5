"""The order of articles for a case: what its words find, its category and the votes, together."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.tickets.voting import Ballot

TITLE, CATEGORY, VOTED = 0.5, 0.75, 3.0
"""Beside 1 for the best match of the words."""
STEEP = 6
"""The power of closeness a vote counts with: a far ticket does not outvote a good match."""


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


@dataclass(frozen=True, slots=True)
class Ranked:
    id: str
    score: float
    voted: float
    """The part of the score that is the votes'."""

    @property
    def evident(self) -> bool:
        return self.voted >= 1.0 or self.score >= 1.5


def ranked(candidates: Sequence[Candidate], ballots: Sequence[Ballot]) -> list[Ranked]:
    """The best first."""
    votes = {ballot.vote.kb_id: strength(ballot) for ballot in ballots}
    found = []
    for each in candidates:
        voted = votes.get(each.id, 0.0)
        found.append(Ranked(each.id, own(each) + voted, voted))
    return sorted(found, key=lambda item: (-item.score, item.id))


def own(candidate: Candidate) -> float:
    """What speaks for it without any vote."""
    title = TITLE * max(0.0, candidate.title)
    return candidate.words + title + CATEGORY * candidate.category


def strength(ballot: Ballot) -> float:
    """Up to VOTED, where the same was asked before and all used this."""
    return VOTED * ballot.closest**STEEP * (1 + ballot.vote.share) / 2
