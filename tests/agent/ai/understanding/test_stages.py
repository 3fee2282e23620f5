from typing import get_args

import pytest

from agent.ai.understanding import Stage, stage_of
from agent.ai.understanding.models import Entities, Intent, Understanding

NOTHING = Understanding()


def wants(*intents: Intent, **entities: object) -> Understanding:
    return Understanding(intents=intents, entities=dict(entities))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("current", "understanding", "known", "has_shortlist", "stage"),
    [
        ("qualifying", wants(Intent.GREET), {}, False, "qualifying"),
        ("qualifying", wants(Intent.FIND), {}, False, "qualifying"),
        ("qualifying", wants(bedrooms=2), {"bedrooms": 2}, False, "qualifying"),
        (
            "qualifying",
            wants(areas=["Ashford"]),
            {"bedrooms": 0, "areas": ["Ashford"]},
            False,
            "sending_list",
        ),
        (
            "sending_list",
            wants(Intent.MORE),
            {"bedrooms": 2, "areas": ["Ashford"]},
            True,
            "selecting_favorites",
        ),
        ("sending_list", wants(Intent.SELECT), {}, True, "selecting_favorites"),
        ("sending_list", wants(Intent.COMPARE), {}, True, "selecting_favorites"),
        ("selecting_favorites", wants(Intent.TOUR), {}, True, "touring"),
        ("selecting_favorites", wants(tour_date="2024-05-18"), {}, True, "touring"),
        ("touring", wants(Intent.RESCHEDULE), {}, True, "touring"),
        ("touring", wants(Intent.APPLY), {}, True, "applying"),
        ("touring", wants(Intent.THANKS), {}, True, "touring"),
        (
            "touring",
            wants(Intent.FIND, bedrooms=3),
            {"bedrooms": 3, "areas": ["Ashford"]},
            True,
            "sending_list",
        ),
        ("approval", wants(Intent.TOUR), {}, True, "approval"),
        ("post_close", wants(Intent.FIND), {}, False, "post_close"),
        ("renewal", wants(Intent.APPLY), {}, False, "renewal"),
    ],
)
def test_stage(
    current: Stage,
    understanding: Understanding,
    known: Entities,
    has_shortlist: bool,
    stage: Stage,
) -> None:
    assert stage_of(current, understanding, known, has_shortlist=has_shortlist) == stage


def test_a_withdrawn_wish_searches_again() -> None:
    said = Understanding(cleared=frozenset({"budget"}))
    known: Entities = {"areas": ["Ashford"], "bedrooms": 2}
    assert stage_of("selecting_favorites", said, known, has_shortlist=True) == "sending_list"


def test_what_is_under_way_goes_on() -> None:
    assert stage_of("qualifying", NOTHING, {}, has_shortlist=True) == "selecting_favorites"
    assert stage_of("qualifying", NOTHING, {}, has_shortlist=True, has_tour=True) == "touring"
    running = stage_of("qualifying", NOTHING, {}, has_shortlist=False, has_application=True)
    assert running == "applying"


def test_a_chosen_time_is_touring() -> None:
    said = Understanding(slot_ids=("S1",))
    assert stage_of("selecting_favorites", said, {}, has_shortlist=True) == "touring"


@pytest.mark.parametrize("current", get_args(Stage))
@pytest.mark.parametrize("intent", list(Intent))
def test_every_answer_is_a_stage_and_people_set_the_last_three(
    current: Stage, intent: Intent
) -> None:
    stage = stage_of(current, wants(intent), {}, has_shortlist=True)
    assert stage in get_args(Stage)
    if current not in ("approval", "post_close", "renewal"):
        assert stage not in ("approval", "post_close", "renewal")
