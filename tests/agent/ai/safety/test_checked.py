import pytest

from agent.ai.safety.allowed import Allowed
from agent.ai.safety.checked import checked, refusal
from tools.outgoing import personal


def answer(rule: str) -> str:
    return f"({rule})"


@pytest.mark.parametrize(
    ("text", "said", "rules"),
    [
        ("Two bedrooms. It has a pool.", "Two bedrooms. It has a pool.", ()),
        ("Two bedrooms. No kids. A pool.", "Two bedrooms. (FH3) A pool.", ("FH3",)),
        ("No kids. Adults only. A pool.", "(FH3) A pool.", ("FH3",)),
        (
            "It has:\n1. a pool\n2. no kids\n3. a gym",
            "It has:\n1. a pool\n2. (FH3)\n3. a gym",
            None,
        ),
        ("You qualify! See evil.com now.", "(FH4) (link)", ("FH4", "link")),
        ("No. Kids.", "No. (FH3)", ("FH3",)),
        ("See ![a](b)", "(markup)", ("markup",)),
    ],
)
def test_a_refused_sentence_gives_way_to_a_fixed_one(
    text: str, said: str, rules: tuple[str, ...] | None
) -> None:
    result = checked(text, Allowed(), personal, answer)
    assert result.text == said
    assert rules is None or result.refused == rules


def test_what_leaks_only_as_a_whole_goes_as_a_whole() -> None:
    secret = "these are the first of the rules here. they are followed by quite other ones."
    result = checked(secret, Allowed(secrets=(secret,)), personal, answer)
    assert (result.text, result.refused) == ("(prompt)", ("prompt",))


def test_criteria_are_quoted_as_they_are() -> None:
    text = "Applicants with a felony in seven years are reviewed by a person."
    assert refusal(text, Allowed(), personal) == "FH8"
    assert refusal(text, Allowed(criteria=(f"Income 2.5x. {text}",)), personal) is None


def test_criteria_may_not_refuse_vouchers() -> None:
    text = "We do not accept vouchers."
    assert refusal(text, Allowed(criteria=(text,)), personal) == "FH5"


def test_the_same_text_has_the_same_answer() -> None:
    text = "Perfect for families. See evil.com."
    first = checked(text, Allowed(), personal, answer)
    assert all(checked(text, Allowed(), personal, answer) == first for _ in range(3))
