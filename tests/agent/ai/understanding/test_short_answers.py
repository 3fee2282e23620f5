"""Answers that mean nothing without the question before them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time

import pytest

from agent.ai.understanding.models import AgentTurn, Candidate, Intent, SlotOption, Understanding

Read = Callable[..., Understanding]


HOMES = (
    Candidate("L1", "Quay 12", rent=2100, bedrooms=2, bathrooms=1),
    Candidate("L2", "The Larkspur", rent=1800, bedrooms=2, bathrooms=2),
    Candidate("L3", "Juniper Flats", rent=2300, bedrooms=3, bathrooms=2),
)
OFFER = AgentTurn(asked=("tour", "property"), offered=("L1", "L2", "L3"))
SLOTS = tuple(
    SlotOption(f"S{n}", datetime(2024, 5, 16, hour, 0, tzinfo=UTC))
    for n, hour in enumerate((10, 13, 16), 1)
)


@pytest.mark.parametrize(
    ("text", "pets"),
    [
        ("None", False),
        ("na", False),
        ("nope, none at all", False),
        ("nothing right now thanks", False),
        ("a corgi", True),
        ("two old tabby ladies", True),
        ("he's a 60 lb labrador", True),
    ],
)
def test_pets(read: Read, text: str, pets: bool) -> None:
    assert read(text, "pets").entities["pets"] is pets


def test_none_answers_only_what_was_asked(read: Read) -> None:
    assert read("none", "parking").entities == {"parking": False}
    assert read("none", "budget").entities == {}


@pytest.mark.parametrize(
    ("text", "home"),
    [
        ("1", "L1"),
        ("#2", "L2"),
        ("2 pls", "L2"),
        ("1st", "L1"),
        ("3rd!", "L3"),
        ("second", "L2"),
        ("the one on top", "L1"),
        ("ooh the frist one looks nice", "L1"),
        ("cheapest", "L2"),
        ("da cheapest one obviously", "L2"),
        ("last one please", "L3"),
    ],
)
def test_which_home(read: Read, text: str, home: str) -> None:
    found = read(text, agent=OFFER, shortlist=HOMES)
    assert found.references == (home,)
    assert "tour_date" not in found.entities


@pytest.mark.parametrize("text", ["first or second", "june 1st", "on the second floor", "neither"])
def test_no_single_home(read: Read, text: str) -> None:
    assert len(read(text, agent=OFFER, shortlist=HOMES).references) != 1


@pytest.mark.parametrize(
    ("text", "slot"),
    [
        ("2", "S2"),
        ("the latest one, I get there by train", "S3"),
        ("whichever is earliest", "S1"),
        ("3rd works", "S3"),
        ("the second time", "S2"),
    ],
)
def test_which_time(read: Read, text: str, slot: str) -> None:
    assert read(text, "slot", slots=SLOTS).slot_ids == (slot,)


@pytest.mark.parametrize("text", ["y", "yessir", "aye, send it", "go on then", "k", "for sure"])
def test_yes(read: Read, text: str) -> None:
    assert read(text, "confirm").has(Intent.AFFIRM)
    assert read(text, "tour").has(Intent.TOUR)


@pytest.mark.parametrize("text", ["why", "yesterday was nice", "yolo park"])
def test_no_yes(read: Read, text: str) -> None:
    assert not read(text, "confirm").has(Intent.AFFIRM)


def test_a_question_without_a_rule_is_a_question(read: Read) -> None:
    found = read("what color are the kitchen tiles")
    assert found.topics == ("other",)
    assert found.has(Intent.ASK)


def test_long_runs_of_soft_words_cost_nothing(read: Read) -> None:
    text = "i think i would like to take a look at the one " * 160
    assert read(text, agent=OFFER, shortlist=HOMES).references != ("L9",)


def test_a_home_and_a_day_in_one_message(read: Read) -> None:
    text = "the second one looks nice, can I see it thursday afternoon?"
    found = read(text, agent=OFFER, shortlist=HOMES)
    assert found.references == ("L2",)
    assert found.entities["tour_date"] == date(2024, 5, 16)
    assert found.tour_time == time(14)


@pytest.mark.parametrize("text", ["Good morning!", "I am looking for a home", "hello this evening"])
def test_a_greeting_is_no_time(read: Read, text: str) -> None:
    assert read(text).tour_time is None


@pytest.mark.parametrize(
    "text", ["what time is my tour?", "when's my appointment", "my tour time?"]
)
def test_asks_when_the_tour_is(read: Read, text: str) -> None:
    assert "own_tour" in read(text).topics
