from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """What the brain answers; arguments of a tool call are an object, or text sent as it is."""

    text: str = ""
    tool_calls: Sequence[tuple[str, Mapping[str, Any] | str]] = ()
    refusal: str | None = None
    finish_reason: str | None = None
    """Default: `tool_calls` where there are any, else `stop`."""


Brain = Callable[[dict[str, Any]], Reply]
"""The body of a chat request -> the answer to it."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request as it came; `path` begins after `/v1`, a form's file stands as its name."""

    method: str
    path: str
    body: dict[str, Any]


@dataclass(slots=True)
class Usage:
    """Totals of every answer that was begun; `prompt_tokens` contains `cached_tokens`."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    embedding_tokens: int = 0


class Refused(Exception):
    """A request that is answered with an error in OpenAI's shape."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
