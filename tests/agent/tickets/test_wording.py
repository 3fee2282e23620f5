import pytest

from agent.tickets.models import Case
from agent.tickets.speakers import lines, support, undecided
from agent.tickets.wording import asked, focus, opening, stated

CALL = """Agent: Thanks for calling, what can I do?
Caller: Hello there.
Caller: The gate at Birch Hollow opens by itself since the storm.
Agent: Please press star.
Caller: That worked."""


def test_what_is_asked_is_not_who_or_where() -> None:
    case = Case(
        transcript=CALL,
        subject="Gates: Gate opens by itself",
        description="At Birch Hollow the gate opens by itself. Category: Gates. Called [phone].",
        property_name="Birch Hollow",
    )
    assert asked(case) == "Gate opens by itself\nAt the gate opens by itself. Called ."
    assert focus(case) == "Gate opens by itself"
    assert stated(case) == "Gates"


def test_without_a_subject_the_customer_is_listened_to() -> None:
    case = Case(transcript=CALL, property_name="Birch Hollow")
    assert asked(case).startswith("The gate at opens by itself")
    assert focus(case) == asked(case)


@pytest.mark.parametrize(
    ("transcript", "expected"),
    [
        ("no speakers at all", "no speakers at all"),
        ("Kit (Keystone): Hi!\nRobin: My screen stays quite white today.", "My screen stays"),
        ("Robin: The printer does not print anything.\nKit: Sure.", "The printer"),
        ("Caller: Help.", "Help."),
        ("Agent: Anybody there?", "Agent: Anybody there?"),
    ],
)
def test_how_a_customer_begins(transcript: str, expected: str) -> None:
    assert opening(transcript).startswith(expected)


def test_names_tell_sides() -> None:
    said = lines("Kit (Keystone): a\nSupport: b\nCaller: c\nRobin: d\n[name]: e\nTenant (B): f")
    assert support(said) == {"Kit (Keystone)", "Support"}
    assert undecided(said) == ["Robin"]


@pytest.mark.parametrize("text", ["Category:", "category of things", "Kategorie: Gates"])
def test_no_category_is_stated(text: str) -> None:
    assert stated(Case(transcript=text)) is None


def test_nothing_left_is_the_transcript() -> None:
    assert asked(Case(transcript="Birch Hollow", property_name="Birch Hollow")) == "Birch Hollow"
