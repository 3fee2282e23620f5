from collections.abc import Callable
from datetime import date

import pytest

from agent.ai.understanding import understand
from agent.ai.understanding.models import AgentTurn, Context, Gazetteer, Intent, Understanding

Read = Callable[..., Understanding]


@pytest.mark.parametrize(
    ("text", "areas"),
    [
        ("Looking for a flat in Ashford", ["Ashford"]),
        ("anything in north ashford?", ["North Ashford"]),
        ("got something in port lindon or marlow", ["Port Lindon", "Marlow"]),
        ("two bedrooms, grey falls", ["Grey Falls"]),
        ("Do you have apartments in Marlow?", ["Marlow"]),
        ("could you check if there are other places in Ashford", ["Ashford"]),
        ("not Ashford, Marlow please", ["Marlow"]),
        ("I'd rather live in Marlow instead of Ashford", ["Marlow"]),
        ("How about Port Lindon?", ["Port Lindon"]),
        ("Ashford's a good spot for me", ["Ashford"]),
    ],
)
def test_places_of_the_inventory(read: Read, text: str, areas: list[str]) -> None:
    assert read(text).entities["areas"] == areas


@pytest.mark.parametrize(
    ("text", "areas"),
    [
        ("I need a place in Birch Hollow", ["Birch Hollow"]),
        ("a studio around Kettering please", ["Kettering"]),
        ("something near Old Harbor with parking", ["Old Harbor"]),
        ("2br in kettering under 2k", ["Kettering"]),
        ("we're moving to Saint Rowan in June", ["Saint Rowan"]),
        ("anything in the birch hollow area", ["Birch Hollow"]),
        ("I want to live in Spring Hill", ["Spring Hill"]),
        ("I Need A Place In Spring Hill With Parking", ["Spring Hill"]),
        ("in North Beach, two bedrooms", ["North Beach"]),
    ],
)
def test_unknown_places_by_their_phrase(read: Read, text: str, areas: list[str]) -> None:
    assert read(text).entities["areas"] == areas


@pytest.mark.parametrize(
    ("text", "areas"),
    [
        ("Ashford", ["Ashford"]),
        ("kettering", ["Kettering"]),
        ("Birch Hollow please", ["Birch Hollow"]),
        ("I'd prefer Kettering", ["Kettering"]),
        ("preferably birch hollow", ["Birch Hollow"]),
        ("Anywhere in Marlow", ["Marlow"]),
        ("I live in Marlow", ["Marlow"]),
        ("Sorry for being vague. I mean Marlow", ["Marlow"]),
        ("maybe kettering, 2 bedrooms", ["Kettering"]),
    ],
)
def test_answers_to_which_area(read: Read, text: str, areas: list[str]) -> None:
    assert read(text, "areas").entities["areas"] == areas


@pytest.mark.parametrize(
    "text",
    [
        "I'm in the market for an apartment",
        "not at the moment",
        "we want to move in June",
        "in general I like big windows",
        "I'd like to see it in person",
        "in unit laundry would be great",
        "is it far from Ashford?",
        "I work in Marlow and need two bedrooms",
        "moving from Ashford next month",
        "Is this one in Ashford?",
        "I'm interested in scheduling a visit",
        "Tell me about the Marlow Mill Lofts",
        "need a cab to Ashford",
        "book me a table for two at a restaurant in Marlow",
        "anyway, it seems nice",
        "I live in Marlow",
        "in spring or summer",
        "on the north side",
    ],
)
def test_what_is_no_wish_for_a_place(read: Read, text: str) -> None:
    assert "areas" not in read(text, mixed=True).entities


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("any area is fine", ()),
        ("anywhere really", ()),
        ("the location doesn't matter", ()),
        ("doesn't matter", ("areas",)),
        ("no preference", ("areas",)),
        ("I don't care", ("areas",)),
    ],
)
def test_any_place_clears(read: Read, text: str, asked: tuple[str, ...]) -> None:
    found = read(text, *asked, known={"areas": ["Ashford"]})
    assert "areas" in found.cleared
    assert "areas" not in found.entities


def test_a_correction_replaces_the_list(read: Read) -> None:
    found = read("make it Port Lindon instead", known={"areas": ["Ashford"]})
    assert found.entities["areas"] == ["Port Lindon"]


def test_an_addition_keeps_the_list(read: Read) -> None:
    found = read("Marlow would work as well", known={"areas": ["Ashford"]})
    assert found.entities["areas"] == ["Ashford", "Marlow"]


def test_there_means_the_place_of_other_talk(read: Read) -> None:
    found = read("I also need an apartment there", aside=True, mentioned={"areas": ["Grey Falls"]})
    assert found.accepted == {"areas": ["Grey Falls"]}
    assert "areas" not in found.entities


def test_a_known_place_is_not_overruled_by_talk(read: Read) -> None:
    found = read(
        "find me an apartment there", known={"areas": ["Marlow"]}, mentioned={"areas": ["Ashford"]}
    )
    assert "areas" not in found.accepted


def test_names_mean_nothing_else(today: date) -> None:
    gazetteer = Gazetteer(areas=frozenset({"Lake View"}), properties=frozenset({"Two Dog Studios"}))
    agent = AgentTurn(asked=("bedrooms",))
    context = Context(today=today, agent=agent, gazetteer=gazetteer)
    found = understand("I want to live in Lake View, perhaps at Two Dog Studios", context)
    assert found.entities == {"areas": ["Lake View"], "property": "Two Dog Studios"}
    assert not found.has(Intent.TOUR)


@pytest.mark.parametrize(
    "text", ["oh wait, no pets in Ashford. Marlow then, same size", "not Ashford, Marlow instead"]
)
def test_the_place_settled_for(read: Read, text: str) -> None:
    assert read(text).entities["areas"] == ["Marlow"]


@pytest.mark.parametrize(
    ("text", "areas"),
    [
        ("a flat in marlw undr 2000", ["Marlow"]),
        ("something in Ashfrod please", ["Ashford"]),
        ("2 rooms in port lindn", ["Port Lindon"]),
    ],
)
def test_a_place_with_a_letter_wrong(read: Read, text: str, areas: list[str]) -> None:
    assert read(text).entities["areas"] == areas


@pytest.mark.parametrize(
    "text", ["ok bye thanks", "lol", "dunno", "photos please", "any move-in discounts?"]
)
def test_no_place_at_all(read: Read, text: str) -> None:
    assert "areas" not in read(text, "areas", "bedrooms").entities


@pytest.mark.parametrize("text", ["not sure yet", "I don't really know", "no idea"])
def test_unsure_of_the_place_leaves_it_open(read: Read, text: str) -> None:
    assert "areas" in read(text, "areas").cleared
    assert "areas" not in read(text).cleared


def test_where_they_come_from_hides_not_where_they_go(read: Read) -> None:
    found = read("we're moving from Marlow in June, need at least 3 bedrooms in Ashford")
    assert found.entities["areas"] == ["Ashford"]
