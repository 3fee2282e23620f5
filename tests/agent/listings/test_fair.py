from agent.listings.fair import without_unfair
from agent.listings.models import ListingDraft

FAIR = ListingDraft(
    name="Oak Senior Apartments",
    rent=1500,
    bedrooms=1,
    bathrooms=1,
    description="Sunny, near the park. Oak Senior Apartments has a family room.",
    features=["walk-in closet", "wheelchair accessible"],
)


def test_a_fair_draft_stays_as_it_is() -> None:
    assert without_unfair(FAIR) == (FAIR, {})


def test_a_description_goes_as_a_whole_and_a_feature_alone() -> None:
    given = {"description": "Sunny. Perfect for newlyweds.", "features": ["pool", "no children"]}
    draft, broken = without_unfair(FAIR.model_copy(update=given))
    assert draft == FAIR.model_copy(update={"description": "", "features": ["pool"]})
    assert broken == {"description": ["FH3"], "features": ["FH3"]}


def test_an_age_is_named_only_in_senior_housing() -> None:
    given = FAIR.model_copy(update={"description": "A 55+ community."})
    assert without_unfair(given)[1] == {"description": ["FH3"]}
    assert without_unfair(given, senior_housing=True) == (given, {})
