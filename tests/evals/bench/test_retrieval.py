import pytest

from agent.errors import Misconfigured
from evals.bench.retrieval import run


def test_answers_are_exact_and_every_way_is_timed() -> None:
    report = run(sizes=((1_500, 30), (400, 30)))
    assert report["blas_threads"] == 1
    assert report["sizes"].keys() == {"1500", "400"}
    for size in report["sizes"].values():
        assert size["recall"] == 1.0
        assert size["queries"] == 90
        assert size["ratio"] > 0
        assert size["milliseconds"].keys() == {
            "filtered", "filtered_first", "unfiltered", "bare", "bare_filtered",
        }  # fmt: skip


def test_more_blas_threads_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    with pytest.raises(Misconfigured, match="OPENBLAS_NUM_THREADS=1"):
        run(sizes=((10, 1),))
