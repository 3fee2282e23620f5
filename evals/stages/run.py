"""Trains the stage classifier on some dialogues and scores it on the others, several times."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from agent.errors import InvalidInput
from agent.training.stages.classifier import learn
from agent.training.stages.scoring import Score, majority, score
from agent.training.stages.turns import Turn
from evals.homes.dialogues import Dialogue, read_homes
from evals.stages.keywords import stage_by_keyword

Progress = Callable[[int, int], None]
SEEDS = (0, 1, 2)
HELD_OUT = 0.3
REQUIRED = 0.955
GOAL = 0.97
_ROLES = ("lead", "agent", "overall")


class Labelled(NamedTuple):
    role: str
    text: str
    gold: str
    guess: str


def run(
    data: Path, *, seeds: Sequence[int] = SEEDS, progress: Progress = lambda _done, _total: None
) -> dict[str, Any]:
    """One training and scoring a seed; a seed decides which threads are held out."""
    dialogues = read_homes(data).dialogues
    splits = []
    for number, seed in enumerate(seeds, 1):
        splits.append(_split(dialogues, seed))
        progress(number, len(seeds))
    accuracies = [split["overall"]["accuracy"] for split in splits]
    return {
        "accuracy": round(fmean(accuracies), 4),
        "lowest": min(accuracies),
        "n": sum(split["overall"]["n"] for split in splits),
        "required": REQUIRED,
        "goal": GOAL,
        "passed": min(accuracies) >= REQUIRED,
        "held_out": HELD_OUT,
        "splits": splits,
    }


def _split(dialogues: Sequence[Dialogue], seed: int) -> dict[str, Any]:
    known = [_turns(each) for each in dialogues if not _held_out(each, seed)]
    held = [_turns(each) for each in dialogues if _held_out(each, seed)]
    stages = {turn.stage for turn in chain(*known) if turn.stage}
    rest = [turn for turn in chain(*held) if turn.stage]
    if len(stages) < 2 or not rest:
        raise InvalidInput(
            "data_too_small", "A split needs two stages to learn and turns to score; add dialogues."
        )
    started = time.perf_counter()
    classifier = learn(known)
    seconds = time.perf_counter() - started
    found = [
        Labelled(turn.speaker, turn.text, turn.stage, guess.stage)
        for turns in held
        for turn, guess in zip(turns, classifier.guesses(turns), strict=True)
        if turn.stage
    ]
    return {
        "seed": seed,
        "threads": {"trained": len(known), "scored": len(held)},
        "train_seconds": round(seconds, 1),
        **{role: _of(found, role, known) for role in _ROLES},
    }


def _of(found: Sequence[Labelled], role: str, known: Sequence[Sequence[Turn]]) -> dict[str, Any]:
    mine = [each for each in found if role in (each.role, "overall")]
    learnt = [
        turn.stage for turn in chain(*known) if turn.stage and role in (turn.speaker, "overall")
    ]
    ours = score((each.gold, each.guess) for each in mine)
    keyword = score((each.gold, stage_by_keyword(each.text)) for each in mine)
    return {
        **ours.report(),
        "baselines": {
            "majority": _majority(learnt, mine).report(),
            "keywords": keyword.report(),
        },
    }


def _majority(learnt: Sequence[str], mine: Sequence[Labelled]) -> Score:
    return majority(learnt, [each.gold for each in mine]) if learnt else score(())


def _turns(dialogue: Dialogue) -> list[Turn]:
    return list(_labelled(dialogue))


def _labelled(dialogue: Dialogue) -> Iterator[Turn]:
    for turn in dialogue.turns:
        yield Turn(turn.role, turn.text, turn.label.stage or None if turn.label else None)


def _held_out(dialogue: Dialogue, seed: int) -> bool:
    digest = hashlib.sha256(f"{seed}:{dialogue.thread_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < HELD_OUT * 2**64
