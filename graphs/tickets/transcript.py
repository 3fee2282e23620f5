"""What the agent of a support transcript advises."""

from collections import Counter
from collections.abc import Sequence

from agent.tickets.speakers import Line, lines, support, undecided
from graphs.tickets.steps import orders


def advice(transcript: str) -> list[str]:
    """What the agent tells the customer to do, in order; of a text without speakers, all of it."""
    said = lines(transcript)
    if not said:
        return orders(transcript)
    agents = _agents(said)
    return list(
        dict.fromkeys(step for line in said if line.who in agents for step in orders(line.said))
    )


def _agents(said: Sequence[Line]) -> set[str]:
    """The speakers of the support's side: named so, of a company, or those who are left."""
    if agents := support(said):
        return agents
    left = undecided(said)
    if len(left) <= 1:
        return {*left}
    told = Counter(line.who for line in said if line.who in left and orders(line.said))
    return {told.most_common(1)[0][0]} if told else set()
