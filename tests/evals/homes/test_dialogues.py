from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from agent.errors import InvalidInput
from evals.homes.dialogues import Homes, comparable, read_homes

Write = Callable[..., Homes]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (True, "True"),
        (2, "2"),
        (2.0, "2"),
        (1.5, "1.5"),
        (date(2024, 5, 18), "2024-05-18"),
        (" San Rowan ", "san rowan"),
    ],
)
def test_equal_values_compare_equal(one: object, other: str) -> None:
    assert comparable(one) == comparable(other)


def test_slots_are_read_as_fields_and_unmapped_ones_ignored(homes: Write) -> None:
    turn = homes().dialogues[0].turns[2]
    assert turn.label is not None
    said = {act.field for act in turn.label.acts if act.act == "INFORM"}
    assert said == {"areas", "bedrooms", "parking"}
    assert turn.label.state.keys() == {"areas", "bedrooms", "parking"}


def test_a_slot_mapped_to_null_is_ignored(homes: Write) -> None:
    label = homes().dialogues[0].turns[0].label
    assert label is not None
    assert label.acts == ()
    assert label.state == {}


@pytest.mark.parametrize("with_schema", [True, False])
def test_the_visit_is_told_from_the_search(homes: Write, with_schema: bool) -> None:
    read = homes() if with_schema else homes(schema=None)
    calls = [turn.label.call for turn in read.dialogues[0].turns if turn.label and turn.label.call]
    assert [call.kind for call in calls] == ["search", "visit"]
    assert calls[0].parameters == {"areas": "Ashford", "bedrooms": "2", "parking": "True"}


def test_the_schema_decides_over_the_parameters(homes: Write) -> None:
    schema = [{"intents": [{"name": "LookUp", "is_transactional": True}]}]
    turns = homes(schema=schema).dialogues[0].turns
    calls = [turn.label.call for turn in turns if turn.label and turn.label.call]
    assert [call.kind for call in calls] == ["visit", "search"]


def test_a_turn_without_a_label(homes: Write) -> None:
    read = homes([{"role": "lead", "text": "get me a cab"}])
    assert read.dialogues[0].turns[0].label is None


def test_a_folder_without_data(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_homes(tmp_path)
    assert caught.value.code == "data_missing"
    assert "slots.json" in caught.value.message


@pytest.mark.parametrize("line", ["not json", "[1]"])
def test_a_broken_line_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "slots.json").write_text("{}")
    (tmp_path / "dialogues.jsonl").write_text(f"\n{line}\n")
    (tmp_path / "listings.jsonl").write_text("")
    with pytest.raises(InvalidInput) as caught:
        read_homes(tmp_path)
    assert caught.value.code == "data_unreadable"
    assert "Line 2" in caught.value.message
