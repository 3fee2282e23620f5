"""The grader itself: it must be able to say no."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from agent.errors import InvalidInput
from agent.privacy.pii import KINDS, Span, find
from evals.pii import run as pii_run
from evals.pii.files import messy
from evals.pii.generate import MESSAGES, chat, generate
from evals.pii.labelled import Gold, Labelled
from evals.pii.run import Graded, agreement, run
from evals.pii.score import score
from server import cli

DATA = Path(__file__).parents[4] / "shared/data"
TEXT = "call 503-555-0142 now, 12 Elm St"
PHONE = Gold("phone", 5, 17)


def graded(found: Sequence[Span], *spans: Gold, **more: Any) -> dict[str, Any]:
    return dict(score([Labelled(TEXT, spans, **more)], lambda _: found).report()["phone"])


def test_the_same_seed_gives_the_same_messages() -> None:
    assert list(generate(3, 200)) == list(generate(3, 200))
    assert list(generate(3, 200)) != list(generate(4, 200))
    assert list(chat(3, 200)) == list(chat(3, 200))


def test_every_kind_is_there_often_and_where_it_is_said_to_be() -> None:
    messages = list(generate(pii_run.SEED))
    assert len(messages) == MESSAGES >= 2_000
    kinds = Counter(span.kind for message in messages for span in message.spans)
    assert kinds.keys() == KINDS
    assert min(kinds.values()) > 200
    assert sum(not message.spans for message in messages) > 500
    for message in messages:
        for span in message.spans:
            written = message.text[span.start : span.end]
            assert written.strip() == written != ""


@pytest.mark.parametrize(
    ("found", "recall", "precision"),
    [
        ([Span("phone", 5, 17, "")], 1.0, 1.0),
        ([Span("phone", 5, 15, "")], 1.0, 1.0),
        ([Span("phone", 5, 14, "")], 0.0, 1.0),
        ([Span("phone", 0, 17, "")], 1.0, 0.0),
        ([Span("email", 5, 17, "")], 0.0, None),
        ([Span("phone", 5, 17, ""), Span("phone", 23, 25, "")], 1.0, 0.5),
        ([], 0.0, None),
    ],
)
def test_a_span_counts_by_kind_and_by_how_much_of_it_is_covered(
    found: list[Span], recall: float, precision: float | None
) -> None:
    result = graded(found, PHONE)
    assert (result["n"], result["recall"], result["precision"]) == (1, recall, precision)


def test_public_data_is_neither_a_leak_nor_a_false_alarm() -> None:
    result = graded([Span("phone", 5, 17, "")], ignored=((5, 17),))
    assert (result["n"], result["found"]) == (0, 0)


def test_two_readings_of_one_value_are_told() -> None:
    value = "+15035550142"
    same = [Labelled(t, (Gold("phone", 0, len(t), value),)) for t in ("503-555-0142", "5035550142")]
    assert agreement(same) == {"n": 1, "spelled_differently": 1, "one_hash": 1.0}
    other = Labelled("503-555-0143", (Gold("phone", 0, 12, value),))
    assert agreement([*same, other])["one_hash"] == 0.0


def quietly(data: Path | None = None, **more: Any) -> Graded:
    return run(data, progress=lambda done, total: None, **more)


def test_the_gates_hold_on_generated_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pii_run, "TIMED", 500)
    result = quietly()
    assert result.failed == []
    name = result.report["sets"]["generated"]["name"]
    assert name["recall"] >= 0.9
    assert name["precision"] >= 0.8
    assert result.report["messages_per_second"] > 0


def test_a_gate_that_is_missed_fails_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pii_run, "TIMED", 50)

    def blind(text: str) -> list[Span]:
        return [span for span in find(text) if span.kind != "ssn"]

    monkeypatch.setattr(pii_run, "find", blind)
    result = CliRunner().invoke(cli.app, ["eval", "pii", "--json"])
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["gates"]["failed"] == ["generated: ssn recall 0.0000 < 0.99"]


def test_the_gates_hold_on_a_messy_export() -> None:
    if not DATA.exists():
        pytest.skip("no ../shared/data")
    messages = list(messy(DATA))
    result = score(messages, find)
    for kind in ("email", "phone"):
        assert result.recall(kind) >= 0.99
    assert result.precision("phone") >= 0.95
    assert result.recall("address") >= 0.95
    assert agreement(messages)["one_hash"] == 1.0


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="conversations_messy"):
        quietly(tmp_path, count=10)
    (tmp_path / "leasing").mkdir()
    (tmp_path / "leasing/conversations_messy.expected.jsonl").write_text("{}\n{", encoding="utf-8")
    with pytest.raises(InvalidInput):
        quietly(tmp_path, count=10)
