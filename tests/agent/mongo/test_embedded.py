"""The life of the embedded database, in real processes."""

import asyncio
import os
import signal
import socket
import stat
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from agent.errors import LatchkeyError, Misconfigured, Unavailable
from agent.mongo import embedded, process
from agent.mongo.binary import find
from agent.mongo.client import Database
from agent.mongo.datadir import Files
from agent.mongo.lease import alone
from agent.mongo.repository import Repository
from tests.agent.mongo.conftest import Home, Member, eventually, soon

Start = Callable[..., Member]


class TestOpen:
    async def test_serves_only_who_may_read_the_data_directory(self, home: Home) -> None:
        async with embedded.open(home.data_dir) as endpoint:
            assert stat.S_IMODE(home.data_dir.stat().st_mode) == 0o700
            assert stat.S_IMODE((home.data_dir / "mongo").stat().st_mode) == 0o700
            assert stat.S_IMODE((home.data_dir / "mongo/key").stat().st_mode) == 0o600
            assert "127.0.0.1" in endpoint.uri
            assert endpoint.uri not in repr(endpoint)

            stranger: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(
                f"mongodb://127.0.0.1:{home.port}/?directConnection=true"
            )
            with pytest.raises(OperationFailure, match="requires authentication"):
                await stranger["x"]["y"].insert_one({})
            with pytest.raises(OperationFailure):
                await stranger.admin.command("createUser", "me", pwd="me", roles=["root"])
            await stranger.close()

    async def test_keeps_small_and_leaves_no_secret_on_the_command_line(self, home: Home) -> None:
        async with embedded.open(home.data_dir):
            size = sum(f.stat().st_size for f in home.data_dir.rglob("*") if f.is_file())
            assert size < 16 * 2**20
            secret = (home.data_dir / "mongo/key").read_text()
            ps = await asyncio.create_subprocess_exec(
                "ps", "-axwwo", "args=", stdout=asyncio.subprocess.PIPE
            )
            listing, _ = await ps.communicate()
            assert secret.encode() not in listing

    async def test_keeps_data_and_port_between_runs(self, home: Home) -> None:
        async with embedded.open(home.data_dir) as endpoint:
            first = endpoint.uri
            await insert(first, 1)
        async with embedded.open(home.data_dir) as endpoint:
            assert endpoint.uri == first
            assert await count(endpoint.uri) == 1

    @pytest.mark.proof
    async def test_moves_to_another_port_when_its_own_is_taken(self, home: Home) -> None:
        async with embedded.open(home.data_dir) as endpoint:
            await insert(endpoint.uri, 1)
            port = home.port
        squatter = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", port)
        async with embedded.open(home.data_dir) as endpoint:
            assert home.port != port
            await insert(endpoint.uri, 1)
            assert await count(endpoint.uri) == 2
        squatter.close()
        await squatter.wait_closed()

    async def test_finishes_what_a_crash_left_half_made(self, home: Home) -> None:
        files = Files(home.data_dir)
        files.prepare()
        files.settle_port()
        process.start(files, find(None))  # it died here: no replica set, no user, no lease
        bare = home.mongod
        async with embedded.open(home.data_dir) as endpoint:
            await insert(endpoint.uri, 1)
            assert home.mongod == bare

    @pytest.mark.proof
    async def test_starts_over_the_leftovers_of_a_crash(self, home: Home, member: Start) -> None:
        starter = member()
        starter.hears()
        assert starter.write()["code"] == "ok"
        for pid in home.watchdogs():
            os.kill(pid, signal.SIGKILL)
        os.kill(home.mongod, signal.SIGSTOP)  # so that nobody revives it
        starter.die()
        os.kill(home.mongod, signal.SIGKILL)
        eventually(lambda: not home.listens())
        assert home.mongod  # the file of a dead process

        survivor = member()
        survivor.hears()
        assert survivor.write()["code"] == "ok"
        assert survivor.leave() == 0

    async def test_does_not_block_the_event_loop(self, home: Home) -> None:
        longest = 0.0

        async def tick() -> None:
            nonlocal longest
            while True:
                before = time.monotonic()
                await asyncio.sleep(0.01)
                longest = max(longest, time.monotonic() - before)

        ticking = asyncio.create_task(tick())
        began = time.monotonic()
        async with embedded.open(home.data_dir):
            pass
        ticking.cancel()
        assert 0 < longest < max(0.5, (time.monotonic() - began) / 4)


class TestLeases:
    async def test_the_last_one_out_stops_it(self, home: Home, member: Start) -> None:
        async with embedded.open(home.data_dir) as endpoint:
            other = member()
            assert other.hears()["uri"] == endpoint.uri
        assert other.write()["code"] == "ok"
        assert home.listens()
        assert other.leave() == 0
        assert not home.listens()

    @pytest.mark.proof
    def test_it_outlives_a_killed_starter(self, home: Home, member: Start) -> None:
        starter = member()
        starter.hears()
        joined = member()
        joined.hears()
        served_by = home.mongod
        starter.die()
        assert joined.write()["code"] == "ok"
        assert home.mongod == served_by
        assert joined.leave() == 0
        assert not home.listens()

    def test_the_watchdog_stops_what_nobody_uses(self, home: Home, member: Start) -> None:
        starter = member()
        starter.hears()
        starter.die()
        eventually(lambda: not home.listens())
        eventually(lambda: home.watchdogs() == [])

    @pytest.mark.proof
    def test_an_orphan_is_adopted(self, home: Home, member: Start) -> None:
        starter = member()
        starter.hears()
        eventually(lambda: len(home.watchdogs()) == 1)
        for pid in home.watchdogs():
            os.kill(pid, signal.SIGKILL)
        starter.die()
        orphan = home.mongod
        assert home.listens()

        heir = member()
        heir.hears()
        assert home.mongod == orphan
        assert heir.write()["code"] == "ok"
        eventually(lambda: len(home.watchdogs()) == 1)
        assert heir.leave() == 0
        assert not home.listens()

    def test_processes_that_start_at_the_same_moment_share_one(
        self, home: Home, member: Start
    ) -> None:
        members = [member() for _ in range(4)]
        uris = {one.hears()["uri"] for one in members}
        assert len(uris) == 1
        assert [one.write()["code"] for one in members] == ["ok"] * 4
        assert [one.leave() for one in members] == [0] * 4
        assert not home.listens()


class TestKilledMongod:
    async def test_is_served_again_with_every_acknowledged_write(
        self, home: Home, member: Start
    ) -> None:
        async with (
            embedded.open(home.data_dir) as endpoint,
            Database(endpoint.uri, "members", fault=endpoint.fault) as database,
        ):
            other = member()
            other.hears()
            repository = Repository(database)
            rows = repository.scoped("written", "tenant")
            mirror = repository.scoped("mirrored", "tenant")
            acknowledged: list[int] = []
            longest = 0.0
            done = asyncio.Event()

            async def both(number: int) -> None:
                await rows.insert({"number": number})
                await mirror.insert({"number": number})

            async def write(first: int) -> None:
                nonlocal longest
                number = first
                while not done.is_set():
                    started = time.monotonic()
                    await repository.transact(partial(both, number))
                    longest = max(longest, time.monotonic() - started)
                    acknowledged.append(number)
                    number += 1

            async with asyncio.TaskGroup() as writers:
                for first in (0, 1_000_000, 2_000_000):
                    writers.create_task(write(first))
                for _ in range(2):
                    await asyncio.sleep(0.3)
                    home.kill_mongod()
                await asyncio.sleep(2)
                done.set()

            assert 0.1 < longest < 5
            for copy in (rows, mirror):  # none lost, none doubled, none halved
                kept = sorted(row["number"] for row in await copy.find({}))
                assert kept == sorted(acknowledged)
            assert other.write()["code"] == "ok"

    @pytest.mark.proof
    async def test_waits_for_its_port_where_clients_look_for_it(self, home: Home) -> None:
        async with (
            embedded.open(home.data_dir) as endpoint,
            Database(f"{endpoint.uri}&serverSelectionTimeoutMS=1000", "members") as database,
        ):
            with socket.socket() as squatter:
                squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                with alone(Files(home.data_dir).turn):
                    home.kill_mongod()
                    eventually(lambda: not home.listens())
                    squatter.bind(("127.0.0.1", home.port))
                    squatter.listen()
                with pytest.raises(Unavailable) as raised:
                    await database.ping()
                assert (raised.value.code, raised.value.retry_after) == ("database_unavailable", 2)
            await soon(lambda: answers(database))

    async def test_says_why_it_cannot_be_revived(self, home: Home) -> None:
        data, away = home.data_dir / "mongo/db", home.data_dir / "mongo/away"

        async def has_trouble() -> bool:
            return endpoint.fault() is not None

        async with (
            embedded.open(home.data_dir) as endpoint,
            Database(endpoint.uri, "members", fault=endpoint.fault) as database,
        ):
            with alone(Files(home.data_dir).turn):
                home.kill_mongod()
                data.rename(away)
                data.write_text("in the way")
            await soon(has_trouble)
            with pytest.raises(Misconfigured) as raised:
                await Repository(database).scoped("rows", "tenant").insert({})
            assert raised.value.code in ("mongod_failed", "data_dir_unusable")
            data.unlink()
            away.rename(data)
            await soon(lambda: answers(database))
            assert not await has_trouble()


class TestUnusableDirectory:
    async def test_a_file_in_its_place(self, tmp_path: Path) -> None:
        (tmp_path / "data").write_text("a file")
        with pytest.raises(Misconfigured) as raised:
            async with embedded.open(tmp_path / "data"):
                pass
        assert raised.value.code == "data_dir_unusable"
        assert "LATCHKEY_DATA_DIR" in raised.value.message

    @pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a place even root cannot write")
    async def test_an_unwritable_parent(self) -> None:
        with pytest.raises(Misconfigured) as raised:
            async with embedded.open(Path("/proc/latchkey/data")):
                pass
        assert raised.value.code == "data_dir_unusable"

    async def test_data_that_mongod_cannot_read(self, home: Home) -> None:
        async with embedded.open(home.data_dir):
            pass
        (home.data_dir / "mongo/db/WiredTiger.turtle").write_text("not a turtle")
        for leftover in (home.data_dir / "mongo/db").glob("*.bson"):
            leftover.unlink()
        with pytest.raises(Misconfigured) as raised:
            async with embedded.open(home.data_dir):
                pass
        assert raised.value.code == "mongod_failed"
        assert "mongod.log" in raised.value.message


async def answers(database: Database) -> bool:
    try:
        await database.ping()
    except LatchkeyError:
        return False
    return True


async def insert(uri: str, number: int) -> None:
    async with Database(uri, "test") as database:
        await Repository(database).scoped("rows", "tenant").insert({"number": number})


async def count(uri: str) -> int:
    async with Database(uri, "test") as database:
        return await Repository(database).scoped("rows", "tenant").count({})
