"""The graphs as drawings; nothing is opened, for only their edges are looked at."""

from typing import Any

from langchain_core.runnables.graph import Graph

from graphs.leasing import graph as leasing_graph
from graphs.tickets import graph as tickets_graph


def leasing() -> Graph:
    nothing: Any = None
    return leasing_graph.build(nothing, nothing).compile().get_graph()


def tickets() -> Graph:
    nothing: Any = None
    return tickets_graph.build(nothing).compile().get_graph()


GRAPHS = {"leasing": leasing, "tickets": tickets}


def mermaid(name: str) -> str:
    """The text of a mermaid flowchart, the same for the same graph."""
    return GRAPHS[name]().draw_mermaid().expandtabs(4)
