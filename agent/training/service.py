from collections.abc import AsyncIterator, Collection

from agent.audit.service import AuditService
from agent.errors import Conflict, NotFound
from agent.kit.clock import Clock
from agent.mongo.repository import Repository
from agent.threads.models import Stage
from agent.training.datasets.build import Step, build_dataset
from agent.training.datasets.store import DatasetStore
from agent.training.datasets.windows import thread_hash
from agent.training.deployments import Deployments, unknown
from agent.training.models import (
    STAGES_SLOT,
    Dataset,
    Deployment,
    Evaluation,
    Model,
    ModelStatus,
    Prompt,
    chat_slot,
)
from agent.training.stages.classifier import StageClassifier
from agent.training.stages.versions import StageModels
from agent.training.store import TrainingStore
from agent.training.tuning.remote import TuningServer
from agent.training.tuning.run import POLL_SECONDS, TuningRun

MAX_USD = 25.0
KEPT_DATASETS = 3
"""Of those built every night."""


class TrainingService:
    """Datasets, models and what of them is in use, per tenant."""

    def __init__(
        self,
        repository: Repository,
        store: TrainingStore,
        datasets: DatasetStore,
        audit: AuditService,
        clock: Clock,
        server: TuningServer,
    ) -> None:
        self.store = store
        self._datasets = datasets
        self._audit = audit
        self._clock = clock
        self._server = server
        self._deployments = Deployments(repository, store, audit, clock)
        self._stages = StageModels(store, datasets, clock)

    async def model_for(self, tenant_id: str, stage: str) -> str | None:
        """The tuned chat model in use for a stage, else for all; None: the configured one."""
        used = await self._deployments.in_use(tenant_id)
        _, name = used.get(chat_slot(stage)) or used.get(chat_slot()) or ("", None)
        return name

    async def classifier(self, tenant_id: str) -> StageClassifier | None:
        """The stage classifier in use; None where none is deployed: the rules decide."""
        used = await self._deployments.in_use(tenant_id)
        if STAGES_SLOT not in used:
            return None
        return await self._stages.classifier(tenant_id, used[STAGES_SLOT][0])

    async def build_dataset(
        self,
        tenant_id: str,
        step: Step,
        *,
        actor: str,
        instructions: str = "",
        prompt: Prompt | None = None,
    ) -> Dataset:
        """Examples of all conversations; see `build_dataset`."""
        if prompt is not None:
            await self.store.note_prompts(tenant_id, [prompt])
        dataset = await build_dataset(
            self._datasets,
            tenant_id,
            step,
            clock=self._clock,
            actor=actor,
            instructions=instructions,
            prompt=prompt.model_dump(include={"name", "version", "digest"}) if prompt else None,
        )
        await self._audit.record(
            tenant_id, "dataset.built", dataset.dataset_id, {"hash": dataset.hash}, actor=actor
        )
        return dataset

    async def dataset(self, tenant_id: str, dataset_id: str | None = None) -> Dataset:
        """The named dataset, else the newest; raises NotFound `dataset_not_found`."""
        found = (
            await self._datasets.dataset(tenant_id, dataset_id)
            if dataset_id
            else await self._datasets.newest_dataset(tenant_id)
        )
        if found is None:
            raise NotFound(
                "dataset_not_found", "There is no such dataset; start a job of kind dataset."
            )
        return found

    async def drop_old_datasets(self, tenant_id: str, *, built_by: str) -> int:
        """Remove the older ones of `built_by` that no model was made of; how many."""
        used = await self.store.learnt_from(tenant_id)
        return await self._datasets.drop_old(
            tenant_id, built_by=built_by, keep=KEPT_DATASETS, used=used
        )

    def file(self, tenant_id: str, dataset: Dataset, name: str) -> AsyncIterator[bytes]:
        return self._datasets.file(tenant_id, dataset.dataset_id, name)

    async def forget(self, tenant_id: str, thread_ids: Collection[str]) -> int:
        """Empty the datasets that hold one of the threads; how many. Models keep no text."""
        return await self._datasets.empty_datasets(tenant_id, [*map(thread_hash, thread_ids)])

    async def train_stages(self, tenant_id: str, step: Step, *, actor: str) -> Model:
        """Learn and evaluate a stage classifier; the same labels are the same version."""
        version, evaluation = await self._stages.train(tenant_id, step, actor=actor)
        return await self.evaluated(tenant_id, version, evaluation)

    async def fine_tune(
        self,
        tenant_id: str,
        step: Step,
        *,
        actor: str,
        base: str,
        dataset_id: str | None = None,
        max_usd: float = MAX_USD,
        poll_seconds: float = POLL_SECONDS,
        patience: float = float("inf"),
        looks: int = 0,
    ) -> Model:
        """Tune `base` at the server; see `TuningRun.tune`."""
        run = TuningRun(
            self.store,
            self._datasets,
            self._server,
            self._clock,
            tenant_id,
            poll_seconds=poll_seconds,
            patience=patience,
        )
        dataset = await self.dataset(tenant_id, dataset_id)
        return await run.tune(dataset, base, step, actor=actor, max_usd=max_usd, looks=looks)

    async def cancel(self, tenant_id: str, version: str, *, actor: str) -> Model:
        """End a tuning that runs; raises Conflict `model_not_training`."""
        model = await self.model(tenant_id, version)
        if model.status is not ModelStatus.TRAINING or model.remote.job_id is None:
            raise Conflict("model_not_training", f"{version} is {model.status}, not in training.")
        await self._server.cancel(model.remote.job_id)
        await self._audit.record(tenant_id, "model.cancelled", version, {}, actor=actor)
        cancelled = {"status": ModelStatus.FAILED, "error": "cancelled"}
        return await self.store.change_model(tenant_id, version, cancelled) or model

    async def model(self, tenant_id: str, version: str) -> Model:
        """Raises NotFound `model_not_found`."""
        model = await self.store.model(tenant_id, version)
        if model is None:
            raise unknown(version)
        return model

    async def evaluated(self, tenant_id: str, version: str, evaluation: Evaluation) -> Model:
        """Record what a model did on examples it has not learnt from, and whether that will do."""
        model = await self.model(tenant_id, version)
        changes: dict[str, object] = {"evaluation": evaluation.model_dump(mode="python")}
        if model.status not in (ModelStatus.DEPLOYED, ModelStatus.RETIRED):
            passed = evaluation.passed
            changes["status"] = ModelStatus.EVALUATED if passed else ModelStatus.REFUSED
        await self._audit.record(
            tenant_id, "model.evaluated", version, {"passed": evaluation.passed, "n": evaluation.n}
        )
        return await self.store.change_model(tenant_id, version, changes) or model

    async def deploy(
        self, tenant_id: str, version: str, *, stage: Stage | None = None, actor: str
    ) -> Deployment:
        """Raises Conflict `model_gate_failed`, `model_gate_stale`, `model_not_evaluated`."""
        return await self._deployments.deploy(tenant_id, version, stage=stage, actor=actor)

    async def rollback(
        self, tenant_id: str, version: str, *, stage: Stage | None = None, actor: str
    ) -> Deployment:
        """Raises Conflict `model_not_deployed`."""
        return await self._deployments.rollback(tenant_id, version, stage=stage, actor=actor)

    async def close(self) -> None:
        await self._server.close()
