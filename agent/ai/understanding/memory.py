"""What a conversation keeps between turns so that the next message can be read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from .models import AgentTurn, Candidate, Context, Gazetteer, SlotOption, Understanding, Value


@dataclass(frozen=True, slots=True)
class Memory:
    """Folded over the turns; pure, and never larger than the homes offered."""

    agent: AgentTurn = field(default_factory=AgentTurn)
    shortlist: tuple[Candidate, ...] = ()
    focus: str | None = None
    mentioned: Mapping[str, Value] = field(default_factory=dict)
    aside: bool = False
    mixed: bool = False
    """Of a transcript that serves other errands too."""

    def after_agent(
        self, turn: AgentTurn, resolve: Callable[[Candidate], Candidate] = lambda home: home
    ) -> "Memory":
        """`resolve` gives a home read from the agent's words its place in the inventory.

        A confirmation that answers other talk (of a calendar, a ride) books no home.
        """
        homes = tuple(resolve(home) for home in turn.homes)
        new = tuple(home for home in homes if home.listing_id)
        if self.aside and turn.confirming:
            turn = replace(turn, confirming={}, asked=(), about="other")
        if homes or turn.offered:
            turn = replace(turn, homes=homes, offered=tuple(home.listing_id for home in new))
        return Memory(
            agent=turn,
            shortlist=self._with(new) if new else self.shortlist,
            focus=new[0].listing_id if len(new) == 1 else self.focus,
            mentioned=_of_these(new, {**self.mentioned, **turn.mentioned}),
            aside=turn.about == "other" if turn.about else self.aside,
            mixed=self.mixed,
        )

    def _with(self, new: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
        """The homes offered, the latest ones last."""
        ids = {home.listing_id for home in new}
        return (*(home for home in self.shortlist if home.listing_id not in ids), *new)

    def after_lead(self, understanding: Understanding) -> "Memory":
        chosen = understanding.references
        return Memory(
            agent=self.agent,
            shortlist=self.shortlist,
            focus=chosen[0] if len(chosen) == 1 else self.focus,
            mentioned={**self.mentioned, **understanding.mentioned},
            aside=understanding.aside,
            mixed=self.mixed,
        )

    def context(
        self,
        today: date,
        known: Mapping[str, Value],
        gazetteer: Gazetteer,
        slots: tuple[SlotOption, ...] = (),
    ) -> Context:
        return Context(
            today=today,
            known=known,
            agent=self.agent,
            shortlist=self.shortlist,
            focus=self.focus,
            slots=slots,
            gazetteer=gazetteer,
            mentioned=self.mentioned,
            aside=self.aside,
            mixed=self.mixed,
        )


def _of_these(homes: tuple[Candidate, ...], mentioned: Mapping[str, Value]) -> Mapping[str, Value]:
    """A day spoken of before a home was offered is not the day to visit that home."""
    if not homes:
        return mentioned
    return {name: value for name, value in mentioned.items() if name != "tour_date"}
