from datetime import UTC, datetime

import pytest

from graphs.inbound.texting import wish_of

NOW = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
STOPS = ["STOP", "stop", "Stop.", " STOPALL ", "stop all", "unsubscribe!", "CANCEL", "cancel",
         "End", "QUIT", "Revoke", "OPT OUT", "OPTOUT", "opt-out", '"STOP"', "stop\n"]  # fmt: skip
MEANT = ["please don't text me any more", "Take me off your list please", "stop texting me"]
NOT_MEANT = ["cancel my tour", "When does the lease end?", "Is there a bus stop nearby?",
             "STOP by at 3?", "I quit smoking", "hello", "When can I start?", "?"]  # fmt: skip


@pytest.mark.parametrize("text", STOPS)
def test_a_word_alone_ends_the_consent(text: str) -> None:
    wish = wish_of(text, "sms", NOW)
    assert wish
    assert wish[0] == "stop"
    assert wish_of(text, "chat", NOW) is None


@pytest.mark.parametrize("channel", ["sms", "email"])
@pytest.mark.parametrize("text", MEANT)
def test_other_words_end_it_too(text: str, channel: str) -> None:
    assert wish_of(text, channel, NOW) == ("stop", "other words")


@pytest.mark.parametrize("text", NOT_MEANT)
def test_what_means_something_else_ends_nothing(text: str) -> None:
    assert wish_of(text, "sms", NOW) is None


def test_only_start_alone_and_by_text_renews_it() -> None:
    assert wish_of("Start!", "sms", NOW) == ("start", "START")
    assert wish_of("START", "email", NOW) is None
    assert wish_of("please text me again", "sms", NOW) is None


def test_a_bare_cancel_is_ambiguous_elsewhere() -> None:
    assert wish_of("CANCEL", "sms", NOW) == ("stop", "CANCEL")
    assert wish_of("CANCEL", "email", NOW) is None
