import asyncio
from datetime import UTC, datetime

import pytest

from agent.kit.clock import ManualClock
from agent.mongo.repository import Repository
from agent.tenants.keys import PREFIX, KeyService


@pytest.fixture
def keys(repository: Repository) -> KeyService:
    return KeyService(repository, ManualClock(datetime(2026, 3, 1, tzinfo=UTC)))


async def test_an_issued_key_verifies_with_its_tenant_and_scopes(keys: KeyService) -> None:
    issued, secret = await keys.issue("acme", "crm", ["leads:read", "threads:read"])
    verified = await keys.verify(secret)
    assert verified == issued
    assert verified is not None
    assert (verified.tenant_id, sorted(verified.scopes)) == ("acme", ["leads:read", "threads:read"])


async def test_the_secret_is_not_stored(keys: KeyService, repository: Repository) -> None:
    _, secret = await keys.issue("acme", "crm", [])
    rows = await repository.scoped("keys", "acme").find({})
    assert len(rows) == 1
    assert secret.removeprefix(PREFIX) not in str(rows)


@pytest.mark.parametrize(
    "secret", ["", "lk_", "lk_unknown", "nothing", "lk_" + "x" * 5000, "lk_\ud800"]
)
async def test_other_secrets_do_not_verify(keys: KeyService, secret: str) -> None:
    await keys.issue("acme", "crm", [])
    assert await keys.verify(secret) is None


async def test_a_revoked_key_does_not_verify(keys: KeyService) -> None:
    issued, secret = await keys.issue("acme", "crm", [])
    assert not await keys.revoke("other", issued.key_id)
    assert await keys.verify(secret) is not None
    assert await keys.revoke("acme", issued.key_id)
    assert await keys.verify(secret) is None
    assert not await keys.revoke("acme", issued.key_id)


async def test_the_admin_key_is_made_once_by_one_of_many(keys: KeyService) -> None:
    secrets = await asyncio.gather(*(keys.first_admin("acme", ["a:b"]) for _ in range(10)))
    (secret,) = [secret for secret in secrets if secret]
    key = await keys.verify(secret)
    assert key is not None
    assert (key.key_id, sorted(key.scopes)) == ("admin", ["a:b"])
    assert await keys.first_admin("acme", ["a:b"]) is None
    assert await keys.first_admin("other", ["a:b"]) is not None
