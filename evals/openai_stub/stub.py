"""The server: which path answers what, and what a caller may ask and tell it."""

import asyncio
import contextlib
import json
import re
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

from agent.kit.clock import Clock, SystemClock

from . import chat, embeddings
from .brain import echo
from .faults import Fault, FaultLine
from .files import Files
from .fine_tuning import FineTuning
from .models import Brain, Recorded, Refused, Usage
from .tokens import PrefixCache, prompt_tokens, tokens
from .wire import Channel, Dropped, Request

BASE = "/v1"


class Stub:
    """A running server; see the package for an example."""

    def __init__(self, brain: Brain, clock: Clock) -> None:
        self.brain = brain
        self.base_url = ""
        self.requests: list[Recorded] = []
        self.usage = Usage()
        self.dropped = 0
        """Answers the client did not wait for."""
        self.known_models: set[str] | None = None
        """The models there are, fine-tuned ones aside; None: every name that is no `ft:`."""
        self.brain_errors: list[Exception] = []
        """What the brain raised; also raised when the stub ends."""
        self.files = Files(clock)
        self.jobs = FineTuning(self.files, clock)
        self._clock = clock
        self._line = FaultLine()
        self._prefixes = PrefixCache()

    @property
    def faults(self) -> deque[Fault]:
        """Faults for the next requests that fit them, one each."""
        return self._line.waiting

    def always(self, fault: Fault | None) -> None:
        """From now on every fitting request without a waiting fault gets this one; None: none."""
        self._line.standing = fault

    def bodies(self, path: str = "/chat/completions") -> list[dict[str, Any]]:
        """The bodies sent to one path, in order."""
        return [request.body for request in self.requests if request.path == path]

    async def serve(self, channel: Channel) -> None:
        """Answer the requests of one connection until it ends."""
        try:
            while (request := await channel.request()) is not None:
                try:
                    await self._answer(channel, request)
                except Refused as refused:
                    body = json.dumps(refused.body).encode()
                    await channel.answer(refused.status, body, refused.headers)
        except (Dropped, ConnectionError):
            self.dropped += 1
        finally:
            await channel.close()

    async def _answer(self, channel: Channel, request: Request) -> None:
        path = request.path.removeprefix(BASE)
        body, form = _body(request)
        self.requests.append(Recorded(request.method, path, body))
        if not request.headers.get("authorization", "").removeprefix("Bearer").strip():
            raise Refused(401, "You didn't provide an API key.", code="invalid_api_key")
        fault = self._line.take(path, body.get("model"))
        if fault is not None and await _spoil(channel, fault):
            return
        if (request.method, path) == ("POST", "/chat/completions"):
            await self._chat(channel, body, fault)
            return
        if (request.method, path) == ("POST", "/files"):
            answer: Any = self.files.add(form)
        elif request.method == "GET" and (found := re.fullmatch(r"/files/(.+)/content", path)):
            content = self.files.content(found[1])
            await channel.answer(200, content, {"content-type": "application/octet-stream"})
            return
        else:
            answer = self._json(request.method, path, body, fault)
        await _send_json(channel, answer, fault)

    async def _chat(self, channel: Channel, body: dict[str, Any], fault: Fault | None) -> None:
        self._check_model(body)
        chat.check(body)
        try:
            reply = chat.spoilt(self.brain(body), fault)
        except Exception as error:
            self.brain_errors.append(error)
            raise Refused(500, "the brain failed", kind="server_error") from error
        usage = self._count(body, len(tokens(chat.written(reply))))
        head = {
            "id": f"chatcmpl-{self.usage.calls:06}",
            "created": int(self._clock.now().timestamp()),
            "model": body["model"],
            "system_fingerprint": "fp_stub",
        }
        if body.get("stream"):
            wanted = (body.get("stream_options") or {}).get("include_usage")
            await chat.stream(channel, head, reply, usage if wanted else None, fault)
            return
        if fault and fault.kind in ("slow_first_token", "slow_tokens"):
            await channel.pause(fault.seconds)
        answer = chat.completion(head, reply, usage)
        if fault and fault.kind == "empty_choices":
            answer["choices"] = []
        await _send_json(channel, answer, fault)

    def _json(self, method: str, path: str, body: dict[str, Any], fault: Fault | None) -> Any:
        """The answer of every path that reads and writes plain JSON."""
        if (method, path) == ("POST", "/embeddings"):
            self._check_model(body)
            answer = embeddings.embed(body, fault)
            self.usage.embedding_tokens += answer["usage"]["total_tokens"]
            return answer
        if (method, path) == ("POST", "/fine_tuning/jobs"):
            self._check_model(body)
            return self.jobs.create(body, fault)
        _, noun, *names = path.split("/")
        match method, noun, names:
            case "GET", "models", []:
                return {"object": "list", "data": [_model(name) for name in self._models()]}
            case "GET", "models", [name]:
                self._check_model({"model": name})
                return _model(name)
            case "DELETE", "models", [name] if name in self.jobs.models:
                self.jobs.models.remove(name)
                return {**_model(name), "deleted": True}
            case "GET", "files", []:
                return self.files.all()
            case "GET", "files", [file_id]:
                return self.files.row(file_id)
            case "DELETE", "files", [file_id]:
                return self.files.remove(file_id)
            case "GET", "fine_tuning", ["jobs"]:
                return self.jobs.all()
            case "GET", "fine_tuning", ["jobs", job_id]:
                return self.jobs.poll(job_id)
            case "GET", "fine_tuning", ["jobs", job_id, "events"]:
                return self.jobs.events(job_id)
            case "POST", "fine_tuning", ["jobs", job_id, "cancel"]:
                return self.jobs.cancel(job_id)
        raise Refused(404, f"Invalid URL ({method} {BASE}{path})")

    def _models(self) -> list[str]:
        return sorted((self.known_models or set()) | self.jobs.models)

    def _check_model(self, body: dict[str, Any]) -> None:
        name = body.get("model")
        if not isinstance(name, str) or not name:
            raise Refused(400, "you must provide a model parameter", param="model")
        open_world = self.known_models is None and not name.startswith("ft:")
        if not open_world and name not in self._models():
            raise Refused(404, f"The model `{name}` does not exist.", code="model_not_found")

    def _count(self, body: dict[str, Any], written: int) -> dict[str, Any]:
        prompt = prompt_tokens(body)
        cached = self._prefixes.cached(body["model"], prompt)
        self.usage.calls += 1
        self.usage.prompt_tokens += len(prompt)
        self.usage.completion_tokens += written
        self.usage.cached_tokens += cached
        return {
            "prompt_tokens": len(prompt),
            "completion_tokens": written,
            "total_tokens": len(prompt) + written,
            "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        }


@contextlib.asynccontextmanager
async def openai_stub(
    brain: Brain | None = None, *, port: int = 0, clock: Clock | None = None
) -> AsyncIterator[Stub]:
    """A stub on a loopback port, free unless named; without a brain it echoes.

    Raises what the brain raised, when nothing else was raised before.
    """
    stub = Stub(brain or echo, clock or SystemClock())
    connections: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(stub.serve(Channel(reader, writer)))
        connections.add(task)
        task.add_done_callback(connections.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", port)
    stub.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{BASE}"
    try:
        yield stub
    finally:
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        await server.wait_closed()
    if stub.brain_errors:
        raise stub.brain_errors[0]


def _body(request: Request) -> tuple[dict[str, Any], dict[str, tuple[str | None, bytes]]]:
    """The request's JSON or form; of a form's file the shown body has the name only."""
    if request.headers.get("content-type", "").startswith("multipart/"):
        form = request.form()
        return {key: name or value.decode() for key, (name, value) in form.items()}, form
    return (request.json() if request.body else {}), {}


async def _spoil(channel: Channel, fault: Fault) -> bool:
    """What a fault does before there is an answer; True when there will be none."""
    match fault.kind:
        case "status":
            raise fault.refusal()
        case "slow_headers":
            await channel.pause(fault.seconds)
            return False
        case "reset":
            channel.reset()
        case "not_json":
            await channel.answer(200, b"<html><body>It works!</body></html>")
        case "wrong_type":
            page = b"<html><body>Sign in to the network</body></html>"
            await channel.answer(200, page, {"content-type": "text/html"})
        case _:
            return False
    return True


async def _send_json(channel: Channel, answer: Any, fault: Fault | None) -> None:
    body = json.dumps(answer).encode()
    if fault and fault.kind == "cut":
        length = {"content-type": "application/json", "content-length": str(len(body))}
        await channel.start(200, length)
        await channel.send(body[: len(body) // 2])
        channel.cut()
        return
    if fault and fault.kind == "truncated_json":
        body = body[: len(body) // 2]
    await channel.answer(200, body)


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "stub"}
