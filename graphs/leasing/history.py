"""A conversation as a prompt remembers it: its last lines, and what came of those before.

The window grows line by line and is cut in one step, so that a prompt mostly begins like the last.
"""

from collections.abc import Sequence

from graphs.leasing.phrases import listed

WINDOW = 8
"""Transcript lines kept at most."""
KEPT = 4
"""Of them, those that stay when the window is cut."""
STORY = 8
"""Turns remembered by what they came to."""
LINE = 600
"""Characters kept of a line."""
MARK = 110
"""Characters kept of what a turn came to."""

Line = list[str]
"""[role, text], and of the agent a third: what the turn came to."""


def folded(window: Sequence[Line], story: Sequence[str]) -> tuple[list[Line], list[str]]:
    """The window, cut when it is full, and the story with what fell out of it."""
    if len(window) <= WINDOW:
        return list(window), list(story)
    gone, kept = window[:-KEPT], list(window[-KEPT:])
    marks = [line[2] for line in gone if len(line) > 2 and line[2]]
    return kept, [*story, *marks][-STORY:]


def mark(
    *,
    listings: Sequence[str] = (),
    slots: bool = False,
    asked_team: Sequence[str] = (),
    topics: Sequence[str] = (),
    outcome: str = "",
    handoff: bool = False,
) -> str:
    """What one turn came to, in a few words; empty when nothing did."""
    parts = [
        f"lead asked about {listed(topics)}" if topics else "",
        f"showed {listed(listings)}" if listings else "",
        "offered tour times" if slots else "",
        f"sent to the team: {' '.join(asked_team)}" if asked_team else "",
        f"told the lead: {outcome}" if outcome else "",
        "brought in a person" if handoff else "",
    ]
    return "; ".join(part for part in parts if part)[:MARK]
