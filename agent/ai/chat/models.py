from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

Parsed = TypeVar("Parsed", bound=BaseModel)

Message = Mapping[str, Any]
"""A message in OpenAI's shape: `role`, `content`, and the calls or the call it answers."""


@dataclass(frozen=True, slots=True)
class ChatTool:
    """What a model may ask for; `parameters` is a JSON schema, which the model may ignore."""

    name: str
    description: str
    parameters: Mapping[str, Any]

    def declared(self) -> dict[str, Any]:
        function = {
            "name": self.name,
            "description": self.description,
            "parameters": dict(self.parameters),
        }
        return {"type": "function", "function": function}


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call the model wants; exactly one of `args` and `error` is None.

    Errors: tool_unknown, arguments_not_json, arguments_not_object, calls_too_many.
    """

    id: str
    name: str
    args: dict[str, Any] | None
    error: str | None = None
    raw: str = "{}"
    """The arguments as the model wrote them; `{}` where those are no object."""

    def answer(self, content: str) -> dict[str, Any]:
        """The message that answers this call; every call of a message needs one."""
        return {"role": "tool", "tool_call_id": self.id, "content": content}


@dataclass(frozen=True, slots=True)
class Usage:
    """What one call took; `input_tokens` contains `cached_tokens`."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost_usd: float | None
    """None: the price of the model is not known."""


@dataclass(frozen=True, slots=True)
class Completion(Generic[Parsed]):
    """A whole, checked answer."""

    text: str
    parsed: Parsed | None
    """The text as the schema asked for; None without one, and beside tool calls without text."""
    tool_calls: Sequence[ToolCall]
    usage: Usage | None
    """None: the server did not say."""
    model: str
    """The model that answered, which may be the fallback."""

    def message(self) -> dict[str, Any]:
        """The assistant's message, to go on from."""
        message: dict[str, Any] = {"role": "assistant", "content": self.text}
        if self.tool_calls:
            message["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.raw},
                }
                for call in self.tool_calls
            ]
        return message


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds; `total` bounds a call with all its retries, pauses and models."""

    connect: float = 3.0
    first_token: float = 15.0
    total: float = 60.0


@dataclass(frozen=True, slots=True)
class Piece:
    """What one chunk of a stream brings."""

    text: str = ""
    refusal: str = ""
    calls: Sequence[tuple[int, str, str, str]] = ()
    """(index, id, name, arguments), each possibly partial."""
    finish_reason: str | None = None
    tokens: tuple[int, int, int] | None = None
    """(input, output, cached)."""

    @property
    def says(self) -> bool:
        return bool(self.text or self.refusal or self.calls)
