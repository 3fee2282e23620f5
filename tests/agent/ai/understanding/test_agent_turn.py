from collections.abc import Callable
from datetime import date

import pytest

from agent.ai.understanding import read_agent_turn
from agent.ai.understanding.models import AgentTurn, Candidate, Gazetteer

Read = Callable[..., AgentTurn]
HOME = Candidate("L1", "Juniper Flats", "12 Mill Road", "Ashford", 1900, 2, 1)


@pytest.fixture
def turn(today: date, gazetteer: Gazetteer) -> Read:
    def reader(text: str, *shortlist: Candidate) -> AgentTurn:
        return read_agent_turn(text, gazetteer=gazetteer, shortlist=shortlist, today=today)

    return reader


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Which area would you like?", ("areas",)),
        ("Where should I look?", ("areas",)),
        ("How many bedrooms do you need?", ("bedrooms",)),
        ("How many bedrooms, and in which city?", ("areas", "bedrooms")),
        ("How many bathrooms?", ("bathrooms",)),
        ("What is your budget?", ("budget",)),
        ("When are you planning to move in?", ("tour_date", "move_date")),
        ("Do you have any pets?", ("pets",)),
        ("Would you like it furnished?", ("furnished",)),
        ("Do you need parking?", ("parking",)),
        ("How many people will live there?", ("occupants",)),
        ("May I have your name and email?", ("contact",)),
        ("When would you like to visit?", ("tour_date",)),
        ("Would you like to schedule a tour?", ("tour",)),
        ("Shall I book a visit for you?", ("tour",)),
        ("Which of these times works for you?", ("slot",)),
        ("Is there anything else I can help with?", ("more",)),
        ("The apartment is furnished and pets are allowed.", ()),
        ("Your visit is booked.", ()),
        ("Their phone number is 555-0142.", ()),
    ],
)
def test_what_it_asked(turn: Read, text: str, asked: tuple[str, ...]) -> None:
    assert {*asked} <= {*turn(text).asked}
    if not asked:
        assert turn(text).asked == ()


def test_an_offer_of_a_known_home(turn: Read) -> None:
    found = turn(
        "I found 3 places. Juniper Flats at 12 Mill Road has 2 bedrooms, 1 bath, $1,900 a month.",
        HOME,
    )
    assert found.offered == ("L1",)
    home = found.homes[0]
    assert (home.name, home.address, home.rent) == ("Juniper Flats", "12 Mill Road", 1900)
    assert (home.bedrooms, home.bathrooms) == (2, 1)
    assert found.confirming == {}


def test_an_offer_outside_the_shortlist_has_no_id(turn: Read) -> None:
    found = turn("How about The Larkspur? It has 3 bedrooms and the rent is $2,500.")
    assert found.offered == ()
    assert [home.name for home in found.homes] == ["The Larkspur"]
    assert found.homes[0].listing_id == ""


def test_several_homes_each_with_its_own_words(turn: Read) -> None:
    found = turn("Juniper Flats is $1,900 for 2 bedrooms; Quay 12 is $2,400 for 3 bedrooms.", HOME)
    assert [(home.name, home.rent, home.bedrooms) for home in found.homes] == [
        ("Juniper Flats", 1900, 2),
        ("Quay 12", 2400, 3),
    ]


def test_an_offer_of_an_unknown_home(turn: Read) -> None:
    found = turn("There is Copper Ridge Residences at 7 Elm Avenue with 2 bedrooms for $2,100.")
    assert found.homes[0].name == "Copper Ridge Residences"


def test_a_home_named_twice_is_one_home(turn: Read) -> None:
    assert len(turn("Quay 12 is nice. Quay 12 has 2 bedrooms for $2,000.").homes) == 1


def test_a_street_is_no_community(turn: Read) -> None:
    found = turn("The Larkspur at 40 Juniper Flats Road has 1 bedroom and rents for $1,500.")
    assert [home.name for home in found.homes] == ["The Larkspur"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Please confirm: a visit to Juniper Flats on May 18th.", "2024-05-18"),
        ("You'd like to see Juniper Flats this Saturday, correct?", "2024-05-18"),
        ("juniper flats tomorrow, is that right?", "2024-05-16"),
        ("So May 20th instead of the 18th at Juniper Flats, right?", "2024-05-20"),
    ],
)
def test_what_awaits_a_yes(turn: Read, text: str, day: str) -> None:
    found = turn(text)
    assert found.asked == ("confirm",)
    assert found.confirming == {"property": "Juniper Flats", "tour_date": date.fromisoformat(day)}


@pytest.mark.parametrize(
    "text",
    [
        "Your visit to Juniper Flats has been booked for May 18th.",
        "I successfully scheduled Juniper Flats on May 18th.",
        "Sorry, I was unable to book Juniper Flats on May 18th.",
        "Add an event called Juniper Flats to your calendar on May 18th?",
        "Confirm: a cab to Juniper Flats on May 18th?",
        "Juniper Flats has 2 bedrooms from May 18th for $1,900 a month.",
        "Would you like to visit Juniper Flats?",
    ],
)
def test_what_awaits_none(turn: Read, text: str) -> None:
    assert turn(text).confirming == {}


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("How many bedrooms would you like?", "homes"),
        ("Your cab is on its way.", "other"),
        ("You're free from 2 pm on May 18th.", "other"),
        ("Shall I add it to your calendar?", "other"),
        ("Anything else?", ""),
        ("The place is close to the train station.", "homes"),
    ],
)
def test_what_it_is_about(turn: Read, text: str, about: str) -> None:
    assert turn(text).about == about


def test_days_and_places_of_other_talk_are_remembered(turn: Read) -> None:
    found = turn("A car waits for you in Marlow on May 18th.")
    assert found.mentioned == {"areas": ["Marlow"], "tour_date": date(2024, 5, 18)}
