from collections.abc import Callable

import pytest

from agent.ai.understanding.models import Understanding

Read = Callable[..., Understanding]


@pytest.mark.parametrize(
    ("text", "asked", "months"),
    [
        ("a 12 month lease", (), 12),
        ("6-month lease please", (), 6),
        ("one year lease", (), 12),
        ("I want to rent for 9 months", (), 9),
        ("month to month", (), 1),
        ("a two-year contract", (), 24),
        ("12", ("lease_months",), 12),
        ("a year", ("lease_months",), 12),
        ("6 months", ("lease_months",), 6),
        ("half a year", ("lease_months",), 6),
    ],
)
def test_lease(read: Read, text: str, asked: tuple[str, ...], months: int) -> None:
    assert read(text, *asked).entities["lease_months"] == months


@pytest.mark.parametrize(
    "text", ["do you offer 6 month leases?", "I moved here 3 years ago", "in two months"]
)
def test_no_lease(read: Read, text: str) -> None:
    assert "lease_months" not in read(text).entities


@pytest.mark.parametrize(
    ("text", "asked", "count"),
    [
        ("two people", (), 2),
        ("just me", (), 1),
        ("it's for me and my girlfriend", (), 2),
        ("a family of four", (), 4),
        ("there will be 3 of us", (), 3),
        ("me and 2 roommates", (), 3),
        ("my husband and I", (), 2),
        ("I live alone", (), 1),
        ("3", ("occupants",), 3),
        ("only myself", ("occupants",), 1),
        ("two adults", (), 2),
        ("both of us", (), 2),
    ],
)
def test_occupants_are_a_count(read: Read, text: str, asked: tuple[str, ...], count: int) -> None:
    assert read(text, *asked).entities["occupants"] == count


@pytest.mark.parametrize(
    "text",
    [
        "I want two bedrooms",
        "how many people can live there?",
        "me and my wife, and our three boys",
        "I'm just looking",
    ],
)
def test_no_count(read: Read, text: str) -> None:
    assert "occupants" not in read(text).entities


@pytest.mark.parametrize(
    ("text", "wishes"),
    [
        ("I'd love a balcony and hardwood floors", ["balcony", "hardwood floors"]),
        ("on the ground floor if possible", ["ground floor"]),
        ("a dishwasher and a pool would be nice", ["dishwasher", "pool"]),
        ("close to the train station please", ["close to the train station"]),
    ],
)
def test_preferences_in_the_leads_words(read: Read, text: str, wishes: list[str]) -> None:
    assert read(text).entities["preferences"] == wishes


@pytest.mark.parametrize("text", ["is there a pool?", "does it have a balcony"])
def test_a_question_is_no_preference(read: Read, text: str) -> None:
    assert "preferences" not in read(text).entities
