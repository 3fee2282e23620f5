"""What LangGraph's clients ask a server first: whether it is well, and which assistants it has."""

from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from graphs.drawing import leasing
from server.deps import Id
from server.errors import problems
from server.langgraph import assistants
from server.langgraph.wire import Assistant, AssistantSearch, Info, RunInput, Schemas, Values

router = APIRouter(tags=["langgraph"])
"""Open to everyone: what it tells is in the documentation."""

_NOTHING: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
Xray = Annotated[bool, Query(description="There are no graphs inside the graph.")]


class Ok(BaseModel):
    ok: bool = True


class Drawing(BaseModel):
    nodes: list[dict[str, Any]]
    edges: list[dict[str, Any]]


@router.get("/ok", summary="Whether the server answers")
async def ok() -> Ok:
    return Ok()


@router.get("/info", summary="What this server can do")
async def info() -> Info:
    return Info(
        version=version("latchkey"),
        langgraph_py_version=version("langgraph"),
        flags={"assistants": True, "crons": False, "langsmith": False},
    )


@router.post("/assistants/search", summary="The assistants", responses=problems(400, 413, 415))
async def search_assistants(body: AssistantSearch) -> list[Assistant]:
    wanted = body.graph_id in (None, assistants.GRAPH) and body.name in (None, assistants.GRAPH)
    known = assistants.assistant()
    marked = all(known.metadata.get(name) == value for name, value in (body.metadata or {}).items())
    return [known] if wanted and marked and body.offset == 0 else []


@router.get("/assistants/{assistant_id}", summary="One assistant", responses=problems(404))
async def read_assistant(assistant_id: Id) -> Assistant:
    assistants.require(assistant_id)
    return assistants.assistant()


@router.get(
    "/assistants/{assistant_id}/schemas",
    summary="What goes into a run and what comes out",
    responses=problems(404),
)
async def read_schemas(assistant_id: Id) -> Schemas:
    assistants.require(assistant_id)
    values = Values.model_json_schema(mode="serialization")
    return Schemas(
        graph_id=assistants.GRAPH,
        input_schema=RunInput.model_json_schema(),
        output_schema=values,
        state_schema=values,
        config_schema=_NOTHING,
        context_schema=_NOTHING,
    )


@router.get(
    "/assistants/{assistant_id}/graph",
    summary="The nodes and edges of an assistant",
    responses=problems(404),
)
async def read_graph(assistant_id: Id, xray: Xray = False) -> Drawing:
    assistants.require(assistant_id)
    return Drawing.model_validate(leasing().to_json())
