"""Through the graph: what a model hears goes into the profile only where the rules heard less."""

import json
from typing import Any

import pytest

from evals.openai_stub import Reply, Stub
from graphs.runtime import Runtime

TENANT = "default"


async def profile_after(
    runtime: Runtime, stub: Stub, noted: list[tuple[str, str]], *lines: str
) -> dict[str, Any]:
    items = [{"field": field, "value": value} for field, value in noted]
    answer = {"reply": "Noted.", "asked": [], "noted": items, "understood": True}
    stub.brain = lambda request: Reply(json.dumps(answer))
    thread_id = (await runtime.start(TENANT)).thread_id
    for line in lines:
        found = await runtime.reply(TENANT, thread_id, line)
    return found.profile.known()


@pytest.mark.parametrize(
    ("field", "value", "kept"),
    [
        ("budget", "2,300", 2300),
        ("bedrooms", "2", 2),
        ("bathrooms", "1.5", 1.5),
        ("pets", "yes", True),
        ("move_date", "2026-05-01", "2026-05-01"),
        ("areas", "denver", ["Denver"]),
        ("preferences", "a big balcony", ["a big balcony"]),
    ],
)
async def test_what_the_rules_missed_is_added(
    runtime: Runtime, stub: Stub, field: str, value: str, kept: Any
) -> None:
    profile = await profile_after(runtime, stub, [(field, value)], "blorp gnarf")
    assert profile == {field: kept}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("budget", "a lot"),
        ("budget", "-5"),
        ("budget", "99999999"),
        ("bedrooms", "two and a half"),
        ("move_date", "2020-01-01"),
        ("move_date", "tomorrow"),
        ("areas", "Atlantis"),
        ("preferences", "no families with children"),
        ("preferences", "close to my church"),
        ("occupants", "4000"),
    ],
)
async def test_nonsense_and_protected_mentions_are_not(
    runtime: Runtime, stub: Stub, field: str, value: str
) -> None:
    assert await profile_after(runtime, stub, [(field, value)], "blorp gnarf") == {}


async def test_the_rules_reading_wins(runtime: Runtime, stub: Stub) -> None:
    profile = await profile_after(
        runtime, stub, [("budget", "9000"), ("bedrooms", "5")], "2 bedrooms up to 2300"
    )
    assert (profile["budget"], profile["bedrooms"]) == (2300, 2)


async def test_contact_data_in_a_wish_is_taken_out(runtime: Runtime, stub: Stub) -> None:
    profile = await profile_after(
        runtime, stub, [("preferences", "call 503-555-0142 first")], "blorp gnarf"
    )
    assert profile == {"preferences": ["call [phone] first"]}
