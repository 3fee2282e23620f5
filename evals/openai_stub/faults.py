"""What can go wrong with a model server, one fault a request."""

from collections import deque
from dataclasses import dataclass
from typing import Literal

from .models import Refused

Kind = Literal[
    # before anything is answered
    "status", "reset", "slow_headers", "not_json", "wrong_type",
    # while the answer is sent
    "slow_first_token", "slow_tokens", "cut", "truncated_json", "error_event", "ended_early",
    # what a model says
    "many_tool_calls", "unknown_tool", "truncated_arguments", "content_filter", "refusal",
    "empty_choices", "long",
    # embeddings and fine-tuning
    "fewer_vectors", "wrong_dimension", "job_failed",
]  # fmt: skip

CODES = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("invalid_request_error", "unsupported_country_region_territory"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
}
ONLY = {
    "/chat/completions": (
        "slow_first_token", "slow_tokens", "error_event", "ended_early", "many_tool_calls",
        "unknown_tool", "truncated_arguments", "content_filter", "refusal", "empty_choices", "long",
    ),
    "/embeddings": ("fewer_vectors", "wrong_dimension"),
    "/fine_tuning/jobs": ("job_failed",),
}  # fmt: skip
"""Path -> the faults only its requests can have; the others fit every path."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One misbehaviour; it waits for a request that fits `path` and `model`."""

    kind: Kind
    path: str | None = None
    """`chat/completions`, `embeddings`, `files`, `fine_tuning/jobs`; None: where the kind fits."""
    model: str | None = None
    status: int = 500
    code: str | None = None
    """The error's code, where the usual one of the status is not meant."""
    retry_after: float | None = None
    """Seconds, sent as `retry-after` (rounded up) and `retry-after-ms`."""
    seconds: float = 0.0
    """The pause of a slow fault; of `slow_tokens` before each piece."""
    after: int = 3
    """Pieces of a stream that arrive before it breaks."""

    def fits(self, path: str, model: str | None) -> bool:
        return self._fits_path(path) and self.model in (None, model)

    def _fits_path(self, path: str) -> bool:
        if self.path is not None:
            return path.startswith("/" + self.path.lstrip("/"))
        return all(path == only for only, kinds in ONLY.items() if self.kind in kinds)

    def refusal(self) -> Refused:
        """The error of a `status` fault."""
        kind, code = CODES.get(self.status, ("server_error", None))
        headers = {}
        if self.retry_after is not None:
            headers["retry-after"] = str(-int(-self.retry_after // 1))
            headers["retry-after-ms"] = str(round(self.retry_after * 1000))
        return Refused(
            self.status, "the stub was told so", kind=kind, code=self.code or code, headers=headers
        )


class FaultLine:
    """The faults that wait, and the one that stays."""

    def __init__(self) -> None:
        self.waiting: deque[Fault] = deque()
        self.standing: Fault | None = None

    def take(self, path: str, model: str | None) -> Fault | None:
        """The first waiting fault that fits, which is spent; else the standing one."""
        for fault in self.waiting:
            if fault.fits(path, model):
                self.waiting.remove(fault)
                return fault
        if self.standing and self.standing.fits(path, model):
            return self.standing
        return None
