"""What the benches compare with: FastAPI over five no-op nodes and the saver's defaults.

`python -m evals.bench.bare URI DATABASE` serves until SIGTERM; it has no identity, no order of
turns, no transcript and no guard.
"""

import asyncio
import json
import socket
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.mongodb import MongoDBSaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.graph.state import CompiledStateGraph
from pydantic import BaseModel
from uvicorn.loops.auto import auto_loop_factory

NODES = ("one", "two", "three", "four", "five")


class Said(BaseModel):
    thread_id: str
    message: str


def build(saver: MongoDBSaver) -> CompiledStateGraph[MessagesState]:
    """Five nodes in a row; the last one answers with what was said."""
    graph = StateGraph(MessagesState)

    async def nothing(state: MessagesState) -> dict[str, Any]:
        return {}

    async def echo(state: MessagesState) -> dict[str, Any]:
        return {"messages": [AIMessage(f"You said: {state['messages'][-1].content}")]}

    for name in NODES:
        graph.add_node(name, echo if name == NODES[-1] else nothing)
    for before, after in zip((START, *NODES), (*NODES, END), strict=True):
        graph.add_edge(before, after)
    return graph.compile(checkpointer=saver)


def create_app(graph: CompiledStateGraph[MessagesState]) -> FastAPI:
    app = FastAPI()

    @app.post("/reply")
    async def reply(said: Said) -> dict[str, str]:
        state = await graph.ainvoke({"messages": [HumanMessage(said.message)]}, _at(said.thread_id))
        return {"thread_id": said.thread_id, "reply": str(state["messages"][-1].content)}

    @app.get("/threads/{thread_id}")
    async def thread(thread_id: str) -> list[list[str]]:
        """The lines of a thread: [human or ai, text]."""
        state = await graph.aget_state(_at(thread_id))
        return [[line.type, str(line.content)] for line in state.values.get("messages", [])]

    @app.get("/stream")
    async def stream(events: int, pause: float) -> StreamingResponse:
        """`events` server-sent events with the time of each, `pause` seconds apart."""
        return StreamingResponse(_beats(events, pause), media_type="text/event-stream")

    return app


async def _beats(events: int, pause: float) -> AsyncIterator[str]:
    for number in range(events):
        text = json.dumps({"number": number, "at": time.time()})
        yield f"id: {number}\nevent: beat\ndata: {text}\n\n"
        await asyncio.sleep(pause)


def _at(thread_id: str) -> Any:
    return {"configurable": {"thread_id": thread_id}}


def main(uri: str, database: str) -> None:
    with (
        MongoDBSaver.from_conn_string(uri, db_name=database) as saver,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        port = listener.getsockname()[1]
        sys.stdout.write(json.dumps({"base_url": f"http://127.0.0.1:{port}"}) + "\n")
        sys.stdout.flush()
        config = uvicorn.Config(create_app(build(saver)), access_log=False, log_level="warning")
        with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
            runner.run(uvicorn.Server(config).serve(sockets=[listener]))


if __name__ == "__main__":
    main(*sys.argv[1:])
