import subprocess
import sys
from pathlib import Path

import pytest

from agent.kit.failpoints import EXIT_CODE, Failpoints

ROOT = Path(__file__).parents[3]
PROGRAM = """
import sys
from agent.kit.failpoints import Failpoints
points = Failpoints(sys.argv[1])
for name in ("accept", "lease", "lease", "lease"):
    print(name, flush=True)
    points.reach(name)
"""


@pytest.mark.parametrize(
    ("armed", "code", "said"),
    [
        ("accept", EXIT_CODE, 1),
        ("lease", EXIT_CODE, 2),
        ("lease:2", EXIT_CODE, 3),
        ("lease:4", 0, 4),
        ("delivery", 0, 4),
    ],
)
def test_the_process_dies_at_the_armed_pass(armed: str, code: int, said: int) -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, armed], capture_output=True, cwd=ROOT, text=True
    )
    assert (run.returncode, len(run.stdout.split())) == (code, said)


def test_nothing_happens_unless_a_point_is_armed() -> None:
    Failpoints().reach("accept")
    Failpoints("lease").reach("accept")
