from datetime import date

from agent.ai.understanding.models import Understanding
from agent.leads.models import LeadProfile
from agent.leads.profile import updated


def test_values_said_are_filled_in() -> None:
    said = Understanding(entities={"bedrooms": 2, "areas": ["Ashford"], "pets": True})
    assert updated(LeadProfile(), said) == LeadProfile(bedrooms=2, areas=["Ashford"], pets=True)


def test_a_correction_replaces() -> None:
    known = LeadProfile(bedrooms=2, areas=["Ashford"])
    said = Understanding(entities={"bedrooms": 3, "areas": ["Marlow"]})
    assert updated(known, said) == LeadProfile(bedrooms=3, areas=["Marlow"])


def test_a_withdrawn_field_is_empty_again() -> None:
    known = LeadProfile(areas=["Ashford"], pets=True, budget=2000)
    said = Understanding(cleared=frozenset({"areas", "pets"}))
    assert updated(known, said) == LeadProfile(budget=2000)


def test_what_was_accepted_fills_in_and_what_was_said_wins() -> None:
    said = Understanding(
        entities={"tour_date": date(2024, 5, 20)},
        accepted={"tour_date": date(2024, 5, 18), "property": "Juniper Flats"},
    )
    expected = LeadProfile(tour_date=date(2024, 5, 20), property="Juniper Flats")
    assert updated(LeadProfile(), said) == expected


def test_preferences_add_up_once() -> None:
    known = LeadProfile(preferences=["balcony"])
    said = Understanding(entities={"preferences": ["pool", "balcony"]})
    assert updated(known, said).preferences == ["balcony", "pool"]


def test_what_is_no_profile_field_is_left_out() -> None:
    said = Understanding(entities={"rent": 1800, "phone": "555-0142", "bedrooms": 1})
    assert updated(LeadProfile(), said) == LeadProfile(bedrooms=1)


def test_the_profile_before_is_not_touched() -> None:
    known = LeadProfile(areas=["Ashford"])
    updated(known, Understanding(entities={"areas": ["Marlow"]}))
    assert known.areas == ["Ashford"]


def test_a_refusal_is_a_value() -> None:
    assert updated(LeadProfile(pets=True), Understanding(entities={"pets": False})).pets is False
