"""The server: listing tools, executing them, and going wrong when it is told to."""

import asyncio
import contextlib
import json
import re
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Literal

from evals.openai_stub.models import Refused
from evals.openai_stub.wire import Channel, Dropped, Request

Fault = Literal["unsuccessful", "busy", "down", "refused", "reset_after", "hang", "redirect"]
_EXECUTE = re.compile(r"/api/v3(?:\.\d+)?/tools/execute/([A-Z0-9_]+)")
_TOOLS = re.compile(r"/api/v3(?:\.\d+)?/tools(?:/([A-Z0-9_]+))?")
_VERSION = re.compile(r"\d{8}_\d{2}")
_HANG_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Execution:
    """A tool that was executed: what the provider would have done."""

    tool: str
    user_id: str
    version: str
    arguments: dict[str, Any]


@dataclass
class Stub:
    base_url: str = ""
    executions: list[Execution] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    """Every request, "METHOD /path"."""
    faults: deque[Fault] = field(default_factory=deque)
    """For the next executions, one each."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        channel = Channel(reader, writer)
        with contextlib.suppress(Dropped, ConnectionError):
            while (request := await channel.request()) is not None:
                self.paths.append(f"{request.method} {request.path}")
                await self._answer(channel, request)
        await channel.close()

    async def _answer(self, channel: Channel, request: Request) -> None:
        if not request.headers.get("x-api-key"):
            await _say(channel, 401, _error("Send x-api-key."))
        elif request.method == "POST" and (found := _EXECUTE.fullmatch(request.path)):
            await self._execute(channel, request, found[1])
        elif request.method == "GET" and (found := _TOOLS.fullmatch(request.path)):
            await _say(channel, 200, _tool(found[1]) if found[1] else _listed())
        else:
            await _say(channel, 404, _error("There is no such path."))

    async def _execute(self, channel: Channel, request: Request, tool: str) -> None:
        fault = self.faults.popleft() if self.faults else None
        if fault in ("busy", "down", "refused", "redirect"):
            status = {"busy": 429, "down": 503, "refused": 400, "redirect": 302}[fault]
            headers = {"retry-after": "7", "location": f"{self.base_url}/elsewhere"}
            await _say(channel, status, _error("As told."), headers)
            return
        try:
            body = request.json()
        except Refused as refused:
            await _say(channel, refused.status, _error("Send JSON."))
            return
        version = str(body.get("version"))
        if not _VERSION.fullmatch(version):
            await _say(channel, 400, _error("Name a version of the toolkit."))
            return
        if fault == "unsuccessful":
            await _say(channel, 200, {"data": {}, "error": "No such calendar", "successful": False})
            return
        execution = Execution(
            tool, str(body.get("user_id")), version, dict(body.get("arguments") or {})
        )
        self.executions.append(execution)
        if fault == "reset_after":
            channel.reset()
            return
        if fault == "hang":
            await channel.pause(_HANG_SECONDS)
        made = f"made_{len(self.executions)}"
        answer = {
            "data": {"response_data": {"id": made, "status": "confirmed"}},
            "error": None,
            "successful": True,
            "log_id": f"log_{len(self.executions)}",
        }
        await _say(channel, 200, answer)


@contextlib.asynccontextmanager
async def composio_stub(*, port: int = 0) -> AsyncIterator[Stub]:
    """A stub on loopback, as long as the block lasts."""
    stub = Stub()
    server = await asyncio.start_server(stub.serve, "127.0.0.1", port)
    stub.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield stub


async def _say(
    channel: Channel, status: int, body: Any, headers: dict[str, str] | None = None
) -> None:
    await channel.answer(status, json.dumps(body).encode(), headers)


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "code": 0, "slug": "stub", "status": 0}}


def _tool(slug: str) -> dict[str, Any]:
    toolkit = slug.partition("_")[0].lower()
    return {
        "slug": slug,
        "name": slug.replace("_", " ").title(),
        "description": "A tool of the stub.",
        "toolkit": {"slug": toolkit, "name": toolkit, "logo": ""},
        "input_parameters": {"type": "object", "properties": {}},
        "output_parameters": {"type": "object", "properties": {}},
        "version": "20251027_00",
        "available_versions": ["20251027_00"],
        "tags": [],
        "no_auth": False,
        "is_deprecated": False,
    }


def _listed() -> dict[str, Any]:
    slugs = ("GOOGLECALENDAR_CREATE_EVENT", "GMAIL_SEND_EMAIL", "TWILIO_SEND_SMS")
    return {
        "items": [_tool(slug) for slug in slugs],
        "next_cursor": None,
        "total_items": len(slugs),
        "total_pages": 1,
        "current_page": 1,
    }
