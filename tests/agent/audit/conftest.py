from collections.abc import Callable
from pathlib import Path

import pytest

from agent.audit.anchors import Anchors
from agent.audit.chain import Chain
from agent.audit.sealing import Sealer
from agent.audit.service import AuditService
from agent.audit.store import AuditStore
from agent.kit.clock import ManualClock
from agent.kit.telemetry import Telemetry
from agent.mongo.repository import Repository

KEY = b"k" * 32


@pytest.fixture
def audit(repository: Repository, clock: ManualClock) -> AuditService:
    return AuditService(AuditStore(repository), clock, Chain(KEY))


@pytest.fixture
def make_sealer(
    repository: Repository, audit: AuditService, clock: ManualClock, tmp_path: Path
) -> Callable[[], Sealer]:
    """As each process has one of its own."""
    anchors = Anchors(tmp_path / "audit.anchors", "test")
    return lambda: Sealer(repository, audit.store, Chain(KEY), anchors, clock, Telemetry())


@pytest.fixture
def sealer(make_sealer: Callable[[], Sealer]) -> Sealer:
    return make_sealer()
