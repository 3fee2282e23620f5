import pytest

from evals.tuned.judge import is_private, is_protected, likeness, mean, well_formed


@pytest.mark.parametrize("reply", ["Which area do you like?", "Yes!", "It is $1,450 a month."])
def test_words_for_a_lead(reply: str) -> None:
    assert well_formed(reply)
    assert not is_private(reply)
    assert not is_protected(reply)


@pytest.mark.parametrize(
    "reply", ["", "  ", "...", "word " * 400, "Sure.\nLead: and then?", "```json", "<b>Hi</b>"]
)
def test_words_for_nobody(reply: str) -> None:
    assert not well_formed(reply)


def test_what_must_not_be_said() -> None:
    assert is_private("Call (415) 555-0132")
    assert is_protected("It is a safe neighborhood")
    assert is_protected("Great for kids")


def test_likeness() -> None:
    assert likeness("Which area?", "Which area?") == 1.0
    assert likeness("which area", "Which day?") == 0.5
    assert likeness("a", "b") == likeness("", "") == 0.0
    assert mean([]) == 0.0
    assert mean([1, 0]) == 0.5
