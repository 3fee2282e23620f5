"""Tuning a chat model on a dataset: begun once, then looked at until it ends."""

import asyncio
import time
from datetime import timedelta
from typing import Any

from agent.errors import Conflict, InvalidInput, TooBusy
from agent.kit.clock import Clock
from agent.kit.ids import stable_id
from agent.training.datasets.build import Step
from agent.training.datasets.store import DatasetStore
from agent.training.models import Dataset, Model, ModelKind, ModelStatus, Remote
from agent.training.store import TrainingStore
from agent.training.tuning.prices import cost, tokens_in
from agent.training.tuning.remote import Tuning, TuningServer

TRAIN, VALIDATION = "train.chat.jsonl", "validation.chat.jsonl"
LEAST_EXAMPLES = 10
EPOCHS = 3
POLL_SECONDS = 20.0
LOOK_AGAIN = 30
"""Seconds after which a job that gave its worker back looks again."""
STARTING = timedelta(minutes=10)
"""After this long a worker that wanted to begin a remote job is taken for dead."""
START_AGAIN = 300
"""Seconds after which a job tries again that found another worker at it."""
_UNFINISHED = (ModelStatus.TRAINING, ModelStatus.FAILED)


def estimate(dataset: Dataset, base: str, epochs: int = EPOCHS) -> dict[str, Any]:
    """What tuning `base` on `dataset` would take; `usd` is None where the price is not known."""
    train = dataset.files.get(TRAIN)
    tokens = tokens_in(train.size) * epochs if train else 0
    return {
        "base": base,
        "examples": train.lines if train else 0,
        "epochs": epochs,
        "tokens": tokens,
        "usd": cost(base, tokens),
    }


class TuningRun:
    """One model being tuned; whoever runs it again goes on with the same remote job."""

    def __init__(
        self,
        store: TrainingStore,
        datasets: DatasetStore,
        server: TuningServer,
        clock: Clock,
        tenant_id: str,
        *,
        poll_seconds: float = POLL_SECONDS,
        patience: float = float("inf"),
    ) -> None:
        """After `patience` seconds of waiting it raises TooBusy `tuning_running`."""
        self._store = store
        self._datasets = datasets
        self._server = server
        self._clock = clock
        self._tenant_id = tenant_id
        self._poll_seconds = poll_seconds
        self._patience = patience

    async def tune(
        self, dataset: Dataset, base: str, step: Step, *, actor: str, max_usd: float, looks: int = 0
    ) -> Model:
        """The tuned model; the one there is, where this dataset and base were tuned before.

        `looks` is the number of looks that were taken before. Raises InvalidInput
        `tuning_too_few`, `tuning_too_expensive`, Conflict `tuning_failed`.
        """
        version = stable_id("ft", self._tenant_id, dataset.hash, base, EPOCHS)
        known = await self._store.model(self._tenant_id, version)
        if known is not None and known.status not in _UNFINISHED:
            return known
        if known is None or known.status is ModelStatus.FAILED:
            known = await self._admit(version, dataset, base, actor, max_usd)
        remote = await self._begun(known, dataset)
        assert remote.job_id is not None
        tuning = await self._watched(remote, step, looks)
        return await self._ended(version, remote, tuning)

    async def _admit(
        self, version: str, dataset: Dataset, base: str, actor: str, max_usd: float
    ) -> Model:
        expected = estimate(dataset, base)
        if expected["examples"] < LEAST_EXAMPLES:
            raise InvalidInput(
                "tuning_too_few",
                f"The dataset has {expected['examples']} examples to train on, {LEAST_EXAMPLES} "
                "are needed; ingest more conversations.",
            )
        if expected["usd"] is not None and expected["usd"] > max_usd:
            raise InvalidInput(
                "tuning_too_expensive",
                f"Tuning would cost about {expected['usd']:.2f} USD, {max_usd:.2f} are allowed; "
                "allow more with max_usd.",
                details=[expected],
            )
        model = await self._store.add_model(
            self._tenant_id,
            Model(
                version=version,
                kind=ModelKind.FINE_TUNE,
                base=base,
                dataset_id=dataset.dataset_id,
                dataset_hash=dataset.hash,
                status=ModelStatus.TRAINING,
                metrics={"estimate": expected},
                created_at=self._clock.now(),
                created_by=actor,
            ),
        )
        if model.status is not ModelStatus.FAILED:
            return model
        again = {"status": ModelStatus.TRAINING, "remote": Remote().model_dump(), "error": None}
        begun_again = await self._store.change_model(
            self._tenant_id, version, again, where={"status": ModelStatus.FAILED}
        )
        return begun_again or await self._change(version, {})

    async def _begun(self, model: Model, dataset: Dataset) -> Remote:
        """Each id is kept before the next step, and what was begun is found by its name."""
        remote = model.remote
        if remote.job_id is not None:
            return remote
        if dataset.emptied:
            raise Conflict(
                "dataset_emptied", "Somebody in the dataset was forgotten; build another."
            )
        file_id = await self._upload(model, dataset, TRAIN)
        validation = await self._upload(model, dataset, VALIDATION)
        assert file_id is not None
        files = {"remote.file_id": file_id, "remote.validation_file_id": validation}
        known = await self._change(model.version, files)
        if known.remote.job_id is not None:
            return known.remote
        await self._claim_start(model.version)
        job_id = None
        try:
            job_id = await self._server.start(
                model.version,
                base=model.base,
                file_id=file_id,
                validation_file_id=validation,
                epochs=EPOCHS,
            )
        finally:
            begun = {"remote.job_id": job_id, "starting_until": None}
            known = await self._change(model.version, begun)
        return known.remote

    async def _claim_start(self, version: str) -> None:
        now = self._clock.now()
        claimed = await self._store.claim_start(
            self._tenant_id, version, now=now, until=now + STARTING
        )
        if not claimed:
            raise TooBusy(
                "tuning_starting",
                "Another worker is about to start this tuning.",
                retry_after=START_AGAIN,
            )

    async def _upload(self, model: Model, dataset: Dataset, file: str) -> str | None:
        if file not in dataset.files:
            return None
        content = self._datasets.file(self._tenant_id, dataset.dataset_id, file)
        return await self._server.upload(f"{model.version}.{file}", content)

    async def _watched(self, remote: Remote, step: Step, looks: int) -> Tuning:
        assert remote.job_id is not None
        give_back = time.monotonic() + self._patience
        while True:
            tuning = await self._server.look(remote.job_id)
            looks += 1
            await step(looks, None, {**remote.model_dump(exclude_none=True), "looks": looks})
            if tuning.state != "running":
                return tuning
            if time.monotonic() >= give_back:
                raise TooBusy(
                    "tuning_running",
                    f"The tuning server is not done yet ({tuning.status}).",
                    retry_after=LOOK_AGAIN,
                )
            await asyncio.sleep(self._poll_seconds)

    async def _ended(self, version: str, remote: Remote, tuning: Tuning) -> Model:
        if tuning.state == "succeeded" and tuning.model:
            remote = remote.model_copy(update={"model": tuning.model})
            return await self._change(
                version,
                {
                    "status": ModelStatus.TRAINED,
                    "remote": remote.model_dump(),
                    "metrics.trained_tokens": tuning.trained_tokens,
                    "metrics.events": await self._server.events(remote.job_id or ""),
                },
            )
        reason = tuning.error or tuning.status
        await self._change(version, {"status": ModelStatus.FAILED, "error": reason})
        raise Conflict(
            "tuning_failed", f"The tuning server ended the job: {reason}. Mend that, start again."
        )

    async def _change(self, version: str, changes: dict[str, Any]) -> Model:
        model = await self._store.change_model(self._tenant_id, version, changes)
        assert model is not None
        return model
