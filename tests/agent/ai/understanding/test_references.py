from collections.abc import Callable
from datetime import datetime

import pytest

from agent.ai.understanding.models import AgentTurn, Candidate, SlotOption, Understanding

Read = Callable[..., Understanding]

HOMES = (
    Candidate("L1", "Juniper Flats", "12 Mill Road", "Ashford", 1900, 2, 1),
    Candidate("L2", "The Larkspur", "480 Harbor Street", "Marlow", 1750, 1, 1),
    Candidate("L3", "Quay 12", "9 Quay Lane", "Port Lindon", 2400, 3, 2),
)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("the first one", ("L1",)),
        ("I like the first", ("L1",)),
        ("the second one please", ("L2",)),
        ("option 2", ("L2",)),
        ("number three", ("L3",)),
        ("the 3rd one", ("L3",)),
        ("the last one looks good", ("L3",)),
        ("the cheaper one", ("L2",)),
        ("tour the cheapest", ("L2",)),
        ("the most expensive", ("L3",)),
        ("the one thats cheapest", ("L2",)),
        ("the bigger one", ("L3",)),
        ("the smallest", ("L2",)),
        ("Juniper Flats", ("L1",)),
        ("the larkspur sounds nice", ("L2",)),
        ("what about larkspur", ("L2",)),
        ("the one on 480 Harbor Street", ("L2",)),
        ("the one in Port Lindon", ("L3",)),
        ("the apartment in ashford", ("L1",)),
        ("Juniper Flats or Quay 12?", ("L1", "L3")),
        ("all three", ("L1", "L2", "L3")),
        ("that one", ("L2",)),
        ("can I see it?", ("L2",)),
        ("is the apartment furnished", ("L2",)),
    ],
)
def test_homes_of_the_shortlist(read: Read, text: str, ids: tuple[str, ...]) -> None:
    assert read(text, shortlist=HOMES, focus="L2").references == ids


@pytest.mark.parametrize(
    "text",
    [
        "show me something cheaper",
        "on the 2nd of June",
        "first floor please",
        "no, on second thought let's wait",
        "two bedrooms",
        "thanks",
        "Maple Court",
    ],
)
def test_no_reference(read: Read, text: str) -> None:
    assert read(text, shortlist=HOMES).references == ()


def test_places_count_within_the_last_offer(read: Read) -> None:
    agent = AgentTurn(offered=("L2", "L3"))
    assert read("the first one", agent=agent, shortlist=HOMES).references == ("L2",)


def test_without_a_shortlist_nothing_is_meant(read: Read) -> None:
    assert read("the first one").references == ()


def test_equal_prices_have_no_cheaper_one(read: Read) -> None:
    twins = (Candidate("L1", "A Court", rent=1500), Candidate("L2", "B Court", rent=1500))
    assert read("the cheaper one", shortlist=twins).references == ()


def test_a_community_outside_the_shortlist_is_an_entity(read: Read) -> None:
    found = read(
        "do you have anything at Marlow Mill Lofts? I want Marlow Mill Lofts", shortlist=HOMES
    )
    assert found.references == ()
    assert found.entities["property"] == "Marlow Mill Lofts"
    assert "areas" not in found.entities


SLOTS = (
    SlotOption("S1", datetime.fromisoformat("2024-05-16T10:00")),
    SlotOption("S2", datetime.fromisoformat("2024-05-16T15:00")),
    SlotOption("S3", datetime.fromisoformat("2024-05-21T09:30")),
)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("the first", ("S1",)),
        ("the second time", ("S2",)),
        ("2", ("S2",)),
        ("slot 3", ("S3",)),
        ("the last one", ("S3",)),
        ("Tuesday works", ("S3",)),
        ("3pm", ("S2",)),
        ("at 10 please", ("S1",)),
        ("9:30 is good", ("S3",)),
        ("the afternoon one", ("S2",)),
        ("tomorrow morning", ("S1",)),
        ("tomorrow at 3", ("S2",)),
        ("May 21st", ("S3",)),
        ("the earliest", ("S1",)),
        ("any of them", ("S1",)),
        ("tomorrow", ("S1", "S2")),
        ("thursday afternoon", ("S2",)),
    ],
)
def test_slots(read: Read, text: str, ids: tuple[str, ...]) -> None:
    assert read(text, "slot", slots=SLOTS).slot_ids == ids


@pytest.mark.parametrize(
    "text",
    ["none of those work", "do you have other times?", "5pm", "what's the address?", "no", "yes"],
)
def test_no_slot(read: Read, text: str) -> None:
    assert read(text, "slot", slots=SLOTS).slot_ids == ()


def test_no_slots_offered(read: Read) -> None:
    assert read("the first").slot_ids == ()


def test_a_time_asked_for(read: Read) -> None:
    found = read("could we do 4:30 pm instead?", "slot", slots=SLOTS)
    assert found.slot_ids == ()
    assert str(found.tour_time) == "16:30:00"


def test_a_stretch_of_time_chooses_no_slot(read: Read) -> None:
    next_week = (SlotOption("S1", datetime.fromisoformat("2024-05-20T10:00")),)
    assert read("I'd like to come next week", "slot", slots=next_week).slot_ids == ()
    assert read("Monday works", "slot", slots=next_week).slot_ids == ("S1",)
