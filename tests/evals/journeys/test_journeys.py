"""A sample of the journeys, through the whole graph; the command plays them all."""

from collections import Counter

import pytest

from agent.services import Services
from evals.journeys.journey import Journey
from evals.journeys.run import JourneysReport, make_room, run_seed
from evals.journeys.script import CLASSES, Script, load_scripts
from graphs.runtime import open_runtime

SCRIPTS = load_scripts()
EVERY = 11


def test_there_are_enough_of_every_class() -> None:
    counts = Counter(script.kind for script in SCRIPTS)
    assert set(counts) == {*CLASSES}
    assert min(counts.values()) >= 40
    assert len(SCRIPTS) >= 200
    assert len({script.id for script in SCRIPTS}) == len(SCRIPTS)
    assert len({script.opening.casefold() for script in SCRIPTS}) == len(SCRIPTS)


@pytest.mark.untraced
async def test_a_sample_reaches_its_ends(demo: Services) -> None:
    await make_room(demo)
    seen: list[int] = []
    async with open_runtime(demo) as runtime:
        journeys = await run_seed(runtime, SCRIPTS[::EVERY], 0, lambda done, _: seen.append(done))
    assert {j.script.id: j.problem for j in journeys if not j.passed} == {}
    assert seen == list(range(1, len(journeys) + 1))


@pytest.mark.parametrize(("problems", "share"), [([None, None], 1.0), ([None, "lost"], 0.0)])
def test_a_script_counts_when_every_run_passes(problems: list[str | None], share: float) -> None:
    script: Script = SCRIPTS[0]
    journeys = [Journey(script, seed, problem=p) for seed, p in enumerate(problems)]
    summary = JourneysReport(journeys).summary()[script.kind]
    assert summary["pass^5"] == share
    assert summary["runs"] == 2


async def test_an_end_state_that_is_not_there_fails(demo: Services) -> None:
    """The grader looks at the database, not at the words."""
    wrong = SCRIPTS[0].model_copy(
        update={"wants": SCRIPTS[0].wants.model_copy(update={"bedrooms": 9})}
    )
    await make_room(demo)
    async with open_runtime(demo) as runtime:
        [journey] = await run_seed(runtime, [wrong], 0, lambda *_: None)
    assert journey.problem is not None
