from collections.abc import Callable

import pytest

from agent.ai.understanding.models import Understanding

Read = Callable[..., Understanding]


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("under 2k", 2000),
        ("$1,800-2,200", 2200),
        ("max 2500/month", 2500),
        ("around two thousand a month", 2000),
        ("my budget is 1950", 1950),
        ("budget: $2,400", 2400),
        ("I can spend up to 1800 dollars", 1800),
        ("no more than $2100 please", 2100),
        ("we can pay about 2.5k", 2500),
        ("rent between 1500 and 1900", 1900),
        ("twenty-two hundred max", 2200),
        ("less than two thousand five hundred dollars", 2500),
        ("2000 a month is my limit", 2000),
        ("1700 or less", 1700),
        ("$2000 tops", 2000),
        ("a 2br under $2,300 in Ashford", 2300),
        ("can't go over my budget of 1600", 1600),
        ("2 grand a month", 2000),
        ("anything for 1,700 and under", 1700),
        ("my budget can go to 2,300", 2300),
        ("$2,850 at the outside", 2850),
    ],
)
def test_budget_named(read: Read, text: str, budget: int) -> None:
    assert read(text).entities["budget"] == budget


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("2000", 2000),
        ("about 1,900", 1900),
        ("2k", 2000),
        ("two thousand", 2000),
        ("1500-1700", 1700),
        ("1800 give or take", 1800),
    ],
)
def test_budget_answered(read: Read, text: str, budget: int) -> None:
    assert read(text, "budget").entities["budget"] == budget


@pytest.mark.parametrize(
    "text",
    [
        "Is the rent $2000?",
        "how much is it?",
        "I'd like 2 bedrooms",
        "the deposit was $500",
        "I make 6000 a month",
        "at least 900 sq feet",
        "move in on 6/1/2024",
        "call me at 555-0142",
        "2000",
    ],
)
def test_what_is_no_budget(read: Read, text: str) -> None:
    assert "budget" not in read(text).entities


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("any price is fine", ()),
        ("the price doesn't matter", ()),
        ("money is no object", ()),
        ("doesn't matter", ("budget",)),
        ("flexible", ("budget",)),
    ],
)
def test_any_budget_clears(read: Read, text: str, asked: tuple[str, ...]) -> None:
    assert "budget" in read(text, *asked, known={"budget": 1800}).cleared


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("need at least 3 bedrooms, under 3200 all in", 3200),
        ("a studio around 1700", 1700),
        ("2 bedrooms under 2300 with parking", 2300),
    ],
)
def test_beside_other_wishes(read: Read, text: str, budget: int) -> None:
    assert read(text).entities["budget"] == budget


@pytest.mark.parametrize("text", ["maybe 1500?", "1500", "like 1500 or so", "$1,500 max"])
def test_an_amount_alone_answers_what_was_asked_of_the_search(read: Read, text: str) -> None:
    assert read(text, "areas", "bedrooms").entities["budget"] == 1500


@pytest.mark.parametrize(
    ("text", "asked"), [("1030", "slot"), ("5550", "contact"), ("30", "areas")]
)
def test_an_amount_alone_may_be_something_else(read: Read, text: str, asked: str) -> None:
    assert "budget" not in read(text, asked).entities
