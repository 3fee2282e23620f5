"""The jobs that learn: datasets, stage classifiers, tuned chat models, and the nightly round."""

from collections.abc import Awaitable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from agent.errors import InvalidInput, NotFound
from agent.jobs.models import Job
from agent.jobs.step import Step
from agent.services import Services
from agent.training.datasets.build import Step as Told
from agent.training.models import Dataset, Model, Prompt
from agent.training.service import MAX_USD
from agent.training.tuning.run import POLL_SECONDS
from evals.tuned import run as tuned
from prompts import load

PATIENCE = 20.0
"""Seconds a job watches a tuning before it lets others use its worker."""
PROMPT = "leasing/agent"


class FineTuneParams(BaseModel):
    model_config = ConfigDict(extra="forbid")

    dataset_id: Annotated[str | None, Field(max_length=200)] = None
    """Default: the newest dataset."""
    base: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    """Default: LATCHKEY_CHAT_MODEL."""
    max_usd: Annotated[float, Field(ge=0, le=100_000)] = MAX_USD
    """A tuning that is expected to cost more is refused, where the price of the base is known."""


async def dataset(services: Services, job: Job, step: Step) -> Mapping[str, Any]:
    return dataset_report(await build(services, job.tenant_id, step, actor=job.created_by))


async def stages(services: Services, job: Job, step: Step) -> Mapping[str, Any]:
    model = await services.training.train_stages(job.tenant_id, step, actor=job.created_by)
    return model_report(model)


async def fine_tune(services: Services, job: Job, step: Step) -> Mapping[str, Any]:
    """Tune, then evaluate; taken up again it goes on with the same tuning."""
    params = FineTuneParams.model_validate(job.params)
    looks = job.cursor.get("looks", 0) if isinstance(job.cursor, dict) else 0
    model = await tune(
        services,
        job.tenant_id,
        params,
        step,
        actor=job.created_by,
        looks=looks,
        patience=PATIENCE,
        poll_seconds=POLL_SECONDS,
    )
    return model_report(model)


async def retrain(services: Services, job: Job, step: Step) -> Mapping[str, Any]:
    """A new dataset and a new stage classifier, where there is enough to learn from.

    Neither is deployed: that is a person's decision. Datasets of earlier nights that nothing was
    learnt from go.
    """
    built = await _unless_too_little(dataset(services, job, step))
    await services.training.drop_old_datasets(job.tenant_id, built_by=job.created_by)
    return {
        "dataset": built,
        "stages": await _unless_too_little(stages(services, job, step)),
    }


async def build(services: Services, tenant_id: str, step: Told, *, actor: str) -> Dataset:
    """A dataset whose chat examples begin as the prompts of a serving model do."""
    words = load(PROMPT)
    return await services.training.build_dataset(
        tenant_id,
        step,
        actor=actor,
        instructions=words.render("role", {}),
        prompt=Prompt(
            name=words.path,
            version=words.version,
            digest=words.digest,
            first_seen=services.clock.now(),
        ),
    )


async def tune(
    services: Services,
    tenant_id: str,
    params: FineTuneParams,
    step: Told,
    *,
    actor: str,
    looks: int = 0,
    patience: float = float("inf"),
    poll_seconds: float = POLL_SECONDS,
) -> Model:
    model = await services.training.fine_tune(
        tenant_id,
        step,
        actor=actor,
        base=params.base or services.settings.chat_model,
        dataset_id=params.dataset_id,
        max_usd=params.max_usd,
        looks=looks,
        patience=patience,
        poll_seconds=poll_seconds,
    )
    return await tuned.evaluate(services, tenant_id, model.version, step)


def dataset_report(dataset: Dataset) -> dict[str, Any]:
    return dataset.model_dump(mode="json", include={"dataset_id", "hash", "counts", "files"})


def model_report(model: Model) -> dict[str, Any]:
    fields = {"version", "kind", "base", "dataset_hash", "status", "metrics", "evaluation"}
    return model.model_dump(mode="json", include=fields)


async def _unless_too_little(doing: Awaitable[Mapping[str, Any]]) -> Mapping[str, Any]:
    try:
        return await doing
    except (InvalidInput, NotFound) as error:
        return {"skipped": error.code}
