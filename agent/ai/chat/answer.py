"""Puts an answer together from its pieces and checks it."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NoReturn

from pydantic import ValidationError

from agent.ai.chat.failures import Failure, declined, garbage, unusable
from agent.ai.chat.models import Completion, Parsed, Piece, ToolCall, Usage
from agent.ai.chat.prices import cost

MOST_CHARS = 32_000
"""Of text and arguments together; a longer answer is cut off and of no use."""
MOST_CALLS = 16
"""Further calls are reported as `calls_too_many`."""


@dataclass(slots=True)
class _Call:
    id: str = ""
    name: str = ""
    arguments: str = ""


class Answer:
    """One answer as it grows; nothing in it is trusted before `completion`."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._calls: dict[int, _Call] = {}
        self._refusal = ""
        self._finish: str | None = None
        self._tokens: tuple[int, int, int] | None = None
        self._high = ""
        self._size = 0

    def add(self, piece: Piece) -> str:
        """Take a piece; gives the text it brings, fit to be passed on.

        Raises Failure when the answer becomes too long or is refused.
        """
        self._finish = piece.finish_reason or self._finish
        self._tokens = piece.tokens or self._tokens
        self._refusal += piece.refusal
        for index, call_id, name, arguments in piece.calls:
            call = self._calls.setdefault(index, _Call())
            call.id = call.id or call_id
            call.name += name
            call.arguments += arguments
            self._size += len(name) + len(arguments) + 1
        text = self._paired(piece.text)
        self._size += len(text) + len(piece.refusal)
        if self._size > MOST_CHARS:
            raise unusable("too long")
        if text:
            self._texts.append(text)
        return text

    def completion(
        self, model: str, tools: Collection[str], schema: type[Parsed] | None
    ) -> Completion[Parsed]:
        """The checked answer. Raises Failure when there is nothing to use in it."""
        self._check_end()
        text = "".join(self._texts)
        calls = [
            _checked(call, place, tools)
            for place, (_, call) in enumerate(sorted(self._calls.items()))
        ]
        if not text.strip() and not calls:
            raise garbage("empty answer")
        return Completion(
            text, _parsed(text, schema, calls), calls, _usage(model, self._tokens), model
        )

    def _check_end(self) -> None:
        if self._refusal:
            raise declined("refusal", "chat_answer_refused")
        if self._finish == "content_filter":
            raise declined("content filter", "chat_answer_filtered")
        if self._finish == "length":
            raise unusable("cut off at the token limit")
        if self._finish is None and (self._texts or self._calls):
            raise Failure("the stream ended early")

    def _paired(self, text: str) -> str:
        """`text` without half surrogate pairs; a first half waits for the next piece."""
        text = self._high + text
        self._high = text[-1] if text and "\ud800" <= text[-1] <= "\udbff" else ""
        if self._high:
            text = text[:-1]
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _checked(call: _Call, place: int, tools: Collection[str]) -> ToolCall:
    args, error = _arguments(call.arguments)
    raw = "{}" if error else call.arguments or "{}"
    if call.name not in tools:
        error = "tool_unknown"
    elif place >= MOST_CALLS:
        error = "calls_too_many"
    return ToolCall(call.id or f"call_{place}", call.name, None if error else args, error, raw)


def _arguments(text: str) -> tuple[dict[str, Any], str | None]:
    try:
        args = json.loads(text or "{}", parse_constant=_no_number)
    except (ValueError, RecursionError):
        return {}, "arguments_not_json"
    return (args, None) if isinstance(args, dict) else ({}, "arguments_not_object")


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _parsed(text: str, schema: type[Parsed] | None, calls: list[ToolCall]) -> Parsed | None:
    if schema is None or (calls and not text.strip()):
        return None
    try:
        return schema.model_validate_json(text)
    except ValidationError as error:
        if calls:
            return None
        raise unusable("not what the schema asks for") from error


def _usage(model: str, tokens: tuple[int, int, int] | None) -> Usage | None:
    if tokens is None:
        return None
    put_in, put_out, cached = tokens
    price = cost(model, fresh=put_in - cached, cached=cached, output=put_out)
    return Usage(put_in, put_out, cached, price)
