"""What may be sent to the desk's routes by mistake or on purpose; see test_hostile.py."""

from itertools import product
from typing import Any

from agent.services import Services
from server.body import LIMIT
from tests.server.parties import Staff, Visitor
from tests.server.test_hostile import JSON, refusal

AGENT = ("feedback", "handoff", "takeover", "message", "release")
ROUTES = [
    ("POST", "/api/leads/leads"),
    ("POST", "/api/leads/threads"),
    ("PATCH", "/api/leads/threads/thr_1"),
    ("PUT", "/api/communities/cedar-mesa"),
    ("PATCH", "/api/tenant"),
    ("POST", "/api/listings"),
    ("PATCH", "/api/listings/lst_1"),
    *(("POST", f"/api/agent/{name}") for name in AGENT),
]
BY_VISITORS = ("/api/agent/feedback", "/api/agent/handoff")
BODIES: dict[str, tuple[bytes, int, str]] = {
    "cut": (b"{", 400, "body_malformed"),
    "not UTF-8": (b"\xff\xfe{}", 400, "body_malformed"),
    "nested 10k": (b"[" * 10_000 + b"]" * 10_000, 400, "body_malformed"),
    "NaN": (b'{"version": NaN}', 400, "body_malformed"),
    "1e999": (b'{"version": 1e999}', 400, "body_malformed"),
    "over int64": (b'{"version": 9223372036854775808}', 400, "body_malformed"),
    "twice": (b'{"thread_id": "a", "thread_id": "b"}', 400, "body_malformed"),
    "half a pair": (b'{"thread_id": "\\ud800"}', 422, "body_not_text"),
    "nothing": (b"", 422, "request_invalid"),
    "null": (b"null", 422, "request_invalid"),
    "a list": (b"[]", 422, "request_invalid"),
    "a text": (b'"text"', 422, "request_invalid"),
    "an operator": (b'{"$where": "1"}', 422, "request_invalid"),
    "an operator as id": (b'{"thread_id": {"$gt": ""}}', 422, "request_invalid"),
    "an unknown field": (b'{"tenant_id": "other"}', 422, "request_invalid"),
    "over 1 MB": (b'{"x": "' + b"x" * LIMIT + b'"}', 413, "body_too_large"),
}


async def test_a_bad_body_is_refused(staff: Staff, visitor: Visitor, demo: Services) -> None:
    before = await counts(demo)
    for (method, path), (name, (body, status, code)) in product(ROUTES, BODIES.items()):
        headers = (visitor if path in BY_VISITORS else staff).headers | JSON
        answer = await staff.web.request(method, path, content=body, headers=headers)
        assert refusal(answer) == (status, code), (path, name)
    assert await counts(demo) == before


async def test_only_json_is_taken(staff: Staff, visitor: Visitor) -> None:
    for (method, path), kind in product(ROUTES, ("", "text/plain", "multipart/form-data")):
        headers = dict((visitor if path in BY_VISITORS else staff).headers)
        if kind:
            headers["Content-Type"] = kind
        answer = await staff.web.request(method, path, content=b"{}", headers=headers)
        assert refusal(answer) == (415, "content_type_unsupported"), (path, kind)


async def counts(services: Services) -> dict[str, int]:
    names = ("leads", "threads", "messages", "communities", "listings", "tenants", "audit")
    return {name: await services.repository.scoped(name, "default").count({}) for name in names}


ADDRESSES = [
    "/api/leads/leads?limit=0",
    "/api/leads/leads?limit=1e3",
    "/api/leads/leads?cursor=nonsense",
    "/api/leads/leads?cursor=" + "x" * 1001,
    "/api/leads/leads?external_id=$ne",
    "/api/leads/leads?updated_after=yesterday",
    "/api/leads/leads/" + "x" * 201,
    "/api/leads/threads?q=" + "x" * 201,
    "/api/leads/threads?q=%20",
    "/api/leads/threads?q=%00",
    "/api/communities/..%2f..%2fetc",
    "/api/communities/a.b",
    "/api/communities/" + "x" * 81,
    "/api/communities/%00",
    "/api/communities?limit=201",
    "/api/communities?cursor=" + "x" * 1001,
    "/api/listings?cursor=bm90IG9uZQ==",
]


async def test_a_bad_address_is_refused(staff: Staff) -> None:
    for path in ADDRESSES:
        answer = await staff.get(path)
        assert answer.status_code in (404, 422), path
        refusal(answer)


BY_ID: list[tuple[str, str, dict[str, Any]]] = [
    ("PATCH", "/api/leads/threads/{}", {"version": 1}),
    ("PATCH", "/api/listings/{}", {"version": 1}),
    ("POST", "/api/agent/takeover", {"thread_id": "{}"}),
    ("POST", "/api/agent/message", {"thread_id": "{}", "text": "hi"}),
    ("POST", "/api/agent/release", {"thread_id": "{}"}),
    ("POST", "/api/leads/threads", {"lead_id": "{}"}),
]
NAMES = ("$where", "a b", "nobody", "%00", "x" * 200, "a.b:c")


async def test_an_unknown_id_is_not_found(staff: Staff) -> None:
    for (method, path, body), name in product(BY_ID, NAMES):
        filled = {key: name if value == "{}" else value for key, value in body.items()}
        answer = await staff.web.request(
            method, path.format(name), json=filled, headers=staff.headers
        )
        assert answer.status_code in (404, 422), answer.text
        refusal(answer)


async def test_what_was_sent_is_not_repeated(staff: Staff) -> None:
    for path, body in (
        ("/api/leads/leads", {"phone": "078-05-1120"}),
        ("/api/leads/leads", {"email": "078-05-1120"}),
        ("/api/listings", {"listings": [{"rent": "078-05-1120"}]}),
    ):
        assert "078" not in (await staff.post(path, body)).text
