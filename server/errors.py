"""How an error becomes an answer: one table of statuses, one shape of body."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.routing import compile_path
from starlette.types import Receive, Scope, Send

from agent.errors import (
    Conflict,
    Forbidden,
    Gone,
    InvalidInput,
    LatchkeyError,
    Misconfigured,
    NotFound,
    StorageFull,
    TooBusy,
    TooLarge,
    Unauthenticated,
    Unavailable,
)

STATUS: Mapping[type[LatchkeyError] | str, int] = {
    "body_malformed": 400,
    "body_slow": 408,
    "method_not_allowed": 405,
    "content_type_unsupported": 415,
    InvalidInput: 422,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Gone: 410,
    TooLarge: 413,
    TooBusy: 429,
    StorageFull: 507,
    Unavailable: 503,
    Misconfigured: 503,
    LatchkeyError: 500,
}
"""A code, else the nearest class, decides the status."""
RETRY_AFTER = {429: 1, 503: 2, 507: 10}
"""Seconds, where the error itself does not say."""


class Problem(BaseModel):
    code: str
    """`noun_reason`; stable, for programs."""
    message: str
    """What happened and what to do, for people."""
    trace_id: str
    details: list[Any] = []


class ErrorBody(BaseModel):
    error: Problem


_MEANING = {
    400: "The body is not valid JSON",
    401: "No credential, or one that does not verify",
    403: "The credential may not do this",
    404: "It does not exist, or not for this credential",
    409: "The world has moved on: stale version, other decision, taken slot",
    410: "It has expired",
    413: "Over a size limit",
    415: "The body is not declared as JSON",
    422: "The request cannot be carried out as it is written",
    429: "Too much at once; see Retry-After",
    503: "The database is away; see Retry-After",
    507: "The disk of the database is full",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route, for its OpenAPI; those any route may give are added."""
    return {
        status: {"model": ErrorBody, "description": _MEANING[status]}
        for status in sorted({*statuses, 422, 503})
    }


def status_of(error: LatchkeyError) -> int:
    if error.code in STATUS:
        return STATUS[error.code]
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


class _Refusal(JSONResponse):
    """Tells the request its code, for whoever counts."""

    def __init__(self, code: str, body: Any, status: int, headers: Mapping[str, str]) -> None:
        super().__init__(body, status, headers)
        self._code = code

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["code"] = self._code
        await super().__call__(scope, receive, send)


def answer(error: LatchkeyError, trace_id: str, headers: Mapping[str, str] = {}) -> JSONResponse:
    status = status_of(error)
    problem = Problem(
        code=error.code,
        message=error.message,
        trace_id=trace_id,
        details=jsonable_encoder(error.details),
    )
    extra = dict(headers)
    if wait := error.retry_after or RETRY_AFTER.get(status):
        extra["Retry-After"] = str(wait)
    if status == 401:
        extra["WWW-Authenticate"] = "Bearer"
    return _Refusal(error.code, ErrorBody(error=problem).model_dump(), status, extra)


_REASONS = {
    "missing": "it is required",
    "extra_forbidden": "there is no such field; /docs lists those there are",
    "model_attributes_type": "send a JSON object",
    "json_invalid": "this is no JSON",
}


def install(app: FastAPI) -> None:
    """Answer everything a route raises on purpose in the one shape."""

    async def ours(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, LatchkeyError)
        return answer(error, request.state.trace_id)

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return answer(_invalid(error.errors()), request.state.trace_id)

    async def http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        headers = {"Allow": _allowed(request)} if error.status_code == 405 else error.headers or {}
        return answer(_from_http(error), request.state.trace_id, headers)

    app.add_exception_handler(LatchkeyError, ours)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)


def _allowed(request: Request) -> str:
    """Every method of the path; the router itself names those of one route only."""
    documented: dict[str, Any] = request.app.openapi()["paths"]
    path = request.url.path
    fitting = [template for template in documented if compile_path(template)[0].match(path)]
    if not fitting:
        return "GET"  # a page
    closest = min(fitting, key=lambda template: (template.count("{"), -len(template)))
    return ", ".join(sorted(method.upper() for method in documented[closest]))


def _invalid(errors: Sequence[Any]) -> InvalidInput:
    """What is wrong and where, without what was sent."""
    details = [
        {
            "at": ".".join(str(part) for part in e["loc"])[:200],
            "type": e["type"],
            "reason": _reason(e["type"], e["msg"]),
        }
        for e in errors[:20]
    ]
    first = details[0]
    return InvalidInput("request_invalid", f"{first['at']}: {first['reason']}.", details=details)


def _reason(kind: str, said: str) -> str:
    """In words for whoever sent it, where the library's say little."""
    if kind == "string_pattern_mismatch":
        return "it does not have the form that /docs shows"
    return _REASONS.get(kind, said.removeprefix("Value error, "))


def _from_http(error: HTTPException) -> LatchkeyError:
    if error.status_code == 405:
        return InvalidInput("method_not_allowed", "This route takes another method; see /docs.")
    if error.status_code == 404:
        return NotFound("route_not_found", "There is no such route; see /docs.")
    if error.status_code == 413:
        return TooLarge("body_too_large", "The body is too large.")
    return InvalidInput("body_malformed", "The request cannot be read.")
