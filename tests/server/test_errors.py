import logging

import httpx
import pytest
from fastapi import FastAPI

from agent import errors
from agent.errors import InvalidInput, LatchkeyError
from server.errors import install, status_of
from server.middleware import Guard
from server.state import State
from tests.server.parties import Staff

WANTED = {
    errors.LatchkeyError: 500,
    errors.InvalidInput: 422,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Duplicate: 409,
    errors.Gone: 410,
    errors.TooLarge: 413,
    errors.TooBusy: 429,
    errors.Unavailable: 503,
    errors.StorageFull: 507,
    errors.Misconfigured: 503,
}


def raising(error: Exception, state: State) -> httpx.AsyncClient:
    """A client of an app whose only route raises `error`."""
    app = FastAPI()
    app.state.serving = state
    install(app)
    app.add_middleware(Guard)

    @app.get("/")
    async def route() -> None:
        raise error

    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x")


def test_no_error_is_forgotten() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type)}
    assert {kind for kind in kinds if issubclass(kind, LatchkeyError)} == WANTED.keys()


@pytest.mark.parametrize("kind", WANTED, ids=lambda kind: kind.__name__)
async def test_every_error_has_its_status(kind: type[LatchkeyError], state: State) -> None:
    error = kind("noun_reason", "What to do.", details=[{"n": 1}])
    async with raising(error, state) as client:
        answer = await client.get("/")
    assert answer.status_code == WANTED[kind]
    problem = answer.json()["error"]
    assert (problem["code"], problem["message"]) == ("noun_reason", "What to do.")
    assert (problem["trace_id"], problem["details"]) == (answer.headers["X-Trace-Id"], [{"n": 1}])


def test_a_code_outweighs_its_class() -> None:
    assert status_of(InvalidInput("body_malformed", "")) == 400
    assert status_of(InvalidInput("anything_else", "")) == 422


async def test_a_new_kind_of_error_has_the_status_of_its_parent() -> None:
    class Fresh(errors.Conflict): ...

    assert status_of(Fresh("a_b", "")) == 409


async def test_passing_trouble_says_when_to_come_back(state: State) -> None:
    for kind, given, said in (
        (errors.Unavailable, None, "2"),
        (errors.Unavailable, 7, "7"),
        (errors.TooBusy, 3, "3"),
        (errors.StorageFull, None, "10"),
    ):
        async with raising(kind("a_b", "", retry_after=given), state) as client:
            assert (await client.get("/")).headers["Retry-After"] == said


async def test_the_unexpected_tells_nothing_and_is_logged_without_its_text(
    caplog: pytest.LogCaptureFixture, state: State
) -> None:
    with caplog.at_level(logging.ERROR):
        async with raising(ValueError("sam@lee.example"), state) as client:
            answer = await client.get("/")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal"
    trace_id = answer.headers["X-Trace-Id"]
    assert trace_id in caplog.text
    assert "ValueError at " in caplog.text
    assert "test_errors.py" in caplog.text
    assert "sam@lee" not in caplog.text + answer.text


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"email": "nope"}, "body.email: no e-mail address; write it as name@example.com."),
        ({"phone": "12"}, "body.phone: no phone number; write it as +15035550142."),
        (
            {"mail": "a@b.example"},
            "body.mail: there is no such field; /docs lists those there are.",
        ),
    ],
)
async def test_what_is_wrong_is_said_in_plain_words(
    web: httpx.AsyncClient, staff: Staff, sent: dict[str, str], said: str
) -> None:
    answer = await web.post("/api/leads/leads", json=sent, headers=staff.headers)
    assert (answer.status_code, answer.json()["error"]["message"]) == (422, said)
