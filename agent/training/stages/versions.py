"""Stage classifiers as versions: learnt once, judged beside the one in use, read when needed."""

import asyncio

from agent.errors import InvalidInput, NotFound
from agent.kit.clock import Clock
from agent.kit.ids import stable_id
from agent.training.datasets.build import Step
from agent.training.datasets.store import DatasetStore
from agent.training.gate import judged, stage_checks
from agent.training.models import STAGES_SLOT, Evaluation, KeptFile, Model, ModelKind, ModelStatus
from agent.training.stages.classifier import StageClassifier, learn
from agent.training.stages.features import FORMAT
from agent.training.stages.training import Labelled, labelled, majority_score, scores
from agent.training.store import TrainingStore

_MOST_CLASSIFIERS = 8
_GONE = "The artefact of this version is gone; train it again."


class StageModels:
    def __init__(self, store: TrainingStore, datasets: DatasetStore, clock: Clock) -> None:
        self._store = store
        self._datasets = datasets
        self._clock = clock
        self._classifiers: dict[str, StageClassifier] = {}

    async def train(self, tenant_id: str, step: Step, *, actor: str) -> tuple[str, Evaluation]:
        """The version and how it did; what is there is evaluated again, not learnt again."""
        data = await labelled(self._datasets.conversations(tenant_id))
        await step(1, 3, None)
        version = stable_id("stages", tenant_id, FORMAT, data.hash)
        known = await self._store.model(tenant_id, version)
        if known is None or not await self._store.artefact(tenant_id, version):
            await self._learn(tenant_id, version, data, actor)
        await step(2, 3, None)
        evaluation = await self._evaluate(tenant_id, version, data)
        await step(3, 3, None)
        return version, evaluation

    async def _learn(self, tenant_id: str, version: str, data: Labelled, actor: str) -> None:
        classifier = await asyncio.to_thread(learn, data.known)
        artefact = classifier.to_bytes()
        await self._store.put_artefact(tenant_id, version, artefact)
        await self._store.add_model(
            tenant_id,
            Model(
                version=version,
                kind=ModelKind.STAGES,
                base=f"linear/{FORMAT}",
                dataset_hash=data.hash,
                status=ModelStatus.TRAINED,
                metrics={
                    "labels": list(classifier.labels),
                    "features": len(classifier.buckets),
                    "turns": len(data.stages),
                    "threads": len(data.known),
                },
                artefact=KeptFile.of(artefact),
                created_at=self._clock.now(),
                created_by=actor,
            ),
        )

    async def _evaluate(self, tenant_id: str, version: str, data: Labelled) -> Evaluation:
        """Beside the majority and the deployed classifier, on the threads held out from both."""
        classifier = await self.classifier(tenant_id, version)
        current = await self._store.deployment(tenant_id, STAGES_SLOT)
        ours, roles = await asyncio.to_thread(scores, classifier, data.held_out)
        before = await self._usable(tenant_id, current.version)
        deployed = None
        if before is not None:
            deployed, _ = await asyncio.to_thread(scores, before, data.held_out)
        most = majority_score(data)
        return judged(
            stage_checks(ours, most, deployed),
            n=ours.n,
            at=self._clock.now(),
            against=current.version,
            figures={
                "overall": ours.report(),
                **{role: each.report() for role, each in roles.items()},
                "majority": most.report(),
                "deployed": deployed.report() if deployed else None,
            },
        )

    async def _usable(self, tenant_id: str, version: str | None) -> StageClassifier | None:
        """None too for what an older Latchkey made: otherwise nothing could take its place."""
        if version is None:
            return None
        try:
            return await self.classifier(tenant_id, version)
        except (InvalidInput, NotFound):
            return None

    async def classifier(self, tenant_id: str, version: str) -> StageClassifier:
        """Raises NotFound `artefact_not_found`, InvalidInput `artefact_unreadable`."""
        if version not in self._classifiers:
            data = await self._store.artefact(tenant_id, version)
            if not data:
                raise NotFound("artefact_not_found", _GONE)
            while len(self._classifiers) >= _MOST_CLASSIFIERS:
                del self._classifiers[next(iter(self._classifiers))]
            self._classifiers[version] = await asyncio.to_thread(StageClassifier.from_bytes, data)
        return self._classifiers[version]
