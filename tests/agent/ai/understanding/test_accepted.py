from collections.abc import Callable
from datetime import date

import pytest

from agent.ai.understanding.models import AgentTurn, Candidate, Intent, Understanding

Read = Callable[..., Understanding]

HOME = Candidate("L1", "Juniper Flats")
PROPOSAL = AgentTurn(
    asked=("confirm",),
    about="homes",
    confirming={"property": "Juniper Flats", "tour_date": date(2024, 5, 18)},
)


@pytest.mark.parametrize(
    "text",
    ["yes", "Yes, that's right. Is it furnished?", "sounds great", "correct", "that'll do, thanks"],
)
def test_a_yes_accepts_the_proposal(read: Read, text: str) -> None:
    found = read(text, agent=PROPOSAL)
    assert found.accepted == PROPOSAL.confirming
    assert found.entities == {}


@pytest.mark.parametrize(
    "text", ["Thanks. Yes please.", "hi, yes go ahead", "That sounds like just what I want."]
)
def test_a_yes_after_manners(read: Read, text: str) -> None:
    assert read(text, agent=PROPOSAL).accepted == PROPOSAL.confirming


@pytest.mark.parametrize(
    "text",
    [
        "ok. wait, not that day",
        "Yes. Actually no, I changed my mind",
        "sure but I can't do Saturday",
        "Great. Never mind though",
        "is that a good place?",
        "what a great day",
        "I'm not sure yet",
        "Can you confirm the price first?",
    ],
)
def test_a_yes_taken_back_or_never_given(read: Read, text: str) -> None:
    assert read(text, agent=PROPOSAL).accepted == {}


@pytest.mark.parametrize("text", ["no", "wait", "is it furnished?", "hmm", "maybe later", "what?"])
def test_nothing_else_does(read: Read, text: str) -> None:
    assert read(text, agent=PROPOSAL).accepted == {}


@pytest.mark.parametrize(
    "text", ["No, make it the 20th", "Could we do the 20th instead?", "Yes, but on the 20th"]
)
def test_a_correction_keeps_the_rest(read: Read, text: str) -> None:
    found = read(text, agent=PROPOSAL)
    assert found.entities["tour_date"] == date(2024, 5, 20)
    assert found.accepted == {"property": "Juniper Flats"}


def test_a_yes_to_the_offer_of_a_tour_means_the_home_in_focus(read: Read) -> None:
    found = read("yes please", "tour", shortlist=(HOME,), focus="L1")
    assert found.has(Intent.TOUR)
    assert found.accepted == {"property": "Juniper Flats"}


def test_a_no_to_the_offer_of_a_tour_accepts_nothing(read: Read) -> None:
    assert read("no thanks, later", "tour", shortlist=(HOME,), focus="L1").accepted == {}


def test_the_day_spoken_of_is_the_day_of_the_visit(read: Read) -> None:
    found = read(
        "ok, schedule the visit",
        shortlist=(HOME,),
        focus="L1",
        mentioned={"tour_date": date(2024, 5, 19)},
    )
    assert found.accepted == {"property": "Juniper Flats", "tour_date": date(2024, 5, 19)}


def test_accepted_values_give_way_to_said_ones(read: Read) -> None:
    agent = AgentTurn(asked=("search",), confirming={"bedrooms": 2, "areas": ["Ashford"]})
    found = read("yes, but 3 bedrooms", agent=agent)
    assert found.entities["bedrooms"] == 3
    assert found.accepted == {"areas": ["Ashford"]}


class TestAside:
    """Transcripts that serve other errands as well."""

    def test_other_talk_changes_nothing_but_is_remembered(self, read: Read) -> None:
        found = read("get me a cab to Marlow tomorrow", mixed=True)
        assert found.aside
        assert found.entities == {}
        assert found.mentioned == {"areas": ["Marlow"], "tour_date": date(2024, 5, 16)}

    def test_it_goes_on_until_homes_come_up(self, read: Read) -> None:
        assert read("for two people please", aside=True, mixed=True).entities == {}
        assert read("and I need two bedrooms", aside=True, mixed=True).entities == {"bedrooms": 2}

    def test_a_message_may_hold_both(self, read: Read) -> None:
        text = "That sounds great. Am I free on Friday?"
        found = read(text, shortlist=(HOME,), focus="L1", mixed=True)
        assert found.has(Intent.SELECT)
        assert "tour_date" not in found.entities

    @pytest.mark.parametrize(
        "text",
        [
            "close to the train station, two bedrooms",
            "what time slots do you have tomorrow?",
            "can I pick up the keys on Friday?",
            "I need parking for my car",
            "is it near good restaurants?",
            "I'm free on Saturday for a visit",
        ],
    )
    def test_homes_have_trains_and_cars_too(self, read: Read, text: str) -> None:
        assert not read(text, mixed=True).aside

    def test_a_visitor_of_ours_talks_of_homes(self, read: Read) -> None:
        found = read("my car broke down and I missed the bus, 2 bedrooms in Marlow please")
        assert found.entities == {"areas": ["Marlow"], "bedrooms": 2}
        assert not found.aside
