"""Whether a text speaks of a question, whatever else speaks for it."""

from agent.knowledge.wording import covered, meanings, weight
from agent.tickets.models import Source

NEAR, BOTH = 0.6, 1.25
"""Similarity, and similarity with the share of words, from which on a text speaks of a question.

Measured: of 158 tickets that no other tells anything of, 6 are that near to an article and half of
those articles are the right ones; of 100 questions about other things none is.
"""
TELLS = 1.5
"""Weight of the words of a question from which on any text may hold them: "cost" stands in many."""


def is_near(question: str, source: Source) -> bool:
    return speaks_of(question, source.title, source.passage, source.similarity_score)


def speaks_of(question: str, title: str, passage: str, alike: float) -> bool:
    """The same of any text, `alike` being the cosine of the two.

    A question of a single telling word is spoken of where that stands in the title.
    """
    tells = sum(map(weight, set(meanings(question))))
    text = title if tells < TELLS else f"{title} {passage}"
    return alike >= NEAR or alike + covered(question, text) >= BOTH
