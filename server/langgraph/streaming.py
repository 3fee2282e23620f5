"""The events of a run as LangGraph's stream modes tell them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from agent.errors import LatchkeyError
from agent.threads.models import Stage
from graphs.answer import StreamEvent
from server.langgraph.assistants import ASSISTANT_ID, GRAPH
from server.langgraph.threads import View
from server.langgraph.wire import WireMessage
from server.sse import frame

Part = tuple[str, Any]
"""(event, data)"""
_NODES = {
    Stage.QUALIFYING: "qualifying",
    Stage.SENDING_LIST: "listing",
    Stage.SELECTING_FAVORITES: "listing",
    Stage.TOURING: "touring",
    Stage.APPLYING: "applying",
}


@dataclass(slots=True)
class Telling:
    """One run on its way to one client."""

    run_id: str
    thread_id: str
    modes: frozenset[str]
    read: Callable[[], Awaitable[View]]
    """The thread as it is now."""
    node: str = field(default="outcome", init=False)
    _message_id: str = field(default="", init=False)
    _said: str = field(default="", init=False)
    _voided: int = field(default=0, init=False)

    async def frames(
        self, first: StreamEvent, rest: AsyncIterator[StreamEvent]
    ) -> AsyncIterator[str]:
        yield frame("metadata", {"run_id": self.run_id, "attempt": 1})
        if "values" in self.modes:
            yield frame("values", (await self.read()).result())
        for event, data in self._parts(first):
            yield frame(event, data)
        try:
            async for step in rest:
                for event, data in self._parts(step):
                    yield frame(event, data)
                if step.event == "error":
                    return
            after = await self.read()
        except LatchkeyError as error:
            yield frame("error", {"error": error.code, "message": error.message})
            return
        for event, data in self._end(after):
            yield frame(event, data)

    def _parts(self, step: StreamEvent) -> Iterator[Part]:
        match step.event:
            case "accepted":
                self._message_id = f"reply:{step.data['turn_index']}"
            case "stage":
                self.node = _NODES.get(Stage(step.data["stage"]), "handoff")
                yield from self._event("on_chain_start", self.node, {})
            case "reset":
                self._said = ""
                self._voided += 1
            case "token":
                yield from self._token(step.data["text"])
            case "error":
                yield "error", {"error": step.data["code"], "message": step.data["message"]}

    def _token(self, text: str) -> Iterator[Part]:
        started, self._said = bool(self._said), self._said + text
        metadata = self._metadata()
        if "messages" in self.modes:
            if not started:
                yield "messages/metadata", {self._spoken_id: {"metadata": metadata}}
            yield "messages/partial", [self._spoken(self._said)]
        if "messages-tuple" in self.modes:
            yield "messages", [{**self._spoken(text), "type": "AIMessageChunk"}, metadata]
        chunk = {**self._spoken(text), "type": "AIMessageChunk"}
        yield from self._event("on_chat_model_stream", self.node, {"chunk": chunk})

    def _end(self, after: View) -> Iterator[Part]:
        values = after.values()
        # nobody has written where a person has taken over
        written = [
            line.model_dump(mode="json") for line in values.messages[-1:] if line.type == "ai"
        ]
        update = {"messages": written, "stage": values.stage.value}
        if "messages" in self.modes and written:
            yield "messages/complete", written
        if "updates" in self.modes:
            yield "updates", {self.node: update}
            if after.interrupts:
                asked = [one.model_dump(mode="json") for one in after.interrupts]
                yield "updates", {"__interrupt__": asked}
        yield from self._event("on_chain_end", self.node, {"output": update})
        if "values" in self.modes:
            yield "values", after.result()
        yield "end", None

    def _event(self, kind: str, name: str, data: dict[str, Any]) -> Iterator[Part]:
        if "events" in self.modes:
            yield (
                "events",
                {
                    "event": kind,
                    "name": name,
                    "run_id": self.run_id,
                    "tags": [],
                    "metadata": self._metadata(),
                    "data": data,
                    "parent_ids": [],
                },
            )

    def _spoken(self, text: str) -> dict[str, Any]:
        return WireMessage(type="ai", id=self._spoken_id, content=text).model_dump(mode="json")

    @property
    def _spoken_id(self) -> str:
        """Tokens after a reset belong to another message than those it voided."""
        return f"{self._message_id}.{self._voided}" if self._voided else self._message_id

    def _metadata(self) -> dict[str, Any]:
        return {
            "run_id": self.run_id,
            "thread_id": self.thread_id,
            "assistant_id": ASSISTANT_ID,
            "graph_id": GRAPH,
            "langgraph_node": self.node,
        }
