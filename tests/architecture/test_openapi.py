"""The public surface, pinned: every operation says what it takes, gives and refuses."""

from collections.abc import Iterator
from typing import Any

import pytest

from agent.settings import Settings
from server.app import create_app
from server.files import LIMITS
from server.state import open_state
from tests.server.matrix import ROWS, Gate

METHODS = {"get", "post", "patch", "put", "delete"}
OPTIONAL = {"POST /api/agent/start"}
"""A credential is looked at where there is one."""
OPEN = {row.route for row in ROWS if row.who in (Gate.OPEN, Gate.SIGNED)} - OPTIONAL
"""No credential is looked at."""
OTHERS = {"POST /api/webhooks/inbound/{source}", "POST /api/leads/intake/zillow"}
"""The body is written by others, who may add to it."""
WHOLE = {
    "/api/leads/stages",
    "/api/tours/slots",
    "/api/webhooks/subscriptions",
    "/api/knowledge/{knowledge_id}/history",
}
"""Lists that are short by their nature."""
Operation = dict[str, Any]


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    return create_app(lambda: open_state(Settings())).openapi()


def operations(spec: dict[str, Any]) -> Iterator[tuple[str, str, Operation]]:
    for path, item in spec["paths"].items():
        for method in METHODS & item.keys():
            yield method, path, item[method]


def is_open(method: str, path: str) -> bool:
    return f"{method.upper()} {path}" in OPEN


def resolved(spec: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return dict(spec["components"]["schemas"][name]) if name else schema


def test_every_operation_is_described(spec: dict[str, Any]) -> None:
    for method, path, operation in operations(spec):
        assert operation["summary"], (method, path)
        assert len(operation["tags"]) == 1, (method, path)
    ids = [operation["operationId"] for _, _, operation in operations(spec)]
    assert len(ids) == len(set(ids))


def test_every_refusal_has_the_one_shape(spec: dict[str, Any]) -> None:
    for method, path, operation in operations(spec):
        refusals = {s: r for s, r in operation["responses"].items() if not s.startswith("2")}
        if not is_open(method, path):
            assert {"401", "403", "503"} <= refusals.keys(), (method, path)
        for status, refusal in refusals.items():
            if path == "/api/readyz":
                continue
            schema = refusal["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/ErrorBody"}, (method, path, status)


def test_every_answer_has_a_schema(spec: dict[str, Any]) -> None:
    for method, path, operation in operations(spec):
        answers = {s: r for s, r in operation["responses"].items() if s.startswith("2")}
        assert answers, (method, path)
        for status, answer in answers.items():
            kinds = answer.get("content", {}).keys()
            if status == "204":
                assert not kinds, (method, path)
            elif path.endswith(("/events", "/stream")):
                assert kinds == {"text/event-stream"}, (method, path)
            else:
                assert kinds, (method, path)


def test_every_body_has_an_example_that_fits(spec: dict[str, Any]) -> None:
    for method, path, operation in operations(spec):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            schema = resolved(spec, content["schema"])
            example = content.get("example") or schema["example"]
            strict = f"{method.upper()} {path}" not in OTHERS
            assert not strict or schema["additionalProperties"] is False, (method, path)
            assert example.keys() <= schema["properties"].keys(), (method, path)
            assert set(schema.get("required", ())) <= example.keys(), (method, path)


def test_a_body_is_json_a_file_or_the_form_of_others(spec: dict[str, Any]) -> None:
    for method, path, operation in operations(spec):
        if "requestBody" in operation:
            kind = "multipart/form-data" if path in LIMITS else "application/json"
            if path.endswith("/zillow"):
                kind = "application/x-www-form-urlencoded"
            assert operation["requestBody"]["content"].keys() == {kind}, (method, path)


def test_what_needs_a_credential_says_so(spec: dict[str, Any]) -> None:
    for method, path, operation in operations(spec):
        assert ("security" in operation) != is_open(method, path), (method, path)


def test_lists_page_alike(spec: dict[str, Any]) -> None:
    for method, path, operation in operations(spec):
        names = {parameter["name"] for parameter in operation.get("parameters", ())}
        schema = operation["responses"].get("200", {}).get("content", {}).get("application/json")
        listed = schema and "items" in resolved(spec, schema["schema"]).get("properties", {})
        # a search answers with its k best
        if listed and path not in WHOLE and not path.endswith("/search"):
            assert {"limit", "cursor"} <= names, (method, path)


def test_every_post_takes_an_idempotency_key(spec: dict[str, Any]) -> None:
    for method, path, operation in operations(spec):
        names = [parameter["name"] for parameter in operation.get("parameters", ())]
        assert names.count("Idempotency-Key") == (method == "post"), (method, path)
        assert method != "post" or "409" in operation["responses"], path
