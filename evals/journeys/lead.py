"""A simulated lead: answers what is asked, says its asides, goes on when nothing is asked."""

import random
from collections.abc import Collection

from evals.journeys.script import Script

QUALIFYING = ("areas", "bedrooms", "budget", "move_date", "pets")


class SimulatedLead:
    """Reads what the agent asked and showed; never what it understood."""

    def __init__(self, script: Script, rng: random.Random) -> None:
        self._script = script
        self._rng = rng
        self._used: dict[str, int] = {}
        self._asides = list(script.asides)
        self._nudges = list(script.nudge)

    def aside(self, events: Collection[str]) -> str | None:
        """The next thing to say because of what just happened, if anything."""
        for aside in self._asides:
            if aside.after in events:
                self._asides.remove(aside)
                return aside.say
        return None

    def waits_for(self, event: str) -> bool:
        return any(aside.after == event for aside in self._asides)

    def answer(self, asked: Collection[str]) -> str | None:
        """What to say to these questions; a nudge when there is nothing to answer."""
        wished = [name for name in QUALIFYING if name in asked]
        if wished:
            count = self._rng.randint(1, len(wished))
            return ". ".join(self._next(name) for name in wished[:count])
        for name in ("confirm", "contact", "slot", "property", "tour", "tour_date"):
            if name in asked:
                return self._next(name)
        return self._nudges.pop(0) if self._nudges else None

    def _next(self, name: str) -> str:
        lines = self._script.answers[name]
        turn = self._used.get(name, 0)
        self._used[name] = turn + 1
        return lines[min(turn, len(lines) - 1)]
