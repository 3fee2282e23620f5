from collections.abc import Callable

import pytest

from agent.ai.understanding.models import Intent, Understanding

Read = Callable[..., Understanding]

SIGNALS = [
    "my three kids and I",
    "we're a Muslim family",
    "I'm in a wheelchair",
    "I have a section 8 voucher",
    "as a single mom",
    "my husband is deaf",
    "I'm pregnant",
    "we moved from Mexico",
    "I'm a veteran",
    "near my church",
]


@pytest.mark.parametrize("signal", SIGNALS)
def test_what_is_looked_for_does_not_depend_on_who_looks(read: Read, signal: str) -> None:
    plain = read("I need a 2 bedroom in Ashford under 2000")
    told = read(f"I need a 2 bedroom in Ashford under 2000, {signal}")
    assert told.entities == plain.entities
    assert told.cleared == plain.cleared


@pytest.mark.parametrize("signal", SIGNALS)
def test_no_value_holds_the_word(read: Read, signal: str) -> None:
    found = read(f"{signal}. A quiet unit with a view, close to a park, would be lovely")
    words = {word for word in signal.lower().replace(",", "").split() if len(word) > 4}
    values = str(found.entities).lower()
    assert not any(word in values for word in words)


@pytest.mark.parametrize(
    "text",
    [
        "a walk-in closet and a family room",
        "a bachelor unit within walking distance to shops",
        "is there a ramp or an elevator?",
        "do you have a ground floor unit",
        "what is the pet fee for my cat?",
    ],
)
def test_features_of_a_home_open_no_path(read: Read, text: str) -> None:
    paths = {
        Intent.ANIMAL,
        Intent.ACCOMMODATION,
        Intent.VOUCHER,
        Intent.STEERING,
        Intent.SCREENING,
        Intent.RECORD,
        Intent.IMMIGRATION,
    }
    assert not paths & {*read(text).intents}
