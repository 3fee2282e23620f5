from datetime import date

import pytest

from evals.homes.dialogues import Act, Call, Dialogue, Label, Turn
from evals.homes.measures import Micro, Rate, Spellings, pairs_of, same_visit, state_is_right


def dialogue(*labels: Label) -> Dialogue:
    turns = tuple(Turn(i, "lead", "", label) for i, label in enumerate(labels))
    return Dialogue("t", date(2024, 5, 15), turns)


def label(
    *acts: Act, state: dict[str, tuple[str, ...]] | None = None, call: Call | None = None
) -> Label:
    return Label(acts, state or {}, call, "")


class TestMicro:
    def test_counts_pairs_over_all_turns(self) -> None:
        micro = Micro()
        micro.add({("bedrooms", "2"), ("areas", "ashford")}, {("bedrooms", "2")})
        micro.add({("pets", "true")}, {("pets", "false")})
        micro.add(set(), set())
        assert micro.report() == {"f1": 0.4, "precision": 0.5, "recall": 0.3333}
        assert (micro.exact, micro.turns) == (1, 3)

    def test_per_field(self) -> None:
        micro = Micro()
        micro.add({("bedrooms", "2")}, {("bedrooms", "2"), ("pets", "true")})
        fields = micro.per_field()
        assert fields["bedrooms"] == {"f1": 1.0, "precision": 1.0, "recall": 1.0, "n": 1}
        assert fields["pets"]["precision"] == 0.0
        assert fields["pets"]["n"] == 0

    def test_nothing_to_find_and_nothing_found_is_right(self) -> None:
        assert Micro().report() == {"f1": 1.0, "precision": 1.0, "recall": 1.0}


def test_a_list_gives_a_pair_an_item() -> None:
    values = {"areas": ["Ashford", "Marlow"], "tour_date": date(2024, 5, 18), "pets": True}
    assert pairs_of(values) == {
        ("areas", "ashford"),
        ("areas", "marlow"),
        ("tour_date", "2024-05-18"),
        ("pets", "true"),
    }


def test_a_rate_never_comes_without_its_n() -> None:
    rate = Rate()
    assert (rate.value, rate.n) == (None, 0)
    rate.add(True)
    rate.add(False)
    assert (rate.value, rate.n) == (0.5, 2)


class TestState:
    WHEN = Act("INFORM", "tour_date", ("the 18th",), ("2024-05-18",))
    SPELLINGS = Spellings(dialogue(label(WHEN)))

    @pytest.mark.parametrize(
        "ours",
        [
            {"tour_date": date(2024, 5, 18), "areas": ["Ashford"]},
            {"tour_date": "2024-05-18", "areas": ["ashford"]},
        ],
    )
    def test_any_listed_spelling_or_its_canonical_value(self, ours: dict[str, object]) -> None:
        gold = {"tour_date": ("saturday", "the 18th"), "areas": ("ashford",)}
        assert state_is_right(gold, ours, self.SPELLINGS)

    @pytest.mark.parametrize(
        "ours",
        [
            {},
            {"areas": ["Marlow"]},
            {"areas": ["Ashford", "Marlow"]},
            {"areas": ["Ashford"], "pets": True},
        ],
    )
    def test_missing_wrong_or_added(self, ours: dict[str, object]) -> None:
        assert not state_is_right({"areas": ("Ashford",)}, ours, self.SPELLINGS)

    def test_no_matter_what_is_no_value(self) -> None:
        assert state_is_right({"pets": ("dontcare",)}, {}, self.SPELLINGS)
        assert state_is_right({}, {"pets": "dontcare"}, self.SPELLINGS)

    def test_a_call_tells_the_canonical_name_of_a_place(self) -> None:
        call = Call("search", {"areas": "Saint Rowan"}, ())
        spellings = Spellings(dialogue(label(state={"areas": ("st rowan",)}), label(call=call)))
        assert state_is_right({"areas": ("st rowan",)}, {"areas": ["Saint Rowan"]}, spellings)

    def test_what_a_label_explains_itself_is_not_overruled_by_a_call(self) -> None:
        said = Act("INFORM", "areas", ("Ashford",), ("Ashford",))
        call = Call("search", {"areas": "Marlow"}, ())
        spellings = Spellings(
            dialogue(label(said, state={"areas": ("Ashford",)}), label(call=call))
        )
        assert not state_is_right({"areas": ("Ashford",)}, {"areas": ["Marlow"]}, spellings)


@pytest.mark.parametrize(
    ("ours", "same"),
    [
        ({"property": "juniper flats", "tour_date": date(2024, 5, 18)}, True),
        ({"property": "Juniper Flats", "tour_date": date(2024, 5, 19)}, False),
        ({"property": "The Larkspur", "tour_date": "2024-05-18"}, False),
        ({"tour_date": "2024-05-18"}, False),
    ],
)
def test_a_visit_is_exact(ours: dict[str, object], same: bool) -> None:
    gold = {"property": "Juniper Flats", "tour_date": "2024-05-18"}
    assert same_visit(gold, ours) is same
