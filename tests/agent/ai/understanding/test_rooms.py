from collections.abc import Callable

import pytest

from agent.ai.understanding.models import Understanding

Read = Callable[..., Understanding]


@pytest.mark.parametrize(
    ("text", "bedrooms", "bathrooms"),
    [
        ("I want a two bedroom", 2, None),
        ("2br pls", 2, None),
        ("need a 3 bed", 3, None),
        ("looking for 2bd/1ba", 2, 1),
        ("2x1 if you have it", 2, 1),
        ("a three-bedroom, two-bath home", 3, 2),
        ("4 bed rooms and 2 bath rooms", 4, 2),
        ("a studio", 0, None),
        ("one or two bedrooms", 1, None),
        ("a one or two bedroom", 1, None),
        ("a 2 or 3 bedroom with 2 baths", 2, 2),
        ("1 bedroom 1.5 bath", 1, 1.5),
        ("two and a half baths would be nice", None, 2.5),
        ("at least 2 bathrooms", None, 2),
        ("bedrooms: 3, bathrooms: 2", 3, 2),
        ("the number of bedrooms should be 2", 2, None),
        ("2 bedrroms", 2, None),
        ("just the one bedroom", 1, None),
        ("actually 3 bedrooms", 3, None),
        ("make it 3 bedrooms instead of 2", 3, None),
        ("not 2 bedrooms, 3 bedrooms", 3, None),
        ("Do you have any with three bedrooms?", 3, None),
        ("Are there apartments with 2 baths?", None, 2),
        ("How about a 2 bedroom?", 2, None),
        ("Should have two bed rooms", 2, None),
        ("I wish to have a 4 bedroom apartment?", 4, None),
        ("2 of each", 2, 2),
        ("find me a 3 bedroom one", 3, None),
        ("Can I get a two bedroom?", 2, None),
        ("How about apartments with 2 bedrooms?", 2, None),
        ("bedrooms 3", 3, None),
        ("two bedrooms?", 2, None),
        ("2br in Ashford?", 2, None),
        ("I'd need a second bedroom for an office", 2, None),
    ],
)
def test_rooms_named(read: Read, text: str, bedrooms: int | None, bathrooms: float | None) -> None:
    found = read(text).entities
    assert found.get("bedrooms") == bedrooms
    assert found.get("bathrooms") == bathrooms


@pytest.mark.parametrize(
    ("text", "asked", "expected"),
    [
        ("2", ("bedrooms",), {"bedrooms": 2}),
        ("Two, please", ("bedrooms",), {"bedrooms": 2}),
        ("three would be good", ("bedrooms",), {"bedrooms": 3}),
        ("I need 4 of those", ("bedrooms",), {"bedrooms": 4}),
        ("at least 3", ("bedrooms",), {"bedrooms": 3}),
        ("3 and 2", ("bedrooms", "bathrooms"), {"bedrooms": 3, "bathrooms": 2}),
        ("1", ("bathrooms",), {"bathrooms": 1}),
        ("2 in marlow", ("bedrooms", "areas"), {"bedrooms": 2, "areas": ["Marlow"]}),
        ("not 2 but 3", ("bedrooms",), {"bedrooms": 3}),
    ],
)
def test_bare_answers(
    read: Read, text: str, asked: tuple[str, ...], expected: dict[str, object]
) -> None:
    assert read(text, *asked).entities == expected


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("2", ()),
        ("Does it have 2 bathrooms?", ()),
        ("Is that the 2 bedroom?", ()),
        ("I like that one", ("bedrooms",)),
        ("under 2000", ("bedrooms",)),
        ("I'd move with 2 people", ("bedrooms",)),
        ("at 3 pm", ("bedrooms",)),
        ("it's a big family room", ()),
        ("how many bedrooms does it have?", ()),
    ],
)
def test_numbers_that_are_no_rooms(read: Read, text: str, asked: tuple[str, ...]) -> None:
    assert not {"bedrooms", "bathrooms"} & read(text, *asked).entities.keys()
