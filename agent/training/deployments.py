"""Which version is in use where: switched atomically, undone in one step, known within seconds."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from agent.audit.service import AuditService
from agent.errors import Conflict, Duplicate, InvalidInput, NotFound
from agent.kit.clock import Clock
from agent.mongo.repository import Repository
from agent.threads.models import Stage
from agent.training.gate import admit
from agent.training.models import STAGES_SLOT, Deployment, Model, ModelKind, ModelStatus, chat_slot
from agent.training.store import TrainingStore

KNOWN_FOR = timedelta(seconds=5)
LONGEST_HISTORY = 50
_MOST_TENANTS = 1_000

InUse = dict[str, tuple[str, str | None]]
"""Slot -> version and, for a chat model, its name at the server."""


class Deployments:
    def __init__(
        self, repository: Repository, store: TrainingStore, audit: AuditService, clock: Clock
    ) -> None:
        self._repository = repository
        self._store = store
        self._audit = audit
        self._clock = clock
        self._known: dict[str, tuple[datetime, InUse]] = {}

    async def deploy(
        self, tenant_id: str, version: str, *, stage: Stage | None, actor: str
    ) -> Deployment:
        """Put a version that passed the gate in use; the same again changes nothing."""

        async def write() -> Deployment:
            model = await self._model(tenant_id, version)
            current = await self._store.deployment(tenant_id, _slot(model, stage))
            if current.version == version:
                return current
            admit(model, current)
            history = [*current.history, current.version] if current.version else current.history
            following = self._following(current, version, history, actor)
            await self._switch(tenant_id, current, following, "model.deployed")
            return following

        return await self._settled(tenant_id, write)

    async def rollback(
        self, tenant_id: str, version: str, *, stage: Stage | None, actor: str
    ) -> Deployment:
        """Put what was before `version` back in use; nothing, where nothing was.

        Raises Conflict `model_not_deployed`.
        """

        async def write() -> Deployment:
            model = await self._model(tenant_id, version)
            current = await self._store.deployment(tenant_id, _slot(model, stage))
            if current.version != version:
                raise Conflict(
                    "model_not_deployed",
                    f"{version} is not in use as {current.slot}; "
                    f"{current.version or 'nothing'} is.",
                )
            before = current.history[-1] if current.history else None
            following = self._following(current, before, current.history[:-1], actor)
            await self._switch(tenant_id, current, following, "model.rolled_back")
            return following

        return await self._settled(tenant_id, write)

    async def in_use(self, tenant_id: str) -> InUse:
        """At most five seconds old."""
        now = self._clock.now()
        known = self._known.get(tenant_id)
        if known and timedelta() <= now - known[0] < KNOWN_FOR:
            return known[1]
        found: InUse = {}
        for deployment in await self._store.deployments(tenant_id):
            if deployment.version:
                model = await self._store.model(tenant_id, deployment.version)
                name = model.remote.model if model else None
                found[deployment.slot] = (deployment.version, name)
        if len(self._known) >= _MOST_TENANTS:
            self._known.clear()
        self._known[tenant_id] = (now, found)
        return found

    async def _settled(
        self, tenant_id: str, write: Callable[[], Awaitable[Deployment]]
    ) -> Deployment:
        for _ in range(3):
            try:
                return await self._repository.transact(write)
            except Duplicate:
                continue
            finally:
                self._known.pop(tenant_id, None)
        raise Conflict("deployment_moved", "Another deployment came first; look again.")

    async def _switch(
        self, tenant_id: str, current: Deployment, following: Deployment, kind: str
    ) -> None:
        if not await self._store.switch(tenant_id, following):
            raise Conflict("deployment_moved", "Another deployment came first; look again.")
        elsewhere = {
            each.version
            for each in await self._store.deployments(tenant_id)
            if each.slot != current.slot
        }
        if current.version and current.version not in elsewhere:
            await self._mark(tenant_id, current.version, ModelStatus.RETIRED)
        if following.version:
            await self._mark(tenant_id, following.version, ModelStatus.DEPLOYED)
        await self._audit.record(
            tenant_id,
            kind,
            following.version or current.version or "",
            {"slot": current.slot, "before": current.version, "after": following.version},
            actor=following.by or "latchkey",
        )

    async def _mark(self, tenant_id: str, version: str, status: ModelStatus) -> None:
        await self._store.change_model(tenant_id, version, {"status": status})

    async def _model(self, tenant_id: str, version: str) -> Model:
        model = await self._store.model(tenant_id, version)
        if model is None:
            raise unknown(version)
        return model

    def _following(
        self, current: Deployment, version: str | None, history: list[str], actor: str
    ) -> Deployment:
        return Deployment(
            slot=current.slot,
            version=version,
            history=history[-LONGEST_HISTORY:],
            revision=current.revision + 1,
            at=self._clock.now(),
            by=actor,
        )


def unknown(version: str) -> NotFound:
    return NotFound("model_not_found", f"There is no model {version[:80]!r}.")


def _slot(model: Model, stage: Stage | None) -> str:
    if model.kind is ModelKind.FINE_TUNE:
        return chat_slot(stage)
    if stage is not None:
        raise InvalidInput(
            "model_stage_unfit", "A stage classifier serves all stages; leave out the stage."
        )
    return STAGES_SLOT
