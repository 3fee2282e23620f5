"""What a caller may send by mistake or on purpose: a clear refusal, never a 5xx, no half state."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx

from server.body import LIMIT, BodyGuard
from server.middleware import Guard
from tests.server.parties import Staff, Visitor

JSON = {"Content-Type": "application/json"}


def start(text: str) -> bytes:
    """A body for start with `text`, written as JSON, in the place of the message."""
    return b'{"message": ' + text.encode() + b"}"


def refusal(answer: httpx.Response) -> tuple[int, str]:
    problem = answer.json()["error"]
    assert problem.keys() == {"code", "message", "trace_id", "details"}
    assert problem["trace_id"] == answer.headers["X-Trace-Id"]
    assert "Traceback" not in answer.text
    return answer.status_code, problem["code"]


BODIES = {
    "cut": (b"{", 400, "body_malformed"),
    "no JSON": (b"nonsense", 400, "body_malformed"),
    "not UTF-8": (b"\xff\xfe{}", 400, "body_malformed"),
    "byte order mark": (b"\xef\xbb\xbf{}", 400, "body_malformed"),
    "nested 10k, open": (b"[" * 10_000, 400, "body_malformed"),
    "nested 10k": (b"[" * 10_000 + b"]" * 10_000, 400, "body_malformed"),
    "NaN": (start("NaN"), 400, "body_malformed"),
    "Infinity": (start("-Infinity"), 400, "body_malformed"),
    "1e999": (start("1e999"), 400, "body_malformed"),
    "over int64": (start("9223372036854775808"), 400, "body_malformed"),
    "endless int": (start("1" * 10_000), 400, "body_malformed"),
    "twice": (b'{"message": "a", "message": "b"}', 400, "body_malformed"),
    "nothing": (b"", 422, "request_invalid"),
    "null": (b"null", 422, "request_invalid"),
    "a list": (b"[]", 422, "request_invalid"),
    "a text": (b'"text"', 422, "request_invalid"),
    "a number for a text": (start("5"), 422, "request_invalid"),
    "an operator": (start('{"$gt": ""}'), 422, "request_invalid"),
    "an unknown field": (b'{"$where": "1"}', 422, "request_invalid"),
    "operator as id": (b'{"community": {"$ne": ""}}', 422, "request_invalid"),
    "no phone": (b'{"lead": {"phone": "12"}}', 422, "request_invalid"),
    "no email": (b'{"lead": {"email": "nobody"}}', 422, "request_invalid"),
    "an SSN": (b'{"lead": {"ssn": "078-05-1120"}}', 422, "request_invalid"),
    "not signed": (b'{"identity_token": "x"}', 401, "identity_unset"),
    "not built": (b'{"password": "x"}', 422, "request_invalid"),
    "NUL in id": (b'{"community": "a\\u0000b"}', 404, "community_not_found"),
    "a path": (b'{"community": "../../etc"}', 404, "community_not_found"),
    "half a pair": (b'{"source": "\\ud800"}', 422, "body_not_text"),
    "half a pair said": (start('"\\udfff hello"'), 422, "body_not_text"),
    "empty message": (start('""'), 422, "message_empty"),
    "blank message": (start('" \\n\\t "'), 422, "message_empty"),
    "NUL in message": (start('"a\\u0000b"'), 422, "message_not_text"),
    "8001 characters": (start(json.dumps("x" * 8001)), 413, "message_too_long"),
    "1 MB": (b'{"source": "' + b"x" * LIMIT + b'"}', 413, "body_too_large"),
    "10 MB": (b" " * (10 * LIMIT), 413, "body_too_large"),
}  # fmt: skip


async def test_a_bad_body_is_refused_and_leaves_nothing(
    web: httpx.AsyncClient, staff: Staff
) -> None:
    found = {
        name: refusal(await web.post("/api/agent/start", content=body, headers=JSON))
        for name, (body, _, _) in BODIES.items()
    }
    assert found == {name: (status, code) for name, (_, status, code) in BODIES.items()}
    assert (await staff.read("/api/leads/threads"))["items"] == []


async def test_what_was_sent_is_not_repeated(web: httpx.AsyncClient) -> None:
    answer = await web.post("/api/agent/start", json={"lead": {"phone": "078-05-1120"}})
    assert "078" not in answer.text
    assert answer.json()["error"]["details"][0]["at"] == "body.lead.phone"


async def test_only_json_is_taken(web: httpx.AsyncClient) -> None:
    for kind in ("", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        headers = {"Content-Type": kind} if kind else {}
        answer = await web.post("/api/agent/start", content=b"{}", headers=headers)
        assert refusal(answer) == (415, "content_type_unsupported"), kind


async def test_a_packed_body_is_not_unpacked(web: httpx.AsyncClient) -> None:
    headers = JSON | {"Content-Encoding": "gzip"}
    answer = await web.post("/api/agent/start", content=b"\x1f\x8b" + b"x" * 50, headers=headers)
    assert refusal(answer) == (400, "body_malformed")


async def test_odd_but_honest_messages_are_answered(visitor: Visitor) -> None:
    for text in (
        "👋🏽🏠",
        "x" * 8000,
        "مرحبا، أبحث عن شقة",
        "\u202eesrever\u202c zero\u200bwidth",
        "${jndi:ldap://x} {{7*7}} '; DROP TABLE leads; --",
        '<script>alert(1)</script><img src=x onerror="alert(1)">',
    ):
        answer = await visitor.say(text)
        assert answer["reply"]


PATHS = (
    "/api/leads/threads/" + "x" * 201,
    "/api/leads/threads/%00",
    "/api/leads/threads/a%20b",
    "/api/leads/threads/%F0%9F%8F%A0/messages",
    "/api/approvals/$where",
    "/api/approvals/..%2f..%2fetc%2fpasswd",
    "/api/leads/threads?limit=0",
    "/api/leads/threads?limit=201",
    "/api/leads/threads?limit=1e3",
    "/api/leads/threads?cursor=nonsense",
    "/api/leads/threads?cursor=" + "x" * 1001,
    "/api/leads/threads?stage=nowhere",
    "/api/leads/threads?updated_after=yesterday",
    "/api/leads/threads?updated_after=2026-01-01T00:00:00",
    "/api/approvals?status[$ne]=pending&status=x",
    "/api/deliveries?cursor=%ff",
    "/api/agent/events",
)


async def test_a_bad_address_is_refused(staff: Staff) -> None:
    for path in PATHS:
        answer = await staff.get(path)
        assert answer.status_code in (404, 422), path
        refusal(answer)


async def test_unknown_routes_and_methods(web: httpx.AsyncClient) -> None:
    assert refusal(await web.get("/api/nothing")) == (404, "route_not_found")
    assert refusal(await web.get("/pages/../server/app.py")) == (404, "route_not_found")
    assert refusal(await web.get("/pages/%2e%2e/app.py")) == (404, "route_not_found")
    wrong = await web.delete("/api/agent/start")
    assert refusal(wrong) == (405, "method_not_allowed")


async def test_last_event_id_must_be_a_number(visitor: Visitor) -> None:
    for value in ("x", "-2", "1e9", str(2**64)):
        headers = visitor.headers | {"Last-Event-ID": value}
        answer = await visitor.web.get("/api/agent/events", headers=headers)
        assert refusal(answer) == (422, "request_invalid")


async def test_a_body_in_pieces_counts_as_one(web: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"source": "'
        for _ in range(2 * LIMIT // 1000):
            yield b"x" * 1000

    answer = await web.post("/api/agent/start", content=pieces(), headers=JSON)
    assert refusal(answer) == (413, "body_too_large")


async def test_a_body_that_does_not_come_is_not_waited_for(web: httpx.AsyncClient) -> None:
    async def never(scope: object, receive: object, send: object) -> None:
        raise AssertionError("the app must not be reached")

    transport = httpx.ASGITransport(Guard(BodyGuard(never, seconds=0.05)))

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(10)

    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        answer = await client.post("/", content=slow(), headers=JSON)
    assert refusal(answer) == (408, "body_slow")
