import io
import json
import zipfile
from collections.abc import Sequence
from itertools import chain

import numpy as np
import pytest

from agent.ai import regression
from agent.ai.regression import Rows, fit, probabilities
from agent.errors import InvalidInput
from agent.training.stages.classifier import StageClassifier, learn
from agent.training.stages.features import features
from agent.training.stages.scoring import majority, score
from agent.training.stages.turns import Turn
from tests.agent.training.conversations import conversation


def seen(turns: Sequence[Turn]) -> list[list[int]]:
    return [row.tolist() for row in features(turns)]


def sparse(rows: Sequence[Sequence[int]]) -> Rows:
    return Rows.of([np.array(row, dtype=np.int32) for row in rows])


@pytest.fixture(scope="module")
def classifier() -> StageClassifier:
    return learn([conversation(seed) for seed in range(30)])


class TestFeatures:
    def test_no_turn_sees_what_follows(self) -> None:
        turns = conversation(1)
        whole = seen(turns)
        assert all(seen(turns[: end + 1])[-1] == whole[end] for end in range(len(turns)))

    def test_a_turn_sees_what_was_said_before(self) -> None:
        yes = Turn("lead", "yes please")
        after = [seen([Turn("agent", text), yes])[-1] for text in ("Book it?", "More?")]
        assert after[0] != after[1]

    def test_numbers_are_alike(self) -> None:
        one, other = (seen([Turn("lead", f"{n} beds")]) for n in (2, 3))
        assert one == other

    @pytest.mark.parametrize("text", ["", "🏠", "\x00", "¿", "?" * 8000])
    def test_any_text_has_some(self, text: str) -> None:
        assert all(seen([Turn("lead", text)]))

    def test_what_fair_housing_protects_is_none(self) -> None:
        one, other = (
            seen([Turn("lead", f"a home {words} downtown")])
            for words in ("for my kids", "for my family")
        )
        assert one == other


class TestRegression:
    def test_learns_which_column_means_which_class(self) -> None:
        rows = sparse([[0, 2], [1, 2], [0], [1]] * 5)
        weights = fit(rows, np.array([0, 1, 0, 1] * 5), columns=3, classes=2)
        assert probabilities(rows.times(weights)).argmax(axis=1).tolist() == [0, 1, 0, 1] * 5

    def test_a_row_without_features_is_even(self) -> None:
        shares = probabilities(sparse([[], [0], []]).times(np.ones((1, 2))))
        assert shares.tolist() == [[0.5, 0.5]] * 3

    def test_blocks_of_rows_give_what_one_gives(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rng = np.random.default_rng(0)
        rows = sparse([*(sorted({*rng.integers(0, 9, 4).tolist()}) for _ in range(50)), []])
        weights = rng.normal(size=(9, 3))
        whole = rows.times(weights)
        monkeypatch.setattr(regression, "_BLOCK", 7)
        assert np.allclose(rows.times(weights), whole)


class TestAClassifier:
    def test_guesses_conversations_it_has_not_seen(self, classifier: StageClassifier) -> None:
        fresh = [conversation(seed) for seed in range(100, 120)]
        pairs = [
            (turn.stage or "", guess.stage)
            for turns in fresh
            for turn, guess in zip(turns, classifier.guesses(turns), strict=True)
        ]
        assert score(pairs).accuracy == 1.0

    def test_says_how_sure_it_is(self, classifier: StageClassifier) -> None:
        clear, vague = classifier.guesses(
            [Turn("lead", "I would like to visit on day 3"), Turn("lead", "zzz")]
        )
        assert 1.0 >= clear.share > vague.share > 0

    def test_nothing_said_nothing_guessed(self, classifier: StageClassifier) -> None:
        assert classifier.guesses([]) == []

    def test_learns_the_same_from_the_same(self, classifier: StageClassifier) -> None:
        again = learn([conversation(seed) for seed in range(30)])
        assert again.to_bytes() == classifier.to_bytes()

    def test_comes_back_from_bytes(self, classifier: StageClassifier) -> None:
        data = classifier.to_bytes()
        read = StageClassifier.from_bytes(data)
        turns = conversation(200)
        assert read.guesses(turns) == classifier.guesses(turns)
        assert read.to_bytes() == data

    def test_keeps_no_word_it_learnt_from(self, classifier: StageClassifier) -> None:
        with zipfile.ZipFile(io.BytesIO(classifier.to_bytes())) as archive:
            content = b"".join(map(archive.read, archive.namelist()))
        words = set(chain(*(turn.text.split() for turn in conversation(0))))
        assert not [word for word in words if len(word) > 3 and word.encode() in content]

    def test_does_not_learn_from_turns_without_a_label(self) -> None:
        turns = [[*conversation(seed), Turn("lead", f"unlabelled {seed}")] for seed in range(9)]
        assert learn(turns).labels == (
            "qualifying",
            "selecting_favorites",
            "sending_list",
            "touring",
        )


class TestBytesFromElsewhere:
    @staticmethod
    def archive(**head: object) -> bytes:
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as archive:
            archive.writestr("head.json", json.dumps(head))
            for name in ("buckets", "weights"):
                with archive.open(f"{name}.npy", "w") as file:
                    np.save(file, np.array([{"a": 1}], dtype=object), allow_pickle=True)
        return target.getvalue()

    @pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x80\x04K\x01."])
    def test_are_refused(self, data: bytes) -> None:
        with pytest.raises(InvalidInput) as caught:
            StageClassifier.from_bytes(data)
        assert caught.value.code == "artefact_unreadable"

    def test_are_never_unpickled(self) -> None:
        with pytest.raises(InvalidInput):
            StageClassifier.from_bytes(self.archive(format=1, buckets=2**22, labels=["a"]))

    def test_of_another_format_are_refused(self, classifier: StageClassifier) -> None:
        source = io.BytesIO(classifier.to_bytes())
        target = io.BytesIO()
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                new.writestr(name, content.replace(b'"format": 1', b'"format": 0'))
        with pytest.raises(InvalidInput):
            StageClassifier.from_bytes(target.getvalue())


class TestScores:
    def test_accuracy_and_the_mean_of_each_label(self) -> None:
        found = score([("a", "a"), ("a", "a"), ("a", "b"), ("b", "b")])
        assert found.report() == {"accuracy": 0.75, "macro_f1": 0.7333, "n": 4}

    def test_of_nothing(self) -> None:
        assert score([]).report() == {"accuracy": 0.0, "macro_f1": 0.0, "n": 0}

    def test_of_always_saying_the_same(self) -> None:
        assert majority(["a", "b", "b"], ["b", "a"]).accuracy == 0.5
