import asyncio
import io
import json
import logging
from collections.abc import Iterator

import httpx
import pytest

from agent.services import Services
from server import logs
from tests.server.parties import Staff, Visitor

PLANTED = ("dana.ortiz", "mail.example", "555-0142", "5035550142", "lk_planted", "whsec_planted")
KEY = "lk_planted0123456789abcdef"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a serving process would write on stderr."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure(stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    for name in logs.OURS:
        logging.getLogger(name).setLevel(logging.NOTSET)
    logging.captureWarnings(False)


def lines(written: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


async def test_a_request_is_one_line_without_what_was_said(
    web: httpx.AsyncClient, visitor: Visitor, written: io.StringIO
) -> None:
    answer = await visitor.say("I'm Dana Ortiz, dana.ortiz@mail.example, 503-555-0142")
    assert answer
    [line] = lines(written)
    assert {**line, "ms": 0, "timestamp": "", "trace_id": ""} == {
        "event": "request",
        "level": "info",
        "logger": "server.requests",
        "timestamp": "",
        "trace_id": "",
        "method": "POST",
        "route": "/api/agent/reply",
        "status": 200,
        "ms": 0,
        "tenant": "default",
        "actor": "visitor",
    }
    refused = await web.get("/api/threads/dana.ortiz@mail.example?phone=5035550142")
    assert lines(written)[-1]["route"] == "unmatched"
    assert lines(written)[-1]["code"] == "route_not_found"
    assert lines(written)[-1]["trace_id"] == refused.headers["X-Trace-Id"]


async def test_planted_secrets_appear_nowhere(
    web: httpx.AsyncClient,
    visitor: Visitor,
    staff: Staff,
    demo: Services,
    written: io.StringIO,
) -> None:
    """Logs, errors, the audit, events and meters."""
    said = f"I'm Dana Ortiz, dana.ortiz@mail.example, (503) 555-0142; key {KEY} whsec_planted00"
    await visitor.say(said.replace(KEY, "").replace("whsec_planted00", ""))
    told = []
    for path, headers in (
        (f"/api/approvals/{KEY}", {"Authorization": f"Bearer {KEY}"}),
        ("/api/leads/threads?q=dana.ortiz@mail.example", {"Authorization": "Bearer x"}),
    ):
        told.append((await web.get(path, headers=headers)).text)
    told.append((await web.post("/api/agent/start", json={"lead": {"email": said}})).text)
    log = logging.getLogger("asyncio")
    log.error("never retrieved dana.ortiz@mail.example\nfuture: %s", KEY)
    logging.getLogger("agent.x").warning("sent to %s with %s", "+15035550142", KEY)
    try:
        raise ValueError(said)
    except ValueError:
        logging.getLogger("server.x").exception("failed", extra={"body": said})
    await demo.sealer.seal_waiting()
    told.append(str((await staff.read("/api/audit"))["items"]))
    told.append(demo.telemetry.render(await demo.insight.gauges()).decode())
    told.append(str(await demo.events.after("default", visitor.thread_id, -1)))
    told.append(written.getvalue())
    found = [(word, text[:200]) for text in told for word in PLANTED if word in text]
    assert not found
    failed = next(line for line in lines(written) if line["event"] == "failed")
    assert failed["error"] == "ValueError"
    assert "body" not in failed


async def test_what_a_request_starts_keeps_its_trace(written: io.StringIO) -> None:
    token = logs.TRACE.set("trc_1")

    async def later() -> None:
        logging.getLogger("graphs.x").info("done")

    task = asyncio.create_task(later())
    logs.TRACE.reset(token)
    await task
    assert lines(written)[0]["trace_id"] == "trc_1"
