"""The points by rules: better grounds never score less."""

from agent.tickets.models import Case, Grounds, Label, Labels, Score
from graphs.tickets.resolve import write
from graphs.tickets.score import score
from graphs.tickets.written import Material
from tests.graphs.tickets.examples import CASE, FOB, FOB_SCRIPT, article, voted

SURE = Labels(category=Label(value="Access", confidence=1.0))


def scored(grounds: Grounds, material: Material, labels: Labels = SURE, case: Case = CASE) -> Score:
    return score(case, grounds, labels, material, write(case, grounds, material))


BOTH = Material(article=FOB, script=FOB_SCRIPT)


def test_a_good_resolution_scores_high_and_a_draft_low() -> None:
    good = scored(voted(), BOTH)
    draft = scored(Grounds(), Material())
    assert good.relevancy_score >= 75
    assert draft.relevancy_score <= 40
    assert good.relevancy_points <= 40
    assert good.accuracy_points <= 35
    assert good.completeness_points <= 25


def test_each_part_tells_good_from_bad() -> None:
    good = scored(voted(), BOTH)
    disputed = scored(voted(share=0.6), BOTH)
    far = scored(voted(alike=0.4), BOTH)
    other = scored(voted(), BOTH, Labels(category=Label(value="Billing", confidence=0.9)))
    bare = scored(voted(script_id=None), Material(article=article("KB-0001", "It is so.")))
    assert disputed.accuracy_points < good.accuracy_points
    assert far.relevancy_points < good.relevancy_points
    assert other.accuracy_points < good.accuracy_points
    assert bare.completeness_points < good.completeness_points


def test_a_script_that_others_used_is_missed() -> None:
    lacking = scored(voted(), Material(article=FOB))
    assert "also used SCRIPT-0007" in lacking.reasoning
    assert (
        lacking.completeness_points
        < scored(voted(script_id=None), Material(article=FOB)).completeness_points
    )


def test_the_reasoning_is_plain_sentences() -> None:
    said = scored(voted(share=0.7), BOTH).reasoning
    assert "0.79 alike" in said
    assert "2 tickets like it point to KB-0001, with 70% of the votes." in said
    assert "KB-0003" in said
    alone = voted(share=0.7)
    alone.votes[0].tickets[:] = alone.votes[0].tickets[:1]
    assert "1 ticket like it points to KB-0001" in scored(alone, BOTH).reasoning
    assert "<DATABASE> must still be filled in." in said
