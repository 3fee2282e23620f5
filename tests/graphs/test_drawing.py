import re
from pathlib import Path

from graphs.drawing import GRAPHS, mermaid
from graphs.leasing.graph import STAGES

STUDIO = Path(__file__).parents[2] / "docs" / "studio.md"


def test_the_page_shows_the_graphs_as_they_are() -> None:
    """On failure: `latchkey graph NAME` prints what belongs into docs/studio.md."""
    shown = re.findall(r"```mermaid\n(.*?)```", STUDIO.read_text(encoding="utf-8"), re.DOTALL)
    assert [drawn.strip() for drawn in shown] == [mermaid(name).strip() for name in GRAPHS]


def test_every_stage_and_the_question_are_in_the_drawing() -> None:
    graph = GRAPHS["leasing"]()
    assert {stage.name for stage in STAGES} | {"understand", "approval", "outcome"} < set(
        graph.nodes
    )
    asks = {edge.source for edge in graph.edges if edge.target == "approval"}
    assert asks == {stage.name for stage in STAGES} | {"outcome"}


def test_a_ticket_is_asked_about_before_it_is_learnt_from() -> None:
    edges = {(edge.source, edge.target) for edge in GRAPHS["tickets"]().edges}
    assert {("score", "review"), ("review", "learn")} <= edges
    assert {source for source, target in edges if target == "learn"} == {"review"}
