"""The score of a resolution by rules: what speaks for it, in points and in plain sentences.

What each point means stands in docs/scores.md.
"""

from agent.knowledge.wording import covered
from agent.tickets.models import ACCURACY, COMPLETENESS, RELEVANCY, Case, Grounds, Labels, Score
from agent.tickets.wording import asked
from graphs.tickets.written import Material, Written, basis, vote_for
from prompts import load

ALIKE = (0.35, 0.90)
"""From this similarity on there are points; at this one there are all."""
ALIKE_POINTS, VOTED_POINTS, WORDS_POINTS = 22, 10, 8
LEAD_POINTS, VOTERS_POINTS, LABEL_POINTS = 18, 9, 8
FOUND_POINTS = 8
"""In place of the votes, where the search alone found the article."""
STEPS_POINTS, SCRIPT_POINTS, VALUES_POINTS = 12, 7, 6
ENOUGH_VOTERS = 3
ENOUGH_STEPS = 3
NEAR = 0.6


def score(
    case: Case, grounds: Grounds, labels: Labels, material: Material, written: Written
) -> Score:
    """The same for the same input."""
    relevancy, of_relevancy = _relevancy(case, grounds, written)
    accuracy, of_accuracy = _accuracy(grounds, labels, material, written)
    completeness, of_completeness = _completeness(grounds, written)
    return Score(
        relevancy_points=_points(relevancy, RELEVANCY),
        accuracy_points=_points(accuracy, ACCURACY),
        completeness_points=_points(completeness, COMPLETENESS),
        reasoning=" ".join([of_relevancy, *of_accuracy, *of_completeness]),
    )


def _relevancy(case: Case, grounds: Grounds, written: Written) -> tuple[float, str]:
    """Whether it is about this problem."""
    near = basis(grounds, written.kb_id)
    vote = vote_for(grounds, written.kb_id)
    said = WORDS_POINTS * covered(asked(case), written.content)
    if near is None:
        return said, _say("nothing_near")
    points = ALIKE_POINTS * _between(near.similarity_score, *ALIKE)
    points += VOTED_POINTS * (vote.share if vote else 0.0)
    name = "near" if near.similarity_score >= NEAR else "far"
    kind = "resolved ticket" if near.kind == "ticket" else "article"
    return points + said, _say(name, kind=kind, similarity=f"{near.similarity_score:.2f}")


def _accuracy(
    grounds: Grounds, labels: Labels, material: Material, written: Written
) -> tuple[float, list[str]]:
    """Whether it is the right way to solve it."""
    vote = vote_for(grounds, written.kb_id)
    same = LABEL_POINTS * _agreement(labels, material)
    if written.kb_id is None:
        return same / 2, [_say("no_article")]
    if vote is None:
        return FOUND_POINTS + same, [_say("unvoted", kb_id=written.kb_id)]
    others = (one for one in grounds.votes if one is not vote)
    other = max(others, key=lambda one: one.share, default=None)
    lead = vote.share - (other.share if other else 0.0)
    voters = min(len(vote.tickets), ENOUGH_VOTERS) / ENOUGH_VOTERS
    told = [_voted(vote.kb_id, len(vote.tickets), vote.share)]
    if other is not None:
        told.append(_say("disputed", other=other.kb_id))
    return LEAD_POINTS * max(lead, 0.0) + VOTERS_POINTS * voters + same, told


def _completeness(grounds: Grounds, written: Written) -> tuple[float, list[str]]:
    """Whether somebody can act on it as it stands."""
    vote = vote_for(grounds, written.kb_id)
    wanted = vote.script_id if vote else None
    points = STEPS_POINTS * min(written.steps, ENOUGH_STEPS) / ENOUGH_STEPS
    lacks = [] if written.steps else [_say("lacks_steps")]
    if wanted is None or wanted == written.script_id:
        points += SCRIPT_POINTS
    else:
        lacks.append(_say("lacks_script", script_id=wanted))
    known = written.filled + len(written.left)
    points += VALUES_POINTS * (written.filled / known if known else 1.0)
    if written.left:
        lacks.append(_say("lacks_values", names=", ".join(f"<{name}>" for name in written.left)))
    steps = _steps(written.steps)
    if not lacks:
        return points, [_say("complete", steps=steps)]
    return points, [*([_say("has_steps", steps=steps)] if written.steps else []), *lacks]


def _agreement(labels: Labels, material: Material) -> float:
    """How far the article's category is the one that was found for the case; unknown: half."""
    found, article = labels.category, material.article
    if found.value is None or article is None or article.category is None:
        return 0.5
    same = found.value.casefold() == article.category.casefold()
    return 0.5 + found.confidence / 2 if same else 0.5 - found.confidence / 2


def _between(value: float, low: float, high: float) -> float:
    return min(max((value - low) / (high - low), 0.0), 1.0)


def _points(value: float, most: int) -> int:
    return min(max(round(value), 0), most)


def _voted(kb_id: str, voters: int, share: float) -> str:
    tickets = f"{voters} tickets" if voters > 1 else "1 ticket"
    if share >= 1:
        return _say("voted_all", kb_id=kb_id, voters=tickets)
    point = "point" if voters > 1 else "points"
    return _say("voted", kb_id=kb_id, voters=tickets, point=point, share=f"{share:.0%}")


def _steps(count: int) -> str:
    return "1 step" if count == 1 else f"{count} steps"


def _say(name: str, **values: str) -> str:
    return load("tickets/wording").render(name, values)
