import os
import platform
import stat
from importlib import metadata
from pathlib import Path

import pytest

from agent.errors import Misconfigured
from agent.mongo import binary, embedded


def script(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(("#!/bin/sh", *lines, "")))
    path.chmod(0o755)
    return path


@pytest.fixture
def empty_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH on which there is nothing yet."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


class TestFind:
    def test_prefers_the_named_one(self, empty_path: Path) -> None:
        script(empty_path / "mongod")
        named = script(empty_path / "mine")
        assert binary.find(named) == named

    def test_then_the_path(self, empty_path: Path) -> None:
        assert binary.find(None) != empty_path / "mongod"
        on_path = script(empty_path / "mongod")
        assert binary.find(None) == on_path

    def test_then_the_package_and_makes_it_executable(self, empty_path: Path) -> None:
        found = binary.find(None)
        assert found.name == "mongod"
        assert os.access(found, os.X_OK)

    def test_a_named_one_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(Misconfigured) as raised:
            binary.find(tmp_path / "absent")
        assert raised.value.code == "mongod_missing"
        assert "LATCHKEY_MONGOD" in raised.value.message

    @pytest.mark.parametrize(
        ("machine", "advice"), [("x86_64", "make setup"), ("aarch64", "Install MongoDB 6.0")]
    )
    def test_none_anywhere(
        self, empty_path: Path, monkeypatch: pytest.MonkeyPatch, machine: str, advice: str
    ) -> None:
        def not_installed(name: str) -> None:
            raise metadata.PackageNotFoundError(name)

        monkeypatch.setattr(metadata, "files", not_installed)
        monkeypatch.setattr(platform, "machine", lambda: machine)
        monkeypatch.setattr("sys.platform", "linux")
        with pytest.raises(Misconfigured) as raised:
            binary.find(None)
        assert raised.value.code == "mongod_missing"
        assert advice in raised.value.message
        assert "MONGODB_URI" in raised.value.message

    def test_windows(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.platform", "win32")
        with pytest.raises(Misconfigured) as raised:
            binary.find(None)
        assert raised.value.code == "mongod_unsupported"

    def test_a_package_without_the_execute_bit(
        self, empty_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = script(empty_path / "unpacked")
        path = path.rename(empty_path / "mongod")
        path.chmod(0o644)
        unpacked = metadata.PackagePath("mongod")
        unpacked.dist = metadata.Distribution.at(empty_path / "x.dist-info")
        monkeypatch.setattr(metadata, "files", lambda _: [unpacked])
        assert binary.find(None) == path
        assert stat.S_IMODE(path.stat().st_mode) == 0o755


class TestVersion:
    def test_of_the_real_one(self) -> None:
        major = int(binary.version(None).split(".")[0])
        assert major >= 6

    @pytest.mark.parametrize(
        ("lines", "code", "advice"),
        [
            (
                [
                    'echo "mongod: error while loading shared libraries: libcurl.so.4: cannot open '
                    'shared object file: No such file or directory" >&2',
                    "exit 127",
                ],
                "mongod_library_missing",
                "apt-get install -y libcurl4",
            ),
            (
                ["echo Illegal instruction >&2", "exit 132"],
                "mongod_unusable",
                "Illegal instruction",
            ),
            (["exit 1"], "mongod_unusable", "it said nothing"),
            (["echo db version vX"], "mongod_unusable", "LATCHKEY_MONGOD"),
        ],
    )
    async def test_of_a_broken_one(
        self, tmp_path: Path, lines: list[str], code: str, advice: str
    ) -> None:
        broken = script(tmp_path / "mongod", *lines)
        with pytest.raises(Misconfigured) as raised:
            binary.version(broken)
        assert raised.value.code == code
        assert advice in raised.value.message
        assert "MONGODB_URI" in raised.value.message

    @pytest.mark.parametrize("content", ["", "not a program", "\x7fELF but no more"])
    async def test_of_what_is_no_program(self, tmp_path: Path, content: str) -> None:
        broken = tmp_path / "mongod"
        broken.write_text(content)
        broken.chmod(0o755)
        with pytest.raises(Misconfigured) as raised:
            binary.version(broken)
        assert raised.value.code == "mongod_unusable"

    async def test_opening_with_a_broken_one_says_the_same(self, tmp_path: Path) -> None:
        broken = script(
            tmp_path / "mongod",
            "echo 'libcurl.so.4: cannot open shared object file: No such file' >&2",
            "exit 127",
        )
        with pytest.raises(Misconfigured) as raised:
            async with embedded.open(tmp_path / "data", broken):
                pass
        assert raised.value.code == "mongod_library_missing"
