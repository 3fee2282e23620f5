"""The gates over the half of the cases that is developed on, and over everything of our own."""

import csv
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import agent.demo
from agent.ai.safety.checked import unfair
from agent.ai.safety.fair_housing.check import REFUSALS, broken
from agent.ai.safety.fair_housing.triggers import grams, trigger
from agent.ai.safety.wording import worded
from evals.fair_housing.cases import TextCase, benign, violating
from prompts import load

DEMO = Path(agent.demo.__file__).parent
BAD = [case for case in violating() if case.half == "developed"]
GOOD = [case for case in benign() if case.half == "developed"]


@pytest.mark.parametrize("case", BAD, ids=lambda case: f"{case.rule}-{case.id}")
def test_refused(case: TextCase) -> None:
    assert unfair(case.text, settings=case.settings)


@pytest.mark.parametrize("case", GOOD, ids=lambda case: str(case.id))
def test_allowed(case: TextCase) -> None:
    assert unfair(case.text, settings=case.settings) == []


def _templates() -> Iterator[str]:
    for template in load("leasing/replies").templates.values():
        values = dict.fromkeys(template.variables, "Alder Row #214")
        yield from (template.render(values, choose=i) for i in range(len(template.variants)))


def _published() -> Iterator[str]:
    for line in (DEMO / "knowledge.jsonl").read_text(encoding="utf-8").splitlines():
        yield json.loads(line)["text"]
    for folder in DEMO.glob("*/community.json"):
        community = json.loads(folder.read_text(encoding="utf-8"))
        yield from community["policies"].values()
        with (folder.parent / "listings.csv").open(encoding="utf-8") as rows:
            for row in csv.DictReader(rows):
                yield from (row["description"], *row["features"].split(";"))


@pytest.mark.parametrize("texts", [_templates, _published], ids=["templates", "demo"])
def test_our_own_words_pass(texts: object) -> None:
    assert callable(texts)
    said = list(texts())
    assert len(said) > 80
    assert [text for text in said if unfair(text)] == []


class TestSettings:
    def test_an_age_only_in_senior_housing(self) -> None:
        text = "This is a 55+ community."
        assert broken(text) == "FH3"
        assert broken(text, ["senior_housing"]) is None
        assert broken("No kids, 55+ community.", ["senior_housing"]) == "FH3"

    def test_terms_of_pets_unless_the_animal_assists(self) -> None:
        text = "The pet fee is $300."
        assert broken(text) is None
        assert broken(text, ["assistance_animal"]) == "FH5"

    def test_names_say_nothing(self) -> None:
        text = "Oak Senior Apartments has two bedrooms."
        assert unfair(text) == ["FH3"]
        assert unfair(text, ["Oak Senior Apartments"]) == []
        assert unfair(text + " Adults only.", ["Oak Senior Apartments"]) == ["FH3"]


class TestNeutralWords:
    @pytest.mark.parametrize(
        "text",
        [
            "We do not discriminate, but no kids.",
            "Equal housing opportunity; adults only.",
            "The family room is perfect for families with kids.",
            "If your application is approved fine, but you will be approved.",
            "Service animals are not pets, but the deposit for your service dog is $300.",
            "The nearest church is a mile away; we prefer a Christian family.",
        ],
    )
    def test_cover_nothing_else(self, text: str) -> None:
        assert unfair(text)


class TestTriggers:
    def test_lose_no_match(self) -> None:
        texts = [worded(case.text)[0] for case in (*BAD, *GOOD)]
        for refusal in REFUSALS:
            for text in texts:
                if refusal.grams and refusal.pattern.search(text):
                    assert not refusal.grams.isdisjoint(grams(text))

    @pytest.mark.parametrize(
        ("shape", "found"),
        [("family status", 1), ("kids|babies", 2), ("(?:kids )?", 0), ("a?b", 0), ("[a-z]+", 0)],
    )
    def test_of_a_shape(self, shape: str, found: int) -> None:
        assert len(trigger(shape)) == found


@pytest.mark.parametrize(
    "text",
    [
        "no " * 8_000,
        "you are " * 4_000,
        "families with children pay " * 1_500,
        "a" * 30_000,
        "n o " * 6_000,
        "k1d5 " * 5_000,
        "x.y." * 6_000,
        "we do not discriminate because " * 1_000,
    ],
    ids=lambda text: text[:12],
)
@pytest.mark.untraced
def test_long_texts_take_time_in_proportion(text: str) -> None:
    began = time.process_time()
    unfair(text)
    assert time.process_time() - began < 2
