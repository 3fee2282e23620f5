"""`latchkey backup` and `latchkey restore`."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from agent.bootstrap import build_services, open_services
from agent.errors import Conflict, InvalidInput, LatchkeyError, Misconfigured, StorageFull
from agent.kit.clock import SystemClock
from agent.kit.ids import new_id
from agent.mongo import backup, indexes
from agent.mongo.client import Database
from agent.privacy.models import Contact
from agent.services import Services
from agent.settings import Settings
from graphs.runtime import Runtime, open_runtime
from server.commands.backup import _backup
from server.commands.restore import _restore, _verified

KIM = Contact(name="Kim Rivera", email="kim@rivera.example")


def silent(done: int, total: int | None) -> None:
    return


@pytest.fixture
def ours(mongod_uri: str, database: Database, tmp_path: Path) -> Settings:
    return Settings(
        mongodb_uri=SecretStr(mongod_uri), database=database.name, data_dir=tmp_path / "ours"
    )


@pytest.fixture
async def empty(mongod_uri: str, tmp_path: Path) -> AsyncIterator[Settings]:
    """A database that is there for one test, with a data directory of its own."""
    name = new_id("empty")
    yield Settings(mongodb_uri=SecretStr(mongod_uri), database=name, data_dir=tmp_path / "empty")
    async with Database(mongod_uri, name) as database:
        await database.drop()


@asynccontextmanager
async def talking(settings: Settings) -> AsyncIterator[tuple[Services, Runtime]]:
    async with open_services(settings) as services, open_runtime(services) as runtime:
        yield services, runtime


async def rows(services: Services) -> dict[str, list[Any]]:
    # so that nothing is on its way to where it is read
    await services.repository.scoped("messages", "default").count({})
    handle = services.database.handle
    names = set(await handle.list_collection_names()) - {indexes.META}
    found = {name: await handle[name].find({}, sort=[("_id", 1)]).to_list() for name in names}
    return {name: kept for name, kept in found.items() if kept}


class TestRoundTrip:
    async def test_everything_comes_back_and_the_vault_opens(
        self, ours: Settings, empty: Settings, tmp_path: Path
    ) -> None:
        file = tmp_path / "all.backup"
        async with talking(ours) as (services, runtime):
            started = await runtime.start("default", contact=KIM, message="Any studio?")
            before = await rows(services)
            written = await _backup(ours, file, keys=True, progress=silent)
        assert file.stat().st_mode & 0o777 == 0o600
        contents = backup.check(file)
        assert contents.counts == written.counts
        assert contents.counts == {name: len(kept) for name, kept in before.items()}
        await _restore(empty, file, contents, silent)
        assert all(verdict.broken is None for verdict in await _verified(empty))
        async with talking(empty) as (services, runtime):
            after = await rows(services)
            sealed = {"audit", "audit_heads"}
            assert after.keys() - sealed == before.keys() - sealed
            for name in before.keys() - sealed:
                assert after[name] == before[name], name
            lead = await services.leads.get("default", started.lead_id)
            assert lead.contact_ref
            contact = await services.vault.get("default", lead.contact_ref)
            assert contact == KIM
            answer = await runtime.reply("default", started.thread_id, "Is there parking?")
            assert answer.turn_index == 4

    async def test_what_was_acknowledged_before_it_began_is_in_it(
        self, ours: Settings, empty: Settings, tmp_path: Path
    ) -> None:
        """R10: under load; and all of it is of one moment."""
        file = tmp_path / "all.backup"
        acknowledged: dict[str, list[str]] = {}
        stop, enough = asyncio.Event(), asyncio.Event()
        async with talking(ours) as (_, runtime):

            async def talk(number: int) -> None:
                started = await runtime.start("default", source=f"s{number}")
                said = acknowledged[started.thread_id] = []
                while not stop.is_set():
                    name = f"m-{len(said)}"
                    await runtime.reply("default", started.thread_id, "Parking?", message_id=name)
                    said.append(name)
                    if min(map(len, acknowledged.values())) >= 3:
                        enough.set()

            talks = [asyncio.create_task(talk(number)) for number in range(3)]
            await asyncio.wait_for(enough.wait(), 20)
            told = {thread_id: list(said) for thread_id, said in acknowledged.items()}
            await _backup(ours, file, keys=True, progress=silent)
            stop.set()
            await asyncio.gather(*talks)
        await _restore(empty, file, backup.check(file), silent)
        assert all(verdict.broken is None for verdict in await _verified(empty))
        async with open_services(empty) as services:
            for thread_id, said in told.items():
                thread = await services.threads.get("default", thread_id)
                messages = await services.repository.scoped("messages", "default").find(
                    {"thread_id": thread_id}, sort=[("turn_index", 1)]
                )
                kept = [row["message_id"] for row in messages if row["role"] == "lead"]
                kept += [waiting.message_id for waiting in thread.queue]
                assert kept[: len(said)] == said
                indexes_of = [row["turn_index"] for row in messages]
                assert indexes_of == list(range(len(indexes_of)))
                assert thread.unanswered == len(thread.queue)


class TestRefused:
    @pytest.fixture
    async def file(self, ours: Settings, tmp_path: Path) -> Path:
        path = tmp_path / "all.backup"
        async with open_services(ours):
            await _backup(ours, path, keys=False, progress=silent)
        return path

    async def test_a_database_that_holds_something(
        self, ours: Settings, file: Path, empty: Settings
    ) -> None:
        with pytest.raises(Conflict) as raised:
            await _restore(ours, file, backup.check(file), silent)
        assert raised.value.code == "database_not_empty"
        assert not (empty.data_dir / "secret.key").exists()

    async def test_a_file_that_exists(self, ours: Settings, file: Path) -> None:
        with pytest.raises(Conflict) as raised:
            await _backup(ours, file, keys=True, progress=silent)
        assert raised.value.code == "backup_exists"
        assert backup.check(file).head["keys"] == {}

    async def test_a_place_that_is_none(self, ours: Settings, tmp_path: Path) -> None:
        with pytest.raises(Misconfigured) as raised:
            await _backup(ours, tmp_path / "nowhere" / "b", keys=True, progress=silent)
        assert raised.value.code == "backup_unwritable"

    async def test_without_its_keys(self, ours: Settings, empty: Settings, file: Path) -> None:
        with pytest.raises(Conflict) as raised:
            await _restore(empty, file, backup.check(file), silent)
        assert raised.value.code == "backup_key_missing"
        assert "LATCHKEY_SECRET_KEY" in raised.value.message
        empty.data_dir.mkdir()
        for name in ("secret.key", "vault.key"):
            (empty.data_dir / name).write_bytes((ours.data_dir / name).read_bytes())
        await _restore(empty, file, backup.check(file), silent)

    async def test_with_other_keys(self, empty: Settings, database: Database, file: Path) -> None:
        build_services(empty, database, SystemClock())  # makes the keys
        with pytest.raises(Conflict) as raised:
            await _restore(empty, file, backup.check(file), silent)
        assert raised.value.code == "backup_key_wrong"

    @pytest.mark.parametrize("kept", [0, 10, 0.5, -1, -8, -9])
    def test_a_torn_file(self, file: Path, kept: float) -> None:
        whole = file.read_bytes()
        file.write_bytes(whole[: int(kept if kept % 1 == 0 else kept * len(whole))])
        with pytest.raises(InvalidInput) as raised:
            backup.check(file)
        assert raised.value.code == "backup_damaged"

    def test_a_file_that_was_changed(self, file: Path) -> None:
        plain = gzip.decompress(file.read_bytes())
        assert b"default" in plain
        file.write_bytes(gzip.compress(plain.replace(b"default", b"changed", 1)))
        with pytest.raises(InvalidInput) as raised:
            backup.check(file)
        assert raised.value.code == "backup_damaged"

    @pytest.mark.parametrize("text", [b"", b"{}", json.dumps({"format": 1}).encode()])
    def test_another_file(self, tmp_path: Path, text: bytes) -> None:
        path = tmp_path / "other"
        path.write_bytes(text)
        with pytest.raises(InvalidInput):
            backup.check(path)
        with pytest.raises(InvalidInput) as raised:
            backup.check(tmp_path)
        assert raised.value.code == "backup_unreadable"

    async def test_what_fails_half_way_leaves_nothing(
        self, ours: Settings, empty: Settings, tmp_path: Path
    ) -> None:
        path = tmp_path / "all.backup"
        await _backup(ours, path, keys=True, progress=silent)

        def full(done: int, total: int | None) -> None:
            raise StorageFull("storage_full", "Free some space.")

        with pytest.raises(LatchkeyError):
            await _restore(empty, path, backup.check(path), full)
        await _restore(empty, path, backup.check(path), silent)
