"""What a person of the office has to settle is brought to one; what only sounds like it is not."""

from collections.abc import Callable

import pytest

from agent.ai.understanding.models import Intent, Understanding

Read = Callable[..., Understanding]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("I don't want to talk to a stupid bot", "refuses_bot"),
        ("sick of dealing with robots", "refuses_bot"),
        ("this is ridiculous", "complains"),
        ("you guys are useless", "complains"),
        ("nobody answered my call", "complains"),
        ("Please delete all my data", "asks_erasure"),
        ("forget me", "asks_erasure"),
        ("can you erase my phone number?", "asks_erasure"),
        ("could you do 1,350 for it?", "negotiates"),
        ("is the rent negotiable", "negotiates"),
        ("would they come down a bit?", "negotiates"),
        ("did my application go through", "asks_application"),
        ("any update on my application?", "asks_application"),
        ("do you speak Spanish?", "other_language"),
        ("Busco un apartamento con dos cuartos", "other_language"),
        ("¿puedo verla mañana?", "other_language"),
    ],
)
def test_is_for_a_person(read: Read, text: str, rule: str) -> None:
    found = read(text)
    assert found.has(Intent.HUMAN)
    assert rule in found.rules


@pytest.mark.parametrize(
    "text",
    [
        "do you have something at a lower price?",
        "can I come down on Monday?",
        "can you do 10 am?",
        "can you do 330 pm",
        "forget the pets",
        "I'd like to send my application",
        "a flat near the French bakery in Los Altos",
        "will you take two dogs?",
    ],
)
def test_needs_no_person(read: Read, text: str) -> None:
    assert not read(text).has(Intent.HUMAN)


@pytest.mark.parametrize("text", ["are you chatgpt?", "hello, anyone there?", "is anybody here"])
def test_asks_what_it_is_talking_to(read: Read, text: str) -> None:
    assert read(text).has(Intent.BOT_QUESTION)


def test_a_laugh_is_no_question_after_our_health(read: Read) -> None:
    assert "makes_smalltalk" not in read("lol do you have two bedrooms?").rules
    assert read("haha").intents == (Intent.SMALLTALK,)
