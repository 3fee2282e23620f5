"""Replies of the chat as texts and e-mails."""

import pytest

from agent.privacy.pii import CONTACT, redact
from graphs.inbound.wording import cut, plain, texted
from prompts import load

HOMES = """Here are 3 available homes for 2 bedrooms:

1. Alder Row #214, Portland: 2 bedrooms, 1 bath, $2,050 a month
2. Birch Court #3, Portland: 2 bedrooms, 2 baths, $2,400 a month
3. Cedar House #9, Portland: 2 bedrooms, 1 bath, $2,150 a month

Which one would you like to see?"""


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("**Two** homes, *both* with `parking`", "Two homes, both with parking"),
        ("# Homes\n\n- one\n- two", "Homes\n\none\ntwo"),
        ("See [the form](https://latchkey.example/apply).", "See the form: https://latchkey.example/apply."),
        ("5 * 3 * 2 and a_b_c stay", "5 * 3 * 2 and a_b_c stay"),
        ("Rent is < $3,000 & up", "Rent is < $3,000 & up"),
    ],
)  # fmt: skip
def test_no_signs_of_markdown_are_left(written: str, said: str) -> None:
    assert plain(written) == said


def test_a_list_has_a_line_for_each_point() -> None:
    text = texted(HOMES, 480)
    assert text.split("\n") == [line for line in HOMES.split("\n") if line]


@pytest.mark.parametrize("most", range(60, 300, 7))
def test_a_long_text_keeps_its_question(most: int) -> None:
    text = texted(HOMES, most)
    assert len(text) <= most
    if most >= 66:
        assert text.endswith("Which one would you like to see?")
        assert text.startswith("Here are 3")
    # a home is named whole or not at all
    assert all(line in HOMES or line.endswith("…") for line in text.split("\n"))


@pytest.mark.parametrize(
    "text", ["x" * 2000, "word " * 400, "Hi. " + "and so on " * 200, "…" * 900]
)
def test_nothing_is_longer_than_it_may_be(text: str) -> None:
    for most in (1, 2, 10, 400):
        assert len(cut(text, most)) <= most
        assert len(texted(text, most)) <= most
    assert len(texted(text, 400)) > 200


def test_whole_sentences_are_kept_where_they_are_long_enough() -> None:
    said = "The rent is $2,050 a month. Water is included. Parking costs extra, as far as I know."
    assert cut(said, 60) == "The rent is $2,050 a month. Water is included."


def test_no_words_of_ours_are_taken_for_contact_data() -> None:
    replies = load("leasing/replies")
    said = "\n".join(text for each in replies.templates.values() for text in each.variants)
    assert redact(said, kinds=CONTACT).text == said
