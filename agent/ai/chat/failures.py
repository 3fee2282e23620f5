"""What can become of one call, and what is worth doing next.

chat_unavailable        nothing answered in time: no connection, timeouts, 429, 5xx, breaker open
chat_interrupted        it broke off after text was passed on; that text is void
chat_answer_unusable    garbage, nothing, too much, or not what the schema asks for
chat_answer_refused     the model declined
chat_answer_filtered    the server's content filter stopped it
chat_key_refused        the server does not accept the key
chat_model_unknown      the server has no such model
chat_request_refused    the server found fault with the request
chat_request_too_long   the conversation does not fit into the model
"""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from agent.errors import Unavailable

TIMEOUT_WEIGHT = 3
"""Timeouts come slowly: by ones, a single caller would never open a breaker."""
LONGEST_RETRY_AFTER = 3600.0

_NEXT = {
    "chat_unavailable": "No chat model answers; try again later, or check OPENAI_BASE_URL.",
    "chat_interrupted": "The chat model broke off; discard the text so far and answer without it.",
    "chat_answer_unusable": "The chat model's answer cannot be used; answer without it.",
    "chat_answer_refused": "The chat model declined to answer; answer without it.",
    "chat_answer_filtered": "A content filter stopped the chat model; answer without it.",
    "chat_key_refused": "The chat server refuses the key; check OPENAI_API_KEY.",
    "chat_model_unknown": "The chat server has no such model; check LATCHKEY_CHAT_MODEL.",
    "chat_request_refused": "The chat server refuses the request; see its log.",
    "chat_request_too_long": "The conversation is too long for the model; send less of it.",
}


class Failure(Exception):
    """One call that brought nothing; `reason` is for reports, `code` for callers."""

    def __init__(
        self,
        reason: str,
        *,
        code: str = "chat_unavailable",
        again: bool = True,
        elsewhere: bool = True,
        weight: int = 1,
        retry_after: float | None = None,
        slow: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.again = again
        """Whether the same model may do better."""
        self.elsewhere = elsewhere
        """Whether another model may do better."""
        self.weight = weight
        """What it counts for the breaker; 0: the server works."""
        self.retry_after = retry_after
        self.slow = slow
        """It took so long that another model is the better bet."""


def timed_out() -> Failure:
    return Failure("timeout", weight=TIMEOUT_WEIGHT, slow=True)


def garbage(reason: str) -> Failure:
    return Failure(reason, code="chat_answer_unusable")


def unusable(reason: str) -> Failure:
    """An answer that arrived whole and is of no use; asking again costs as much again."""
    return Failure(reason, code="chat_answer_unusable", again=False, elsewhere=False, weight=0)


def declined(reason: str, code: str) -> Failure:
    return Failure(reason, code=code, again=False, elsewhere=False, weight=0)


def failure_of(error: Exception) -> Failure:
    """What an exception of the OpenAI client means."""
    import openai

    if isinstance(error, openai.APITimeoutError):
        return Failure("connect timeout")
    if isinstance(error, openai.APIStatusError):
        return _of_status(error.status_code, error.code, _retry_after(error.response.headers))
    if isinstance(error, openai.APIConnectionError):
        return Failure("connection")
    if isinstance(error, openai.APIError):
        return Failure("error in the stream")
    # what is left: the client could not read what came
    return garbage("garbage")


def _of_status(status: int, code: str | None, retry_after: float | None) -> Failure:
    reason = f"HTTP {status}"
    if status in (401, 403):
        return declined(reason, "chat_key_refused")
    if status == 404:
        return Failure(reason, code="chat_model_unknown", again=False, weight=0)
    if code == "content_filter":
        return declined(reason, "chat_answer_filtered")
    if code == "context_length_exceeded" or status == 413:
        return declined(reason, "chat_request_too_long")
    if code == "insufficient_quota":
        return Failure("quota used up", again=False)
    if status in (408, 409, 429) or status >= 500:
        return Failure(reason, retry_after=retry_after)
    return declined(reason, "chat_request_refused")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, from `retry-after-ms`, or `retry-after` in seconds or as a date."""
    try:
        if "retry-after-ms" in headers:
            return _bounded(float(headers["retry-after-ms"]) / 1000)
        if "retry-after" not in headers:
            return None
        given = headers["retry-after"]
        if not given[:1].isalpha():
            return _bounded(float(given))
        # the server's date counts from the server's clock
        pause = parsedate_to_datetime(given) - parsedate_to_datetime(headers["date"])
        return _bounded(pause.total_seconds())
    except (ValueError, TypeError, KeyError):
        return None


def _bounded(seconds: float) -> float:
    return min(max(0.0, seconds), LONGEST_RETRY_AFTER)


def unavailable(
    failure: Failure, tried: list[dict[str, str]], *, retry_after: int | None = None
) -> Unavailable:
    """The error for the caller; `tried` says per model what happened."""
    return Unavailable(failure.code, _NEXT[failure.code], details=tried, retry_after=retry_after)
