"""What a model must show before it may be deployed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from agent.errors import Conflict
from agent.training.models import Check, Deployment, Evaluation, Model, ModelKind, ModelStatus
from agent.training.stages.scoring import Score

LEAST_TURNS = 30
LEAST_REPLIES = 20
ABOVE_MAJORITY = 0.05
WELL_FORMED = 0.95
LEAST_LIKENESS = 0.1
"""Token F1 with what people said; a base that is worse still is no excuse."""
_OPEN = (ModelStatus.TRAINING, ModelStatus.TRAINED, ModelStatus.FAILED)


def at_least(name: str, value: float, least: float) -> Check:
    return Check(name=name, value=round(value, 4), least=round(least, 4), passed=value >= least)


def judged(
    checks: Sequence[Check],
    *,
    n: int,
    at: datetime,
    against: str | None = None,
    figures: dict[str, Any] | None = None,
) -> Evaluation:
    return Evaluation(
        passed=all(check.passed for check in checks),
        checks=list(checks),
        figures=figures or {},
        n=n,
        against=against,
        at=at,
    )


def stage_checks(ours: Score, majority: Score, deployed: Score | None) -> list[Check]:
    """All on the same turns, of threads that were held out."""
    checks = [
        at_least("turns", ours.n, LEAST_TURNS),
        at_least("accuracy_above_majority", ours.accuracy, majority.accuracy + ABOVE_MAJORITY),
    ]
    if deployed is not None:
        checks.append(at_least("accuracy_of_deployed", ours.accuracy, deployed.accuracy))
    return checks


def reply_checks(
    *, n: int, well_formed: float, private: int, protected: int, like: float, like_base: float
) -> list[Check]:
    """Shares and counts over the same replies of the tuned model and of the base model."""
    return [
        at_least("replies", n, LEAST_REPLIES),
        at_least("well_formed", well_formed, WELL_FORMED),
        at_least("free_of_contact_data", n - private, n),
        at_least("free_of_protected_words", n - protected, n),
        at_least("likeness_of_base", like, max(like_base, LEAST_LIKENESS)),
    ]


def admit(model: Model, current: Deployment) -> None:
    """Raises Conflict where the model must not take the place of what is deployed."""
    evaluation = model.evaluation
    if model.status in _OPEN or evaluation is None:
        raise Conflict(
            "model_not_evaluated",
            f"{model.version} is {model.status} and has not been evaluated; wait for its job, or "
            f"start a job of kind {model.kind}.",
        )
    figures = [check.model_dump() for check in evaluation.checks]
    if not evaluation.passed:
        failed = ", ".join(
            f"{check.name} {check.value:g} < {check.least:g}"
            for check in evaluation.checks
            if not check.passed
        )
        raise Conflict(
            "model_gate_failed",
            f"{model.version} did not pass the gate: {failed}.",
            details=figures,
        )
    if model.kind is ModelKind.STAGES and evaluation.against != current.version:
        raise Conflict(
            "model_gate_stale",
            f"{model.version} was compared with {evaluation.against or 'nothing'}, but "
            f"{current.version or 'nothing'} is deployed now; start a job of kind stages.",
            details=figures,
        )
