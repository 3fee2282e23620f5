import asyncio
import contextlib
import resource
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from agent.errors import Gone, InvalidInput, StorageFull, TooLarge
from agent.services import Services
from agent.uploads.service import MB

TENANT = "default"


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def kept(services: Services) -> tuple[int, int]:
    """How many uploads and chunks there are."""
    rows = services.repository
    return (
        await rows.scoped("uploads", TENANT).count({}),
        await rows.scoped("upload_chunks", TENANT).count({}),
    )


async def read(services: Services, upload_id: str) -> bytes:
    async with services.uploads.open(TENANT, upload_id) as path:
        return path.read_bytes()


async def test_comes_back_as_it_was(services: Services) -> None:
    data = bytes(range(256)) * 10_000
    upload_id = await services.uploads.save(TENANT, "Kim's.CSV", pieces(data[:7], data[7:]))
    assert await kept(services) == (1, 3)
    async with services.uploads.open(TENANT, upload_id) as path:
        assert path.read_bytes() == data
        assert path.name == "upload.csv"
    assert not path.exists()


async def test_a_name_chooses_no_place(services: Services) -> None:
    for name in ("../../etc/passwd", "a.c/sv", "", "x." + "y" * 99, "a.c sv"):
        upload_id = await services.uploads.save(TENANT, name, pieces(name.encode() + b"."))
        async with services.uploads.open(TENANT, upload_id) as path:
            assert path.name == "upload"


async def test_chunks_are_small_whatever_comes(services: Services) -> None:
    await services.uploads.save(TENANT, "a.csv", pieces(b"x" * (3 * MB + 1), b"y"))
    rows = await services.repository.scoped("upload_chunks", TENANT).find({}, sort=[("index", 1)])
    assert [len(row["data"]) for row in rows] == [MB, MB, MB, 2]
    upload = await services.repository.scoped("uploads", TENANT).find_one({})
    assert upload
    assert upload["expires_at"] == services.clock.now() + timedelta(hours=24)
    assert all(row["expires_at"] > upload["expires_at"] for row in rows)


async def test_too_large_is_refused_while_it_comes_and_leaves_nothing(services: Services) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += MB
            yield b"x" * MB

    with pytest.raises(TooLarge) as refused:
        await services.uploads.save(TENANT, "a.csv", endless(), limit=2 * MB)
    assert refused.value.code == "upload_too_large"
    assert "2 MB" in refused.value.message
    assert taken == 3 * MB
    assert await kept(services) == (0, 0)


async def test_just_the_limit_is_taken(services: Services) -> None:
    await services.uploads.save(TENANT, "a.csv", pieces(b"x" * MB), limit=MB)
    assert await kept(services) == (1, 1)


async def test_empty_is_refused(services: Services) -> None:
    with pytest.raises(InvalidInput) as refused:
        await services.uploads.save(TENANT, "a.csv", pieces(b"", b""))
    assert refused.value.code == "upload_empty"
    assert await kept(services) == (0, 0)


async def test_a_sender_that_breaks_off_leaves_nothing(services: Services) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * (2 * MB)
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await services.uploads.save(TENANT, "a.csv", broken())
    assert await kept(services) == (0, 0)


async def test_a_request_that_is_cancelled_leaves_nothing(services: Services) -> None:
    started = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"x" * MB
        started.set()
        await asyncio.sleep(600)

    saving = asyncio.create_task(services.uploads.save(TENANT, "a.csv", slow()))
    await asyncio.wait_for(started.wait(), 60)
    saving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saving
    assert await kept(services) == (0, 0)


class TestTheSameFile:
    async def test_is_kept_once_while_it_waits(self, services: Services) -> None:
        save = services.uploads.save
        ids = await asyncio.gather(*(save(TENANT, "a.csv", pieces(b"x")) for _ in range(6)))
        assert len(set(ids)) == 1
        assert await kept(services) == (1, 1)
        assert await read(services, ids[0]) == b"x"

    async def test_for_another_purpose_is_another(self, services: Services) -> None:
        ids = {
            await services.uploads.save(TENANT, "a.csv", pieces(b"x"), purpose=purpose)
            for purpose in ("one", "two")
        }
        assert len(ids) == 2

    async def test_is_new_once_it_was_used(self, services: Services) -> None:
        first = await services.uploads.save(TENANT, "a.csv", pieces(b"x"))
        await services.uploads.delete(TENANT, first)
        assert await kept(services) == (0, 0)
        assert await services.uploads.save(TENANT, "a.csv", pieces(b"x")) != first


class TestGone:
    async def test_unknown_and_foreign(self, services: Services) -> None:
        upload_id = await services.uploads.save(TENANT, "a.csv", pieces(b"x"))
        for tenant_id, wanted in ((TENANT, "upl_nothing"), ("other", upload_id)):
            with pytest.raises(Gone) as refused:
                async with services.uploads.open(tenant_id, wanted):
                    pass
            assert refused.value.code == "upload_expired"

    async def test_never_half_a_file(self, services: Services) -> None:
        upload_id = await services.uploads.save(TENANT, "a.csv", pieces(b"x" * 2 * MB))
        await services.repository.scoped("upload_chunks", TENANT).delete_many({"index": 1})
        with pytest.raises(Gone):
            await read(services, upload_id)


KILLED = """
import os, signal, sys
from pathlib import Path
from agent.uploads.copies import Copy
Copy(Path(sys.argv[1]), "upload.csv").path.write_text("kim@example.com")
os.kill(os.getpid(), signal.SIGKILL)
"""


class TestACopy:
    async def test_is_for_its_owner_only_and_in_the_data_directory(
        self, services: Services
    ) -> None:
        upload_id = await services.uploads.save(TENANT, "a.csv", pieces(b"x"))
        async with services.uploads.open(TENANT, upload_id) as path:
            assert path.is_relative_to(services.settings.data_dir / "uploads")
            assert path.stat().st_mode & 0o777 == 0o600
            assert path.parent.stat().st_mode & 0o777 == 0o700

    async def test_of_a_killed_process_is_swept_and_one_in_use_is_not(
        self, services: Services
    ) -> None:
        home = services.settings.data_dir / "uploads"
        killed = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, str(home))
        assert await killed.wait() == -9
        assert len(list(home.glob("*/upload.csv"))) == 1
        upload_id = await services.uploads.save(TENANT, "a.csv", pieces(b"mine"))
        async with services.uploads.open(TENANT, upload_id) as path:
            await services.uploads.sweep()
            assert path.read_bytes() == b"mine"
            assert list(home.glob("*/upload.csv")) == [path]
        assert list(home.glob("*/")) == []

    async def test_on_a_full_disk_is_told(self, services: Services) -> None:
        upload_id = await services.uploads.save(TENANT, "a.csv", pieces(b"x" * MB))
        with _no_file_over(1000), pytest.raises(StorageFull) as refused:
            await read(services, upload_id)
        assert refused.value.code == "disk_full"
        assert list((services.settings.data_dir / "uploads").glob("*/")) == []


@contextlib.contextmanager
def _no_file_over(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
