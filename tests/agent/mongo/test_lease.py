import threading
from pathlib import Path

import pytest

from agent.errors import Unavailable
from agent.mongo import watchdog
from agent.mongo.datadir import Files
from agent.mongo.lease import Lock, alone, is_held


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lock"


class TestLock:
    def test_is_shared_by_many_and_then_seized_by_none(self, path: Path) -> None:
        one, two, three = Lock(path), Lock(path), Lock(path)
        one.share()
        two.share()
        assert not three.seize()
        one.release()
        assert not three.seize()
        two.release()
        assert three.seize()

    def test_is_seized_by_one(self, path: Path) -> None:
        one, two = Lock(path), Lock(path)
        assert one.seize()
        assert not two.seize()
        one.release()
        one.release()
        assert two.seize()

    def test_waits_until_nobody_holds_it(self, path: Path) -> None:
        holder = Lock(path)
        holder.share()
        waiter = threading.Thread(target=Lock(path).wait)
        waiter.start()
        waiter.join(0.1)
        assert waiter.is_alive()
        holder.release()
        waiter.join(5)
        assert not waiter.is_alive()
        assert not is_held(path)

    def test_an_absent_file_is_not_held_and_not_made(self, path: Path) -> None:
        assert not is_held(path)
        assert not path.exists()


class TestAlone:
    def test_gives_up_with_a_name(self, path: Path) -> None:
        with alone(path), pytest.raises(Unavailable) as raised, alone(path, timeout=0.05):
            pass
        assert raised.value.code == "database_locked"
        assert str(path) in raised.value.message

    def test_lets_go_after_an_error(self, path: Path) -> None:
        with pytest.raises(KeyError), alone(path):
            raise KeyError
        assert not is_held(path)


class TestWatchdog:
    def test_ends_where_nothing_runs(self, tmp_path: Path) -> None:
        files = Files(tmp_path)
        files.prepare()
        watchdog.watch(files)
        assert not is_held(files.watchdog)

    def test_leaves_a_used_database_alone(self, tmp_path: Path) -> None:
        files = Files(tmp_path)
        files.prepare()
        lease = Lock(files.lease)
        lease.share()
        assert not watchdog.stop_if_unused(files)
        lease.release()
        assert watchdog.stop_if_unused(files)

    def test_there_is_one(self, tmp_path: Path) -> None:
        files = Files(tmp_path)
        files.prepare()
        post, lease = Lock(files.watchdog), Lock(files.lease)
        assert post.seize()
        lease.share()
        watchdog.watch(files)  # returns though the database is used: another one is at its post
        watchdog.set_out(files)
        post.release()
