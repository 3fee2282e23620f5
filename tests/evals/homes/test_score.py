import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from evals.homes.dialogues import Homes, read_homes
from evals.homes.inventory import exact_search, gazetteer_of, resolver_of
from evals.homes.predictions import Prediction, predict, write_predictions
from evals.homes.replay import replay
from evals.homes.score import score

Write = Callable[..., Homes]
DATA = Path(__file__).parents[4] / "shared" / "data" / "leasing"


def test_a_service_with_other_slots_is_understood_by_its_map(homes: Write) -> None:
    read = homes()
    report = score(read, predict(read)).report()
    assert report["n_dialogues"] == 1
    assert report["n_turns"] == 6
    assert report["entity_f1"] == 1.0
    assert report["jga"] == 1.0
    assert (report["search_calls"], report["search_subset_rate"]) == (1, 1.0)
    assert report["search_end_to_end_rate"] == 1.0
    assert (report["visit_calls"], report["visit_exact_rate"]) == (1, 1.0)
    assert report["visits_before_yes"] == 0


def test_saying_nothing_scores_nothing(homes: Write) -> None:
    report = score(homes(), []).report()
    assert report["entity_recall"] == 0.0
    assert report["jga"] == 0.0
    assert report["visit_exact_rate"] == 0.0
    assert report["search_subset_rate"] == 0.0


def test_a_booking_without_a_yes_is_counted(homes: Write) -> None:
    read = homes()
    visit = {"property": "Juniper Flats", "tour_date": "2024-05-18", "approved": True}
    early = Prediction("t", 8, {}, {}, "touring", visit=visit)
    assert score(read, [early]).report()["visits_before_yes"] == 1


@pytest.mark.parametrize("turn", [10, 11])
def test_a_booking_at_the_yes_or_at_the_call(homes: Write, turn: int) -> None:
    visit = {"property": "Juniper Flats", "tour_date": "2024-05-18", "approved": True}
    report = score(homes(), [Prediction("t", turn, {}, {}, "touring", visit=visit)]).report()
    assert report["visit_exact_rate"] == 1.0
    assert report["visits_before_yes"] == 0


def test_results_that_miss_the_parameters_are_not_pure(homes: Write) -> None:
    found = Prediction("t", 3, {}, {}, "", results=["A", "B"], own_results=["B"])
    report = score(homes(), [found]).report()
    assert report["search_subset_rate"] == 1.0
    assert report["search_pure_rate"] == 0.0
    assert report["search_end_to_end_rate"] == 0.0


def test_the_search_of_the_table_itself(homes: Write) -> None:
    search = exact_search(homes().listings)
    assert search({"areas": "ashford"}) == ["A", "B"]
    assert search({"areas": ["Ashford", "Marlow"], "in_unit_laundry": True}) == ["B"]
    assert search({"parking": "dontcare", "bedrooms": 2}) == ["A", "B", "C"]


def test_a_described_home_finds_its_listing(homes: Write) -> None:
    read = homes()
    outcomes = list(
        replay(read.dialogues[0], gazetteer_of(read.listings), resolver_of(read.listings))
    )
    assert outcomes[3].before.homes == ()
    assert outcomes[2].before.homes[0].listing_id == "A"
    assert [outcome.books for outcome in outcomes] == [False] * 5 + [True]


def test_labels_take_no_part(homes: Write) -> None:
    read = homes()
    bare = tuple(
        replace(dialogue, turns=tuple(replace(turn, label=None) for turn in dialogue.turns))
        for dialogue in read.dialogues
    )
    names = gazetteer_of(read.listings), resolver_of(read.listings)
    told = [outcome.profile for outcome in replay(read.dialogues[0], *names)]
    assert told == [outcome.profile for outcome in replay(bare[0], *names)]


def test_the_lines_can_be_checked_by_others(homes: Write, tmp_path: Path) -> None:
    read = homes()
    path = tmp_path / "predictions.jsonl"
    write_predictions(path, predict(read))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    by_turn = {line["turn"]: line for line in lines}
    assert by_turn[2]["entities"] == {"areas": ["Ashford"], "bedrooms": 2, "parking": True}
    assert by_turn[8]["state"]["tour_date"] == "2024-05-18"
    assert by_turn[3]["results"] == ["A"]
    assert by_turn[10]["visit"] == {
        "property": "Juniper Flats",
        "tour_date": "2024-05-18",
        "approved": True,
    }
    assert {"thread_id", "turn", "entities", "state", "stage"} <= by_turn[0].keys()


@pytest.mark.skipif(not DATA.exists(), reason="the measured data lies outside the repository")
@pytest.mark.untraced
def test_the_measured_data() -> None:
    read = read_homes(DATA)
    sample = replace(read, dialogues=read.dialogues[::5])
    report = score(sample, predict(sample)).report()
    assert report["entity_f1"] >= 0.965
    assert report["jga"] >= 0.85
    assert report["search_subset_rate"] == 1.0
    assert report["visit_exact_rate"] >= 0.93
    assert report["visits_before_yes"] == 0
