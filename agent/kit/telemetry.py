"""The meters of this process, as Prometheus reads them: no tenant, no person, few labels."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_REQUEST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_TURN = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(frozen=True, slots=True)
class Gauge:
    """A state that is looked up when somebody asks."""

    name: str
    meaning: str
    labels: tuple[str, ...]
    values: Mapping[tuple[str, ...], float]


class Telemetry:
    """Counts what happens here. Every process has its own; Prometheus adds them up."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        registry = self._registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._requests = Histogram(
            "latchkey_request_seconds",
            "Time to the end of the answer, by the template of the route.",
            ["method", "route", "status"],
            buckets=_REQUEST,
            registry=registry,
        )
        self._errors = Counter(
            "latchkey_errors", "Errors that were answered.", ["code"], registry=registry
        )
        self._refused = Counter(
            "latchkey_rate_limited", "Requests over a rate limit.", ["limit"], registry=registry
        )
        self._turns = Histogram(
            "latchkey_turn_seconds",
            "Time of a turn under its lease.",
            ["stage", "policy"],
            buckets=_TURN,
            registry=registry,
        )
        self._failed_turns = Counter(
            "latchkey_turn_failures", "Turns that ended with an apology.", registry=registry
        )
        self._tokens = Counter(
            "latchkey_chat_tokens",
            "Tokens of chat models; input without those that were cached.",
            ["model", "kind"],
            registry=registry,
        )
        self._cost = Counter(
            "latchkey_chat_cost_usd", "What they cost by list prices.", ["model"], registry=registry
        )
        self._retrievals = Counter(
            "latchkey_retrievals",
            "Questions about what is written down, by whether an answer was found.",
            ["found"],
            registry=registry,
        )
        self._approvals = Counter(
            "latchkey_approvals",
            "Proposals (pending) and what became of them.",
            ["action", "status"],
            registry=registry,
        )
        self._deliveries = Counter(
            "latchkey_deliveries",
            "Outcomes of delivery attempts.",
            ["connector", "state"],
            registry=registry,
        )
        self._actions = Counter(
            "latchkey_actions",
            "Approved actions that were delivered, or given up.",
            ["action", "outcome"],
            registry=registry,
        )
        self._inbound = Counter(
            "latchkey_inbound_events",
            "Webhooks that were believed: done, duplicate, ignored, stale.",
            ["type", "outcome"],
            registry=registry,
        )
        self._csat = Histogram(
            "latchkey_csat_score",
            "Scores that leads gave.",
            buckets=(1, 2, 3, 4, 5),
            registry=registry,
        )

    def request(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """`route` is its template; None where none matched."""
        known = method if method in _METHODS else "OTHER"
        self._requests.labels(known, route or "unmatched", str(status)).observe(seconds)

    def error(self, code: str) -> None:
        self._errors.labels(code if _CODE.fullmatch(code) else "other").inc()

    def inbound(self, kind: str, outcome: str) -> None:
        self._inbound.labels(kind, outcome).inc()

    def refused(self, limit: str) -> None:
        self._refused.labels(limit).inc()

    def turn(self, *, stage: str, policy: str, seconds: float, failed: bool = False) -> None:
        self._turns.labels(stage, policy).observe(seconds)
        if failed:
            self._failed_turns.inc()

    def tokens(
        self, model: str, *, fresh: int, cached: int, output: int, usd: float | None
    ) -> None:
        """`usd` is None where the price is not known."""
        for kind, count in (("input", fresh), ("cached", cached), ("output", output)):
            self._tokens.labels(model, kind).inc(count)
        if usd is not None:
            self._cost.labels(model).inc(usd)

    def retrieval(self, *, found: bool) -> None:
        self._retrievals.labels("yes" if found else "no").inc()

    def approval(self, action: str, status: str) -> None:
        self._approvals.labels(action, status).inc()

    def delivery(self, connector: str, state: str, action: str | None) -> None:
        """What came of one attempt; `done`, `dead` and `unknown` end it. An event has no action."""
        self._deliveries.labels(connector, state).inc()
        if action is not None and state in ("done", "dead", "unknown"):
            self._actions.labels(action, "success" if state == "done" else "failure").inc()

    def csat(self, score: int) -> None:
        self._csat.observe(score)

    def render(self, gauges: Iterable[Gauge] = ()) -> bytes:
        """Everything in Prometheus's text format, with `gauges` as they are now."""
        now = CollectorRegistry()
        now.register(_Now(list(gauges)))
        return generate_latest(self._registry) + generate_latest(now)


class _Now(Collector):
    def __init__(self, gauges: list[Gauge]) -> None:
        self._gauges = gauges

    def collect(self) -> Iterable[Metric]:
        for gauge in self._gauges:
            family = GaugeMetricFamily(gauge.name, gauge.meaning, labels=gauge.labels)
            for labels, value in gauge.values.items():
                family.add_metric(labels, value)
            yield family
