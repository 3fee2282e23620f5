"""Places of what is found, in any text, at a cost that grows no faster than the text."""

import json
import random
import time
from itertools import pairwise
from pathlib import Path

import pytest

from agent.privacy.pii import CONTACT, Span, find, redact

BLNS = Path(__file__).parents[4] / "shared/data/csv/blns.json"
LONG = 100_000  # characters
HOSTILE = (
    "1", "5 ", "(", "a@", "+1 ", "503-", "a a ", "my name is ", "call me ", "A", "[email] ",
    "12 Elm ", "12 Elm St ", "P.O. Box ", "box 1 ", "1 2 3 ", "4111 ", "078-05-", "a.b@c.",
    "a at ",
    " dot ", "a at b dot ", "Hi Dana ", "Thanks,\n- ", "is Dana Lee ", "ssn is ", "4111-1111-1111-",
    "Apt 4, ",
    "+49 30 901820 ", "\n", " ", "12 N Elm Lake View ",
    "Mr. ", "name: ", "\U0001f600 1 ",
    "call ", "my number is 555", "order number ", "12 the ", "1/2 ", "@", "a@b.c ", "a @ b",
    "-", "#1",
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        (
            "\U0001f3e0 I'm Dana Lee \U0001f44b\U0001f3fd, 12 Elm St \U0001f642 d@lee.example",
            [("name", "Dana Lee"), ("address", "12 Elm St"), ("email", "d@lee.example")],
        ),
        (
            "503-555-0142, Sam@Lee.example; my ssn is 078-05-1120, 4111 1111 1111 1111",
            [
                ("phone", "503-555-0142"),
                ("email", "Sam@Lee.example"),
                ("ssn", "078-05-1120"),
                ("card", "4111 1111 1111 1111"),
            ],
        ),
        ("Hi Dana, my wife Ruth is in", [("name", "Dana"), ("name", "Ruth")]),
        ("nothing here", []),
        ("", []),
    ],
)
def test_spans_stand_where_the_text_has_them(text: str, spans: list[tuple[str, str]]) -> None:
    found = find(text)
    assert [(span.kind, text[span.start : span.end]) for span in found] == spans
    assert all(one.end <= two.start for one, two in pairwise(found))


def test_values_have_one_spelling() -> None:
    (phone, email) = find("(503) 555-0142 or DANA at lee dot example")
    assert (phone.value, email.value) == ("+15035550142", "dana@lee.example")


def test_redact_says_what_it_took_out() -> None:
    redaction = redact("I live at 12 Elm St, call 503-555-0142")
    assert redaction.text == "I live at [address], call [phone]"
    assert redaction.spans == (
        Span("address", 10, 19, "12 Elm St"),
        Span("phone", 26, 38, "+15035550142"),
    )
    assert redaction.contact.model_dump(exclude_none=True) == {"phone": "+15035550142"}


def test_public_values_stay_and_are_nobodys_contact() -> None:
    text = "call 503.555.0142 about 12 Elm Street #4, not 503.555.0199"
    redaction = redact(text, public={"+15035550142", "12 elm street"})
    assert redaction.text == "call 503.555.0142 about 12 Elm Street #4, not [phone]"
    assert redaction.contact.phone == "+15035550199"


def test_staff_may_write_an_address() -> None:
    text = "Meet me at 12 Elm St, or mail sam@lee.example"
    assert redact(text, kinds=CONTACT).text == "Meet me at 12 Elm St, or mail [email]"


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("my roommate Jane Doe comes along", None),
        ("Contact: Jane Doe", None),
        ("Hi Jane, I saw the studio", None),
        ("My name is Dana Lee and my wife is named Ruth Lee", "Dana Lee"),
        ("Dear Jane,\nI come at noon.\nBest regards,\nDana Lee", "Dana Lee"),
        ("This is Dana speaking", "Dana"),
        ("Dana Lee here, any news?", "Dana Lee"),
    ],
)
def test_the_name_of_another_is_not_the_writers(text: str, own: str | None) -> None:
    redaction = redact(text)
    assert redaction.contact.name == own
    assert "Jane" not in redaction.text
    assert "Ruth" not in redaction.text


@pytest.mark.parametrize(
    "text",
    [
        "Hi there, is it free?",
        "Hello Team, any news?",
        "Thanks. What is next?",
        "Thanks, Looking forward to it!",
        "my partner is Italian",
        "ask for a discount",
        "contact: the front desk",
        "There is one called Cedar Mesa",
        "speak with a person please",
        "the name of the property is Alder Row",
    ],
)
def test_what_is_no_name_stays(text: str) -> None:
    assert redact(text).text == text


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("name_expected", [False, True])
@pytest.mark.untraced
def test_long_texts_cost_little(piece: str, name_expected: bool) -> None:
    """A quadratic search would take minutes."""
    find("+49 30 901820")
    text = (piece * LONG)[:LONG]
    began = time.process_time()
    find(text, name_expected=name_expected)
    assert time.process_time() - began < 3


@pytest.mark.untraced
def test_ten_times_the_text_costs_about_ten_times_as_much() -> None:
    piece = "Hi, I'm Dana, 12 Elm St, 503-555-0142 or d@lee.example; 2 beds, 1200-1500 in May. "

    def cost(times: int) -> float:
        began = time.process_time()
        find(piece * times)
        return time.process_time() - began

    cost(10)
    assert cost(1000) < 40 * max(cost(100), 0.001)


@pytest.mark.untraced
def test_any_text_can_be_searched() -> None:
    rng = random.Random(7)
    signs = "0123456789 @.+-()#,/:\n\tabcXYZ'St Ave "
    signs += "\u00e9\u0130\u00df\u0663\u1d7d9\uff15\U0001f600\u200b\ud800"
    for _ in range(3_000):
        text = "".join(rng.choice(signs) for _ in range(rng.randrange(60)))
        check(text)


def test_naughty_strings() -> None:
    if not BLNS.exists():
        pytest.skip("no ../shared/data")
    strings = json.loads(BLNS.read_text(encoding="utf-8"))
    for text in strings:
        check(text)
    assert len(strings) > 500


def check(text: str) -> None:
    """Nothing is raised, and every span lies within the text, apart from the others."""
    for name_expected in (False, True):
        end = 0
        for span in find(text, name_expected=name_expected):
            assert end <= span.start < span.end <= len(text)
            end = span.end
        redact(text, name_expected=name_expected)
