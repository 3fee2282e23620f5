"""The public surface, pinned: every operation says what it takes, gives and refuses."""

from collections.abc import Iterator
from typing import Any

import pytest

from agent.settings import Settings
from server.app import create_app
from server.files import LIMITS
from server.state import open_state

METHODS = {"get", "post", "patch", "put", "delete"}
CONTRACT = {
    ("get", "/api/healthz"),
    ("get", "/api/readyz"),
    ("get", "/api/leads/stages"),
    ("get", "/api/leads/leads/{lead_id}"),
    ("get", "/api/leads/threads"),
    ("get", "/api/leads/threads/{thread_id}"),
    ("get", "/api/leads/threads/{thread_id}/messages"),
    ("post", "/api/agent/start"),
    ("post", "/api/agent/token"),
    ("get", "/api/agent/thread"),
    ("post", "/api/agent/reply"),
    ("get", "/api/agent/events"),
    ("post", "/api/agent/action"),
    ("get", "/api/approvals"),
    ("get", "/api/approvals/{action_id}"),
    ("post", "/api/approvals/{action_id}/decision"),
    ("get", "/api/deliveries"),
    ("get", "/api/knowledge"),
    ("get", "/api/knowledge/search"),
    ("get", "/api/knowledge/{knowledge_id}"),
    ("post", "/api/knowledge"),
    ("delete", "/api/knowledge/{knowledge_id}"),
    ("post", "/api/training/start"),
    ("post", "/api/training/ingest"),
    ("post", "/api/training/ingest-csv"),
    ("get", "/api/training/models"),
    ("post", "/api/training/models/{version}/deploy"),
    ("post", "/api/training/models/{version}/rollback"),
    ("get", "/api/jobs"),
    ("get", "/api/jobs/{job_id}"),
}
OPEN = {"/api/healthz", "/api/readyz", "/api/leads/stages"}
Operation = dict[str, Any]


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    return create_app(lambda: open_state(Settings())).openapi()


def operations(spec: dict[str, Any]) -> Iterator[tuple[str, str, Operation]]:
    for path, item in spec["paths"].items():
        for method in METHODS & item.keys():
            yield method, path, item[method]


def resolved(spec: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return dict(spec["components"]["schemas"][name]) if name else schema


def test_holds_the_contract_and_nothing_else(spec: dict[str, Any]) -> None:
    assert {(method, path) for method, path, _ in operations(spec)} == CONTRACT


def test_every_operation_is_described(spec: dict[str, Any]) -> None:
    for method, path, operation in operations(spec):
        assert operation["summary"], (method, path)
        assert len(operation["tags"]) == 1, (method, path)
    ids = [operation["operationId"] for _, _, operation in operations(spec)]
    assert len(ids) == len(set(ids))


def test_every_refusal_has_the_one_shape(spec: dict[str, Any]) -> None:
    for method, path, operation in operations(spec):
        refusals = {s: r for s, r in operation["responses"].items() if not s.startswith("2")}
        if path not in OPEN:
            assert {"401", "403", "503"} <= refusals.keys(), (method, path)
        for status, refusal in refusals.items():
            if path == "/api/readyz":
                continue
            schema = refusal["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/ErrorBody"}, (method, path, status)


def test_every_answer_has_a_schema(spec: dict[str, Any]) -> None:
    for method, path, operation in operations(spec):
        (answer,) = [r for s, r in operation["responses"].items() if s.startswith("2")]
        kinds = answer["content"].keys()
        wanted = "text/event-stream" if path.endswith("/events") else "application/json"
        assert wanted in kinds, (method, path)


def test_every_body_has_an_example_that_fits(spec: dict[str, Any]) -> None:
    for method, path, operation in operations(spec):
        if "requestBody" not in operation:
            continue
        content = operation["requestBody"]["content"]
        kind = "multipart/form-data" if path in LIMITS else "application/json"
        assert content.keys() == {kind}, (method, path)
        schema = resolved(spec, content[kind]["schema"])
        assert schema["additionalProperties"] is False, (method, path)
        assert schema["example"].keys() <= schema["properties"].keys(), (method, path)
        assert set(schema.get("required", ())) <= schema["example"].keys(), (method, path)


def test_what_needs_a_credential_says_so(spec: dict[str, Any]) -> None:
    for method, path, operation in operations(spec):
        assert ("security" in operation) == (path not in OPEN), (method, path)


def test_lists_page_alike(spec: dict[str, Any]) -> None:
    for method, path, operation in operations(spec):
        names = {parameter["name"] for parameter in operation.get("parameters", ())}
        schema = operation["responses"].get("200", {}).get("content", {}).get("application/json")
        listed = schema and "items" in resolved(spec, schema["schema"]).get("properties", {})
        # a search answers with its k best
        if listed and path not in OPEN and not path.endswith("/search"):
            assert {"limit", "cursor"} <= names, (method, path)
