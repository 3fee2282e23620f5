import errno
import os
import shutil
from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest

from agent.errors import Misconfigured, StorageFull
from agent.mongo.datadir import Files

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def files(tmp_path: Path) -> Files:
    files = Files(tmp_path / "deep" / "data")
    files.prepare()
    return files


def test_an_existing_directory_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    Files(tmp_path).prepare()
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "mongo").stat().st_mode & 0o777 == 0o700


def test_two_may_make_it_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Path.mkdir

    def overtaken(path: Path, *args: Any, **options: Any) -> None:
        if path == tmp_path / "data":
            os.makedirs(path, exist_ok=True)
        made(path, *args, **options)

    monkeypatch.setattr(Path, "mkdir", overtaken)
    Files(tmp_path / "data").prepare()
    assert (tmp_path / "data" / "mongo" / "db").is_dir()


def test_the_key_is_made_once(files: Files) -> None:
    files.provide_key()
    key = files.key.read_bytes()
    assert len(key) >= 64
    files.provide_key()
    assert files.key.read_bytes() == key


@pytest.mark.parametrize("said", ["", "nonsense", "80", "65000"])
def test_an_unusable_port_is_settled_anew(files: Files, said: str) -> None:
    files.port.write_text(said)
    files.settle_port()
    assert 20_000 <= files.port_number() < 30_000
    port = files.port_number()
    files.settle_port()
    assert files.port_number() == port


def test_little_space_is_too_little(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9, 2**20))
    with pytest.raises(StorageFull) as raised:
        files.require_space()
    assert "1 MB free" in raised.value.message


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, StorageFull),
        (errno.EFBIG, StorageFull),
        (errno.EDQUOT, StorageFull),
        (errno.EACCES, Misconfigured),
        (errno.EROFS, Misconfigured),
        (errno.EIO, Misconfigured),
    ],
)
def test_a_failed_write_is_explained(files: Files, number: int, kind: type[Exception]) -> None:
    with pytest.raises(kind) as raised, files.writing():
        raise OSError(number, os.strerror(number))
    assert str(files.data_dir) in str(raised.value)
