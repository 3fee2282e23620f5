from collections.abc import Callable

import pytest

from agent.ai.understanding.models import Understanding

Read = Callable[..., Understanding]


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("I need one that allows pets", "pets", True),
        ("Can you find me a furnished one?", "furnished", True),
        ("I have a dog", "pets", True),
        ("we've got two cats", "pets", True),
        ("no pets", "pets", False),
        ("I don't have any pets", "pets", False),
        ("pet friendly only", "pets", True),
        ("somewhere my pup can live with me, a dog friendly place", "pets", True),
        ("Are there any apartments that take dogs?", "pets", True),
        ("Is there anything else that allows pets?", "pets", True),
        ("it would be great if it was furnished", "furnished", True),
        ("unfurnished please", "furnished", False),
        ("I don't need it furnished", "furnished", False),
        ("I'll bring my own furniture", "furnished", False),
        ("must be funished", "furnished", True),
        ("with a garage", "parking", True),
        ("I need parking for my truck", "parking", True),
        ("I don't need parking", "parking", False),
        ("no car so no parking needed", "parking", False),
        ("do you have a two bedroom with parking?", "parking", True),
        ("in-unit laundry is a must", "in_unit_laundry", True),
        ("I want a washer and dryer in the unit", "in_unit_laundry", True),
        ("need w/d", "in_unit_laundry", True),
        ("I don't need laundry", "in_unit_laundry", False),
        ("somewhere with laundry, please", "in_unit_laundry", True),
    ],
)
def test_wishes(read: Read, text: str, field: str, value: bool) -> None:
    assert read(text).entities.get(field) is value


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Is it furnished?", "furnished"),
        ("is it furnished", "furnished"),
        ("are pets allowed there?", "pets"),
        ("do they take dogs", "pets"),
        ("can I bring my cat?", "pets"),
        ("what about pets?", "pets"),
        ("Do you know if the apartment is furnished?", "furnished"),
        ("could you check whether they allow animals and send me the number", "pets"),
        ("Please tell me if it comes with parking.", "parking"),
        ("Is there a garage?", "parking"),
        ("does it have in unit laundry?", "in_unit_laundry"),
        ("Sounds good, is it furnished?", "furnished"),
        ("ok but does it have parking", "parking"),
        ("what's the pet policy?", "pets"),
        ("Any pet restrictions?", "pets"),
        ("find out if the place comes furnished", "furnished"),
        ("is there a fee for pets?", "pets"),
        ("Is this a furnished apartment?", "furnished"),
        ("It is a furnished one?", "furnished"),
        ("May I know if there are any pets allowed in the building?", "pets"),
        ("the number please, and are they willing to allow pets?", "pets"),
    ],
)
def test_a_question_is_a_topic_and_no_wish(read: Read, text: str, topic: str) -> None:
    found = read(text)
    assert topic in found.topics
    assert topic not in found.entities


@pytest.mark.parametrize(
    ("text", "asked", "value"),
    [
        ("yes", "pets", True),
        ("Yep, one", "pets", True),
        ("no", "pets", False),
        ("Nope", "parking", False),
        ("not really", "furnished", False),
        ("yes please", "in_unit_laundry", True),
        ("of course", "parking", True),
    ],
)
def test_bare_answers(read: Read, text: str, asked: str, value: bool) -> None:
    assert read(text, asked).entities.get(asked) is value


@pytest.mark.parametrize(
    ("text", "asked", "field"),
    [
        ("furnished or not, either is fine", (), "furnished"),
        ("forget about the pets", (), "pets"),
        ("doesn't matter", ("furnished",), "furnished"),
        ("I don't mind", ("parking",), "parking"),
        ("parking isn't important", (), "parking"),
        ("laundry is optional", (), "in_unit_laundry"),
    ],
)
def test_indifference_clears(read: Read, text: str, asked: tuple[str, ...], field: str) -> None:
    found = read(text, *asked, known={field: True})
    assert field in found.cleared
    assert field not in found.entities


@pytest.mark.parametrize(
    "text",
    [
        "I have a service dog",
        "my emotional support cat comes with me",
        "I've an ESA",
    ],
)
def test_assistance_animals_are_no_pets(read: Read, text: str) -> None:
    assert "pets" not in read(text).entities


@pytest.mark.parametrize(
    "text", ["I do not have much furniture", "I'm not looking to buy new furniture"]
)
def test_no_furniture_of_ones_own_is_neither_wish_nor_refusal(read: Read, text: str) -> None:
    assert "furnished" not in read(text).entities
