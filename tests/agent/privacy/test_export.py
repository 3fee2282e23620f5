import hashlib
import json
import stat
from pathlib import Path

import pytest

from agent.errors import InvalidInput, Misconfigured
from agent.leads.models import Consent
from agent.mongo.indexes import INDEXES
from agent.privacy.export import EXPORTED, WITHHELD, Manifest, export
from agent.privacy.models import Contact
from agent.services import Services
from agent.tenants.models import Tenant

TENANT = "default"


async def exported(services: Services, folder: Path, tenant: str = TENANT) -> Manifest:
    told: list[tuple[int, int | None]] = []
    manifest = await export(
        services.repository, tenant, folder, services.clock.now(), lambda *done: told.append(done)
    )
    rows = sum(file.rows for file in manifest.files)
    assert told[0] == (0, rows)
    assert told[-1] == (rows, rows)
    return manifest


def test_every_collection_is_thought_of() -> None:
    known = {index.collection for index in INDEXES} | {"checkpoints", "checkpoint_writes"}
    assert {*EXPORTED} | WITHHELD.keys() == known
    assert not {*EXPORTED} & WITHHELD.keys()


async def test_files_are_what_the_manifest_says(demo: Services, tmp_path: Path) -> None:
    contact = Contact(name="Sam Lee", email="sam@lee.example", phone="+15035550142")
    await demo.leads.create(TENANT, contact=contact, consent=Consent(sms=True), source="chat")
    folder = tmp_path / "out"
    manifest = await exported(demo, folder)
    assert Manifest.model_validate_json((folder / "manifest.json").read_text()) == manifest
    for file in manifest.files:
        content = (folder / file.name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file.sha256
        assert len(content) == file.bytes
        rows = [json.loads(line) for line in content.splitlines()]
        assert len(rows) == file.rows
        assert {row["tenant_id"] for row in rows} <= {TENANT}
        assert stat.S_IMODE((folder / file.name).stat().st_mode) == 0o600
        for said in ("sam@lee", "5550142", "Sam Lee"):
            assert said.encode() not in content
    counts = {file.collection: file.rows for file in manifest.files}
    assert counts["leads"] == 1
    assert counts["listings"] > 10


async def test_nothing_of_another_tenant(demo: Services, tmp_path: Path) -> None:
    await demo.tenants.put(Tenant(tenant_id="other", name="Other"))
    manifest = await exported(demo, tmp_path / "out", "other")
    assert {file.collection for file in manifest.files if file.rows} == {"tenants"}


async def test_a_folder_that_is_used_is_left_alone(demo: Services, tmp_path: Path) -> None:
    first = await exported(demo, tmp_path / "out")
    with pytest.raises(InvalidInput):
        await exported(demo, tmp_path / "out")
    content = (tmp_path / "out" / "manifest.json").read_text()
    assert Manifest.model_validate_json(content) == first


async def test_a_folder_that_is_none(demo: Services, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured):
        await exported(demo, tmp_path / "file")
