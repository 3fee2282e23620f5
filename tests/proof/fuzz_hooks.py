"""What the fuzzing knows beyond the OpenAPI document: ids that exist, and what our 422 means."""

import json
import os
import re
from collections.abc import Mapping
from itertools import count
from typing import Any
from zlib import crc32

import schemathesis
from schemathesis.checks import CheckContext
from schemathesis.hooks import HookContext

_NUMBER = count()
KNOWN: dict[str, str] = json.loads(os.environ.get("FUZZ_KNOWN", "{}"))
"""Parameter or field -> an id that exists."""


def _with_known(values: Mapping[str, object]) -> dict[str, object]:
    """About half of the ids are of something that exists, so that requests get past the 404."""
    return {
        name: KNOWN[name] if name in KNOWN and crc32(repr(value).encode()) % 2 else value
        for name, value in values.items()
    }


@schemathesis.hook
def map_path_parameters(
    context: HookContext, path_parameters: Mapping[str, object] | None
) -> Mapping[str, object] | None:
    return _with_known(path_parameters) if path_parameters else path_parameters


@schemathesis.hook
def filter_headers(context: HookContext, headers: Mapping[str, object] | None) -> bool:
    """Blanks around a value are lost on the way: what is wrong here arrives right."""
    return all(str(value) == str(value).strip() for value in (headers or {}).values())


@schemathesis.hook
def map_body(context: HookContext, body: object) -> object:
    return _with_known(body) if isinstance(body, dict) else body


@schemathesis.hook
def map_headers(
    context: HookContext, headers: Mapping[str, object] | None
) -> Mapping[str, object] | None:
    """Every Idempotency-Key once: a second request under the same one would reach no route."""
    key = str((headers or {}).get("Idempotency-Key", ""))
    if not headers or not re.fullmatch(r"[!-~]{1,240}", key):
        return headers
    return {**headers, "Idempotency-Key": f"{key}{next(_NUMBER)}"}


@schemathesis.check
def schema_is_the_validation(
    ctx: CheckContext, response: schemathesis.Response, case: "schemathesis.Case[Any]"
) -> None:
    """A 422 may state a rule that no schema can; `request_invalid` states the schema's own."""
    if (
        response.status_code != 422
        or case.meta is None
        or not case.meta.generation.mode.is_positive
    ):
        return
    error = response.json()["error"]
    if error["code"] == "request_invalid":
        drifts = [one for one in error["details"] if one["type"] != "value_error"]
        assert not drifts, f"the document allows it: {drifts}"
