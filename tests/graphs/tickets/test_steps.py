import time

import pytest

from graphs.tickets.steps import Section, orders, sections


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("How to: 1. Open the menu 2. Click Save 3. Leave",
         [("How to", ("Open the menu", "Click Save", "Leave"))]),
        ("1. Open it\n2. Close it\n\nThat is all.", [("", ("Open it", "Close it"))]),
        ("Option 1: By hand 1. Open it 2. Close it Option 2: By mail 1. Write it 2. Send it",
         [("Option 1: By hand", ("Open it", "Close it")),
          ("Option 2: By mail", ("Write it", "Send it"))]),
        ("It was fixed. Steps: Check the date.; Close the batch.; Retry.",
         [("", ("Check the date.", "Close the batch.", "Retry."))]),
        ("* Check the date\n* Close the batch", [("", ("Check the date", "Close the batch"))]),
        ("The date is wrong. Please check the calendar. Then close the batch.",
         [("", ("Check the calendar.", "Close the batch."))]),
        ("We are open from 9. 10 people work here.", []),
        ("", []),
    ],
)  # fmt: skip
def test_finds_what_is_to_be_done(text: str, found: list[tuple[str, tuple[str, ...]]]) -> None:
    assert sections(text) == [Section(heading, steps) for heading, steps in found]


def test_what_follows_the_last_step_is_no_part_of_it() -> None:
    [section] = sections("1. Open it 2. Close it now. " + "It has always been so. " * 40)
    assert len(section.steps[-1]) <= 160
    assert section.steps[-1].startswith("Close it now.")


def test_a_request_is_an_order_and_a_question_is_none() -> None:
    assert orders("Could you restart the reader? Is it lit? Check what?") == ["Restart the reader"]


@pytest.mark.parametrize(
    "text",
    [
        "1. " * 5_000,
        "1. a 2. " * 3_000,
        "Steps: " + "a;" * 20_000,
        "\n" * 50_000,
        "steps: a " * 9_000,
    ],
)
def test_odd_texts_take_no_time(text: str) -> None:
    began = time.process_time()
    assert isinstance(sections(text), list)
    assert time.process_time() - began < 1
