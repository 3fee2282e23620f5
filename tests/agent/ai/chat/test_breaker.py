"""R8: an outage is noticed, bears no more waiting, and its end is noticed too."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from agent.ai.chat import ChatModels, Timeouts
from agent.ai.chat.breaker import Breaker
from agent.bootstrap import build_services
from agent.errors import Unavailable
from agent.kit.clock import ManualClock
from agent.mongo.client import Database
from agent.settings import Settings
from evals.openai_stub import Fault, Stub

HELLO: list[dict[str, Any]] = [{"role": "user", "content": "Hello there"}]


class Watch:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def breaker(watch: Watch) -> Breaker:
    return Breaker(watch)


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        assert breaker.admit()
        breaker.failed()


def test_five_failures_within_the_window_open_it(breaker: Breaker, watch: Watch) -> None:
    fail(breaker, 4)
    watch.seconds += 31
    fail(breaker, 4)
    assert breaker.admit()
    breaker.succeeded()
    fail(breaker, 1)
    assert not breaker.admit()
    assert breaker.wait() == 30


def test_one_probe_decides(breaker: Breaker, watch: Watch) -> None:
    fail(breaker, 5)
    watch.seconds += 30
    assert breaker.admit()
    assert not breaker.admit()
    breaker.failed()
    assert breaker.wait() == 30
    watch.seconds += 30
    assert breaker.admit()
    breaker.succeeded()
    fail(breaker, 4)
    assert breaker.admit()


def test_a_probe_that_is_given_up_makes_room_for_the_next(breaker: Breaker, watch: Watch) -> None:
    fail(breaker, 5)
    watch.seconds += 30
    assert breaker.admit()
    breaker.abandoned()
    assert breaker.admit()


def test_a_call_from_before_the_outage_does_not_end_it(breaker: Breaker) -> None:
    assert breaker.admit()
    fail(breaker, 5)
    breaker.succeeded()
    assert not breaker.admit()


def test_a_clock_that_was_set_back_does_not_keep_it_open(breaker: Breaker, watch: Watch) -> None:
    fail(breaker, 5)
    watch.seconds -= 3600
    assert breaker.admit()


async def refused(chat: ChatModels) -> Unavailable:
    with pytest.raises(Unavailable) as error:
        await chat.complete(HELLO)
    assert error.value.code == "chat_unavailable"
    return error.value


async def test_an_outage_and_its_end(stub: Stub, chat: ChatModels, clock: ManualClock) -> None:
    stub.always(Fault("status", status=503))
    await refused(chat)
    await refused(chat)
    assert len(stub.requests) == 5
    begun = time.monotonic()
    error = await refused(chat)
    assert time.monotonic() - begun < 1
    assert error.retry_after == 30
    assert len(stub.requests) == 5

    clock.advance(timedelta(seconds=31))
    await refused(chat)
    assert len(stub.requests) == 6
    stub.always(None)
    clock.advance(timedelta(seconds=31))
    assert (await chat.complete(HELLO)).text == "Hello there"


async def test_a_server_that_only_hangs_opens_it_for_a_single_caller(
    stub: Stub, make: Any, clock: ManualClock
) -> None:
    chat = make(Timeouts(connect=1, first_token=0.4, total=3))
    await chat.complete(HELLO)
    stub.always(Fault("slow_headers", seconds=9))
    await refused(chat)
    assert len(stub.requests) == 3
    await refused(chat)
    assert len(stub.requests) == 3
    stub.always(None)
    clock.advance(timedelta(seconds=30))
    assert (await chat.complete(HELLO)).text == "Hello there"


async def test_each_model_has_its_own(stub: Stub, make: Any) -> None:
    chat = make(chat_fallback_model="small")
    stub.always(Fault("status", status=500, model="big"))
    for _ in range(4):
        assert (await chat.complete(HELLO)).model == "small"
    asked = [body["model"] for body in stub.bodies()]
    assert asked == ["big"] * 3 + ["small"] + ["big"] * 2 + ["small"] * 3


async def test_a_refused_key_is_no_outage(stub: Stub, chat: ChatModels) -> None:
    stub.always(Fault("status", status=401))
    for _ in range(6):
        with pytest.raises(Unavailable):
            await chat.complete(HELLO)
    assert len(stub.requests) == 6


async def test_the_services_have_chat_models_only_where_a_server_is_named(
    database: Database, clock: ManualClock, tmp_path: Path, stub: Stub
) -> None:
    assert build_services(Settings(data_dir=tmp_path), database, clock).chat is None
    settings = Settings(
        data_dir=tmp_path, openai_base_url=stub.base_url, openai_api_key=SecretStr("k")
    )
    chat = build_services(settings, database, clock).chat
    assert chat is not None
    assert (await chat.complete(HELLO)).model == settings.chat_model
    await chat.close()
    assert (await chat.complete(HELLO)).model == settings.chat_model
    await chat.close()
