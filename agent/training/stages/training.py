"""From the labelled conversations of a tenant to a stage classifier and its scores."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from agent.errors import InvalidInput
from agent.training.datasets.build import split_of
from agent.training.datasets.lines import Conversation
from agent.training.stages.classifier import StageClassifier
from agent.training.stages.scoring import Score, majority, score
from agent.training.stages.turns import Turn

LEAST_LABELLED = 20
MOST_LABELLED = 40_000
"""Turns; beyond it every other thread is left out, again and again."""


@dataclass(slots=True)
class Labelled:
    """Conversations to learn from, and others to score on; a thread is always on the same side."""

    known: list[list[Turn]] = field(default_factory=list)
    held_out: list[list[Turn]] = field(default_factory=list)
    hash: str = ""

    @property
    def stages(self) -> list[str]:
        return _stages(self.known)


async def labelled(batches: AsyncIterator[list[Conversation]]) -> Labelled:
    """What a model has guessed is no label.

    Raises InvalidInput `stages_too_few`, `stages_too_uniform`.
    """
    kept: dict[str, list[Turn]] = {}
    turns = 0
    share = 1.0
    async for batch in batches:
        for conversation in batch:
            mine = [
                Turn(line.speaker, line.text, None if line.guessed else line.stage)
                for line in conversation.lines
            ]
            labels = sum(turn.stage is not None for turn in mine)
            if labels and _rank(conversation.thread_id) < share:
                kept.setdefault(conversation.thread_id, []).extend(mine)
                turns += labels
        while turns > MOST_LABELLED:
            share /= 2
            kept = {thread: kept[thread] for thread in kept if _rank(thread) < share}
            turns = sum(turn.stage is not None for each in kept.values() for turn in each)
    return _split(kept)


def scores(
    classifier: StageClassifier, threads: Sequence[Sequence[Turn]]
) -> tuple[Score, dict[str, Score]]:
    """Over all labelled turns, and by who spoke."""
    found = [
        (turn.speaker, (turn.stage, guess.stage))
        for turns in threads
        for turn, guess in zip(turns, classifier.guesses(turns), strict=True)
        if turn.stage is not None
    ]
    roles = {role: score(pair for who, pair in found if who == role) for role in ("lead", "agent")}
    return score(pair for _, pair in found), roles


def majority_score(data: Labelled) -> Score:
    return majority(data.stages, _stages(data.held_out))


def _split(kept: dict[str, list[Turn]]) -> Labelled:
    data = Labelled()
    digest = hashlib.sha256()
    for thread_id, turns in kept.items():
        (data.held_out if split_of(thread_id) == "test" else data.known).append(turns)
        digest.update(thread_id.encode() + b"\0")
        for turn in turns:
            digest.update(f"{turn.speaker}\0{turn.stage}\0{turn.text}\0".encode())
    data.hash = digest.hexdigest()
    stages = data.stages
    if len(stages) < LEAST_LABELLED:
        raise InvalidInput(
            "stages_too_few",
            f"{len(stages)} turns have a stage, {LEAST_LABELLED} are needed; ingest more "
            "conversations, or set the stages of threads.",
        )
    if len(set(stages)) < 2:
        raise InvalidInput(
            "stages_too_uniform",
            f"Every turn has the stage {stages[0]!r}; ingest conversations that reach others.",
        )
    return data


def _stages(threads: Sequence[Sequence[Turn]]) -> list[str]:
    return [turn.stage for turns in threads for turn in turns if turn.stage is not None]


def _rank(thread_id: str) -> float:
    digest = hashlib.sha256(f"sample:{thread_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
