from prometheus_client.parser import text_string_to_metric_families

from agent.kit.telemetry import Gauge, Telemetry


def samples(telemetry: Telemetry, *gauges: Gauge) -> dict[tuple[str, frozenset[str]], float]:
    """(name, values of the labels) -> value, as Prometheus reads it."""
    text = telemetry.render(gauges).decode()
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_what_is_counted_is_read_back() -> None:
    meters = Telemetry()
    meters.request("POST", "/api/agent/reply", 200, 0.02)
    meters.request("POST", "/api/agent/reply", 200, 0.03)
    meters.error("thread_not_found")
    meters.turn(stage="touring", policy="rules", seconds=0.01, failed=True)
    meters.tokens("gpt-5", fresh=100, cached=20, output=7, usd=0.25)
    meters.retrieval(found=False)
    meters.approval("schedule_tour", "approved")
    meters.delivery("record", "failed", "schedule_tour")
    meters.delivery("record", "done", "schedule_tour")
    meters.csat(4)
    read = samples(meters, Gauge("latchkey_waiting", "Now.", ("action",), {("apply_now",): 3.0}))
    said = frozenset({"POST", "/api/agent/reply", "200"})
    assert read["latchkey_request_seconds_count", said] == 2
    assert read["latchkey_errors_total", frozenset({"thread_not_found"})] == 1
    assert read["latchkey_turn_seconds_count", frozenset({"touring", "rules"})] == 1
    assert read["latchkey_turn_failures_total", frozenset()] == 1
    assert read["latchkey_chat_tokens_total", frozenset({"gpt-5", "input"})] == 100
    assert read["latchkey_chat_cost_usd_total", frozenset({"gpt-5"})] == 0.25
    assert read["latchkey_retrievals_total", frozenset({"no"})] == 1
    assert read["latchkey_approvals_total", frozenset({"schedule_tour", "approved"})] == 1
    assert read["latchkey_deliveries_total", frozenset({"record", "failed"})] == 1
    assert read["latchkey_actions_total", frozenset({"schedule_tour", "success"})] == 1
    assert ("latchkey_actions_total", frozenset({"schedule_tour", "failure"})) not in read
    assert read["latchkey_csat_score_bucket", frozenset({"4.0"})] == 1
    assert read["latchkey_waiting", frozenset({"apply_now"})] == 3


def test_two_processes_in_one_do_not_share_meters() -> None:
    one, other = Telemetry(), Telemetry()
    one.error("x")
    assert ("latchkey_errors_total", frozenset({"x"})) not in samples(other)


def test_callers_cannot_make_labels() -> None:
    """A method or a code out of the blue is one more of the others."""
    meters = Telemetry()
    for n in range(50):
        meters.request(f"M{n}", None, 405, 0.0)
        meters.error(f"Sam{n}@lee.example")
    text = meters.render().decode()
    assert "M7" not in text
    assert "lee.example" not in text
    assert samples(meters)["latchkey_errors_total", frozenset({"other"})] == 50
