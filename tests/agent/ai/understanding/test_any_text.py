import statistics
import time
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.ai.understanding import read_agent_turn, understand
from agent.ai.understanding.models import (
    AgentTurn,
    Candidate,
    Context,
    Gazetteer,
    SlotOption,
    Understanding,
)

GAZETTEER = Gazetteer(
    areas=frozenset({f"Area {word}" for word in "abcdefgh"} | {"Ashford", "Marlow"}),
    properties=frozenset({f"{word} Court" for word in ("Amber", "Birch", "Cedar", "Dune")}),
)
HOMES = (
    Candidate("L1", "Amber Court", "1 First Street", "Ashford", 1900, 2, 1),
    Candidate("L2", "Birch Court", "2 Second Street", "Marlow", 1700, 1, 1),
)
FULL = Context(
    today=date(2024, 2, 29),
    agent=AgentTurn(
        asked=("areas", "bedrooms", "budget", "pets", "move_date", "slot", "lease_months"),
        offered=("L1", "L2"),
        confirming={"property": "Amber Court", "tour_date": date(2024, 3, 2)},
        homes=HOMES,
    ),
    shortlist=HOMES,
    focus="L1",
    slots=(SlotOption("S1", datetime.fromisoformat("2024-03-02T10:00")),),
    gazetteer=GAZETTEER,
    mentioned={"areas": ["Ashford"], "tour_date": date(2024, 3, 3)},
)
RULE_WORDS = """
the of in on 2 two 31st 30 feb february 99/99 12/31 $ 2k 2,000 - / % yes no not don't ? . ! ,
    bedroom bath studio ashford amber court first last cheaper pets parking furnished tomorrow next
    friday week month 0 00 000 1000000000 am pm at 25:61 #1 half end mid cancel stop İ ß ﬁ 👍 ½ é
    instead is are any
"""
WORDS = st.sampled_from(RULE_WORDS.split())


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
@pytest.mark.untraced
def test_any_text_is_read(text: str) -> None:
    assert isinstance(understand(text, FULL), Understanding)


@given(st.lists(WORDS, max_size=25).map(" ".join))
@settings(max_examples=500, deadline=None)
@pytest.mark.untraced
def test_any_order_of_rule_words_is_read(text: str) -> None:
    found = understand(text, FULL)
    assert not found.entities.keys() & found.cleared
    assert not found.entities.keys() & found.accepted.keys()
    assert {*found.references} <= {"L1", "L2"}
    assert {*found.slot_ids} <= {"S1"}


@given(st.lists(WORDS, max_size=25).map(" ".join))
@settings(max_examples=200, deadline=None)
def test_any_agent_turn_is_read(text: str) -> None:
    turn = read_agent_turn(text, gazetteer=GAZETTEER, shortlist=HOMES, today=FULL.today)
    assert {*turn.offered} <= {"L1", "L2"}


def test_the_same_text_is_read_the_same() -> None:
    text = "a 2br in Ashford under 2k with parking, tour on friday?"
    assert understand(text, FULL) == understand(text, FULL)


def test_an_emoji_is_text_without_a_meaning() -> None:
    context = Context(today=date(2024, 2, 29))
    found = understand("🏠🐈", context)
    assert (found.entities, found.intents, found.topics) == ({}, (), ())


def test_what_fired_is_named() -> None:
    found = understand("a 2br in Ashford under 2k", Context(today=FULL.today, gazetteer=GAZETTEER))
    assert {"area_known", "bedrooms_counted", "budget_capped"} <= {*found.rules}


@pytest.mark.parametrize(
    "phrase",
    [
        "find ",
        "1 ",
        "a ",
        "no ",
        "what is the ",
        "in Ashford ",
        "that sounds ",
        "$1,000-",
        "e.g. ",
        "'s ",
    ],
)
@pytest.mark.untraced
def test_the_longest_message_is_read_in_two_seconds(phrase: str) -> None:
    text = (phrase * 8000)[:8000]
    start = time.process_time()
    understand(text, FULL)
    read_agent_turn(text, gazetteer=GAZETTEER, shortlist=HOMES, today=FULL.today)
    assert time.process_time() - start < 2


@pytest.mark.untraced
def test_a_message_is_read_in_two_milliseconds() -> None:
    texts = (
        "Hi! I'm looking for a two bedroom, one bath in Ashford under $2,000, pets allowed.",
        "Yes, that sounds great. What's the phone number, and is it furnished?",
        "Could you schedule a visit for next Friday at 3pm instead?",
        "ok",
    )
    for text in texts:
        understand(text, FULL)
    spent = []
    for _ in range(50):
        for text in texts:
            start = time.process_time()
            understand(text, FULL)
            spent.append(time.process_time() - start)
    assert statistics.median(spent) < 0.002
