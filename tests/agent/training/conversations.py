"""Conversations written for the tests, and labels that follow from what is said in them."""

import random

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
