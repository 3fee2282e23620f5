import httpx2
import openai
import pytest

from agent.ai.chat.failures import failure_of

REQUEST = httpx2.Request("POST", "http://127.0.0.1/v1/chat/completions")
NOW = {"date": "Mon, 02 Mar 2026 18:00:00 GMT"}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "7", "retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "soon"}, None),
        ({"retry-after-ms": "nan"}, 0),
        ({"retry-after-ms": "inf"}, 3600),
        ({"retry-after": "9" * 400}, 3600),
        ({"retry-after": "Mon, 02 Mar 2026 18:00:20 GMT", **NOW}, 20),
        ({"retry-after": "Mon, 02 Mar 2026 17:00:00 GMT", **NOW}, 0),
        ({"retry-after": "Mon, 02 Mar 2026 18:00:20 GMT"}, None),
        ({"retry-after": "tomorrow", **NOW}, None),
        ({"retry-after": ""}, None),
    ],
)
def test_every_way_to_say_when(headers: dict[str, str], seconds: float | None) -> None:
    response = httpx2.Response(429, headers=headers, request=REQUEST)
    failure = failure_of(openai.RateLimitError("slow down", response=response, body=None))
    assert failure.retry_after == seconds


def test_a_connection_that_takes_too_long() -> None:
    failure = failure_of(openai.APITimeoutError(request=REQUEST))
    assert (failure.code, failure.again) == ("chat_unavailable", True)
