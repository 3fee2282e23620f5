"""What the agent in a support transcript advises."""

from collections import Counter
from collections.abc import Sequence

from agent.tickets.speakers import Line, lines, support, undecided
from graphs.tickets.steps import orders


def advice(transcript: str) -> list[str]:
    """What the customer is told to do, in order; of a text without speakers, all that is told."""
    said = lines(transcript)
    if not said:
        return orders(transcript)
    agents = support(said) or _likely(said)
    told = (step for line in said if line.who in agents for step in orders(line.said))
    return list(dict.fromkeys(told))


def _likely(said: Sequence[Line]) -> set[str]:
    """Of the speakers whose side no name tells, the one who tells others what to do."""
    names = undecided(said)
    if len(names) <= 1:
        return {*names}
    told = Counter(line.who for line in said if line.who in names and orders(line.said))
    return {told.most_common(1)[0][0]} if told else set()
