"""POST /chat/completions: what a request must be, and the answer whole or as a stream."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from .faults import Fault
from .models import Refused, Reply
from .wire import Channel

MANY_CALLS = 50
LONG = 200_000
_MOST_PIECES = 500


def check(request: dict[str, Any]) -> None:
    """Raises Refused where OpenAI would: no messages, unanswered calls, loose schema."""
    _check_messages(request.get("messages"))
    _check_format(request.get("response_format"))
    for tool in request.get("tools") or []:
        function = tool.get("function", {})
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", function.get("name", "")):
            raise Refused(400, "Invalid 'tools[].function.name'.", param="tools")
        if function.get("strict"):
            _check_strict(function.get("parameters", {}), f"function {function['name']!r}")


def _check_messages(messages: Any) -> None:
    if not isinstance(messages, list) or not messages:
        raise Refused(400, "'messages' must hold at least one message.", param="messages")
    open_calls: set[str] = set()
    for position, message in enumerate(messages):
        where = f"messages.[{position}]"
        role = message.get("role") if isinstance(message, dict) else None
        if role not in ("system", "developer", "user", "assistant", "tool"):
            raise Refused(400, f"Invalid value for '{where}.role'.", param=f"{where}.role")
        if role == "tool":
            if message.get("tool_call_id") not in open_calls:
                raise Refused(
                    400,
                    "messages with role 'tool' must be a response to a preceding message with "
                    "'tool_calls'.",
                    param=f"{where}.role",
                )
            open_calls.discard(message["tool_call_id"])
            continue
        if open_calls:
            raise Refused(
                400,
                "An assistant message with 'tool_calls' must be followed by tool messages "
                f"responding to each 'tool_call_id'. Missing: {', '.join(sorted(open_calls))}",
                param=where,
            )
        open_calls = {call["id"] for call in message.get("tool_calls") or []}


def _check_format(wanted: Any) -> None:
    if not wanted or wanted.get("type") != "json_schema":
        return
    given = wanted.get("json_schema") or {}
    if not given.get("name") or not isinstance(given.get("schema"), dict):
        raise Refused(400, "Missing required parameter: 'response_format.json_schema'.")
    if given.get("strict"):
        _check_strict(given["schema"], f"response_format {given['name']!r}")


def _check_strict(schema: Any, where: str) -> None:
    """Strict schemas close every object and require every property of it."""
    if isinstance(schema, list):
        for part in schema:
            _check_strict(part, where)
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "object" and not (
        schema.get("additionalProperties") is False
        and set(schema.get("required", [])) == set(schema.get("properties", {}))
    ):
        raise Refused(
            400,
            f"Invalid schema for {where}: 'additionalProperties' must be false and 'required' "
            "must name every property.",
            param="response_format",
            code="invalid_schema",
        )
    for part in schema.values():
        _check_strict(part, where)


def spoilt(reply: Reply, fault: Fault | None) -> Reply:
    """The reply as a model under `fault` would have given it."""
    kind = fault.kind if fault else None
    if kind == "many_tool_calls":
        call = reply.tool_calls[0] if reply.tool_calls else ("search_listings", {})
        return replace(reply, tool_calls=[call] * MANY_CALLS)
    if kind == "unknown_tool":
        return replace(reply, tool_calls=[("launch_rocket", {"to": "moon"})])
    if kind == "truncated_arguments":
        name = reply.tool_calls[0][0] if reply.tool_calls else "search_listings"
        return replace(reply, tool_calls=[(name, '{"query": "two bed')])
    if kind == "content_filter":
        return Reply(reply.text[: len(reply.text) // 2], finish_reason="content_filter")
    if kind == "refusal":
        return Reply(refusal="I'm sorry, I can't assist with that.")
    if kind == "long":
        return Reply("word " * (LONG // 5))
    return reply


def finish_reason(reply: Reply) -> str:
    return reply.finish_reason or ("tool_calls" if reply.tool_calls else "stop")


def written(reply: Reply) -> str:
    """Everything the model wrote, for counting."""
    calls = [f"{name} {_arguments(args)}" for name, args in reply.tool_calls]
    return " ".join([reply.text, reply.refusal or "", *calls])


def completion(head: dict[str, Any], reply: Reply, usage: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": None if reply.tool_calls and not reply.text else reply.text,
        "refusal": reply.refusal,
        "annotations": [],
    }
    if reply.refusal is not None:
        message["content"] = None
    if reply.tool_calls:
        message["tool_calls"] = [
            _call(head["id"], number, name, _arguments(args))
            for number, (name, args) in enumerate(reply.tool_calls)
        ]
    choice = {"index": 0, "message": message, "logprobs": None}
    choices = [{**choice, "finish_reason": finish_reason(reply)}]
    return {**head, "object": "chat.completion", "choices": choices, "usage": usage}


async def stream(
    channel: Channel,
    head: dict[str, Any],
    reply: Reply,
    usage: dict[str, Any] | None,
    fault: Fault | None,
) -> None:
    """Server-sent events: role, pieces, finish, `usage` where it was asked for, [DONE]."""
    kind = fault.kind if fault else None
    seconds = fault.seconds if fault else 0.0
    head = {**head, "object": "chat.completion.chunk"}
    if usage is not None:
        head["usage"] = None
    await channel.start(200, {"content-type": "text/event-stream; charset=utf-8"})
    if kind == "slow_first_token":
        await channel.pause(seconds)
    if kind != "empty_choices":
        for sent, delta in enumerate(_deltas(head["id"], reply)):
            if kind == "slow_tokens" and sent:
                await channel.pause(seconds)
            if fault and sent > fault.after and await _broken(channel, fault):
                return
            await _event(channel, head, [_choice(delta, None)])
        await _event(channel, head, [_choice({}, finish_reason(reply))])
    if usage is not None:
        await _event(channel, {**head, "usage": usage}, [])
    await channel.send(b"data: [DONE]\n\n")
    await channel.end()


async def _broken(channel: Channel, fault: Fault) -> bool:
    """Break off as `fault` says; False when it does not."""
    match fault.kind:
        case "cut":
            channel.cut()
            return True
        case "truncated_json":
            await channel.send(b'data: {"id": "chatcmpl-1", "choices": [{"ind\n\n')
        case "error_event":
            error = {"message": "The server had an error", "type": "server_error"}
            await channel.send(b"data: " + json.dumps({"error": error}).encode() + b"\n\n")
        case "ended_early":
            pass
        case _:
            return False
    await channel.end()
    return True


async def _event(channel: Channel, head: dict[str, Any], choices: list[dict[str, Any]]) -> None:
    await channel.send(b"data: " + json.dumps({**head, "choices": choices}).encode() + b"\n\n")


def _choice(delta: dict[str, Any], finish: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}


def _deltas(completion_id: str, reply: Reply) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": "", "refusal": None}
    for piece in _pieces(reply.text):
        yield {"content": piece}
    for piece in _pieces(reply.refusal or ""):
        yield {"refusal": piece}
    for number, (name, args) in enumerate(reply.tool_calls):
        yield {"tool_calls": [{"index": number, **_call(completion_id, number, name, "")}]}
        for piece in _pieces(_arguments(args)):
            yield {"tool_calls": [{"index": number, "function": {"arguments": piece}}]}


def _pieces(text: str) -> Iterator[str]:
    size = max(4, len(text) // _MOST_PIECES)
    for start in range(0, len(text), size):
        yield text[start : start + size]


def _call(completion_id: str, number: int, name: str, arguments: str) -> dict[str, Any]:
    return {
        "id": f"call_{completion_id.rpartition('-')[2]}_{number}",
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    }


def _arguments(args: Any) -> str:
    return args if isinstance(args, str) else json.dumps(args)
