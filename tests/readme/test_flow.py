"""The lines of the README that a reader pastes into a shell, pasted."""

import json
import os
import re
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.readme.markdown import ROOT, bash_blocks

pytestmark = pytest.mark.untraced

README = ROOT / "README.md"
BIN = Path(sys.executable).parent
READY_SECONDS = 30
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="apt-get install curl")


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a reader who has started the demo and exported URL and KEY."""
    kept = {name: value for name, value in os.environ.items() if "LATCHKEY" not in name}
    kept.pop("MONGODB_URI", None)
    environ = {
        **kept,
        "PATH": f"{BIN}{os.pathsep}{kept['PATH']}",
        "LATCHKEY_DATA_DIR": str(tmp_path_factory.mktemp("latchkey")),
    }
    server = subprocess.Popen(
        ["latchkey", "serve", "--demo", "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        text=True,
        env=environ,
    )
    try:
        assert server.stdout
        assert select.select([server.stdout], [], [], READY_SECONDS)[0], "the server did not start"
        ready = json.loads(server.stdout.readline())
        yield {**environ, "URL": ready["base_url"], "KEY": ready["admin_key"]}
    finally:
        server.terminate()
        server.communicate(timeout=30)


def paste(lines: str, environ: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run `lines` as they stand; any line that fails ends it."""
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", lines],
        capture_output=True,
        text=True,
        timeout=60,
        env=environ,
        check=False,
    )


@pytest.fixture(scope="module")
def said(shell: dict[str, str]) -> list[str]:
    """What a reader sees who pastes all blocks that call the API, in their order."""
    blocks = [block for block in bash_blocks(README) if "curl" in block]
    assert len(blocks) == 3
    pasted = paste("\n".join(blocks), shell)
    assert pasted.returncode == 0, pasted.stderr
    return pasted.stdout.splitlines()


@needs_curl
def test_the_flow_goes_from_homes_to_a_booked_tour(said: list[str]) -> None:
    homes = [line for line in said if line.startswith("1. Cedar Mesa")]
    assert len(homes) == 1
    assert '"status":"approved"' in "".join(said)
    assert "booked" in said[-1]


@needs_curl
def test_the_support_desk_goes_from_a_workbook_to_a_chatbot_that_cites(said: list[str]) -> None:
    text = "\n".join(said)
    (published,) = re.findall(r"^published as (KB-NEW-\d{4})$", text, re.MULTILINE)
    assert "30" in said
    assert '"resolved":30' in text
    assert published in said, "found by search"
    answer = next(json.loads(line) for line in said if line.startswith('{"reply"'))
    assert published in [citation["id"] for citation in answer["citations"]]
    assert answer["offer_ticket"] is False


@needs_curl
def test_what_was_approved_is_delivered_once(said: list[str], shell: dict[str, str]) -> None:
    deliveries = 'curl -fsS "$URL/api/deliveries" -H "Authorization: Bearer $KEY"'
    done = paste(f"until {deliveries} | grep '\"done\"'; do sleep 0.2; done", shell).stdout
    (delivery,) = json.loads(done)["items"]
    assert (delivery["action"], delivery["connector"]) == ("schedule_tour", "record")


@needs_curl
def test_with_a_wrong_key_the_flow_stops_at_once(shell: dict[str, str]) -> None:
    pasted = paste(bash_blocks(README)[-1], {**shell, "KEY": "lk_wrong"})
    assert pasted.returncode != 0
    assert "401" in pasted.stderr
    assert pasted.stdout == ""
