"""Versions of models as they stand after their evaluation."""

from datetime import datetime

from agent.training.gate import at_least, judged
from agent.training.models import Model, ModelKind, ModelStatus, Remote


def passed(version: str, at: datetime, *, likeness: float = 0.5) -> Model:
    """A tuned chat model that passed the gate."""
    return evaluated(version, at, likeness=likeness, base=0.4)


def evaluated(version: str, at: datetime, *, likeness: float, base: float) -> Model:
    evaluation = judged([at_least("likeness_of_base", likeness, base)], n=30, at=at, against="base")
    return Model(
        version=version,
        kind=ModelKind.FINE_TUNE,
        base="base",
        dataset_id="ds_one",
        dataset_hash="hash",
        status=ModelStatus.EVALUATED if evaluation.passed else ModelStatus.REFUSED,
        remote=Remote(model=f"ft:base:{version}"),
        evaluation=evaluation,
        created_at=at,
        created_by="test",
    )
