"""The graphs as drawings; nothing is opened, for only their edges are looked at."""

from typing import Any

from langchain_core.runnables.graph import Graph

from graphs.leasing.graph import build


def leasing() -> Graph:
    nothing: Any = None
    return build(nothing, nothing).compile().get_graph()


GRAPHS = {"leasing": leasing}


def mermaid(name: str) -> str:
    """The text of a mermaid flowchart, the same for the same graph."""
    return GRAPHS[name]().draw_mermaid().expandtabs(4)
