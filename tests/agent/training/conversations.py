"""Conversations written for the tests, and labels that follow from what is said in them."""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime

from agent.services import Services
from agent.threads.models import Message, Role, Stage, Thread
from agent.training.stages.turns import Turn

SAID = {
    "qualifying": (("lead", "I am looking for {n} rooms in {a}"), ("agent", "Which area of {a}?")),
    "sending_list": (("agent", "I found {n} homes in {a}, one at Elm Street"),),
    "selecting_favorites": (("lead", "Does the second one allow dogs, like {a}?"),),
    "touring": (("lead", "I would like to visit on day {n}"), ("agent", "Shall I book day {n}?")),
}
_PLACES = ("Northgate", "Harbor", "Old Mill", "Riverside", "Summit")


def conversation(seed: int) -> list[Turn]:
    rng = random.Random(seed)
    return [
        Turn(
            "lead" if speaker == "lead" else "agent",
            text.format(n=rng.randint(1, 9), a=rng.choice(_PLACES)),
            stage,
        )
        for stage, lines in SAID.items()
        for speaker, text in lines
    ]


async def write(services: Services, *seeds: int, tenant: str = "default") -> None:
    """Store conversations as transcripts."""
    await store(services, {f"thr_{seed}": conversation(seed) for seed in seeds}, tenant=tenant)


async def store(
    services: Services, threads: Mapping[str, Sequence[Turn]], *, tenant: str = "default"
) -> None:
    now = services.clock.now()
    rows = services.repository.scoped("threads", tenant)
    await rows.insert_many(
        [
            Thread(
                thread_id=thread_id,
                lead_id="lead",
                community_id="default",
                created_at=now,
                updated_at=now,
            ).model_dump(mode="python")
            for thread_id in threads
        ]
    )
    await services.repository.scoped("messages", tenant).insert_many(
        [
            {"thread_id": thread_id, **_message(index, turn, now).model_dump(mode="python")}
            for thread_id, turns in threads.items()
            for index, turn in enumerate(turns)
        ]
    )


def _message(index: int, turn: Turn, now: datetime) -> Message:
    return Message(
        message_id=f"m{index}",
        turn_index=index,
        role=Role(turn.speaker),
        text=turn.text,
        timestamp=now,
        stage=Stage(turn.stage) if turn.stage else None,
        entities={"bedrooms": 2} if turn.speaker == "lead" else {},
    )


async def silent(done: int, total: int | None, cursor: object = None) -> None:
    """A step nobody listens to."""
