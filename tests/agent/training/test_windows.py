import json
from collections import Counter
from typing import Any

import pytest

from agent.training.datasets.edits import pair_of
from agent.training.datasets.formats import as_chat, as_prompt, as_source, line_of
from agent.training.datasets.lines import Conversation, Line
from agent.training.datasets.windows import BEFORE, Window, windows


def talk(*lines: tuple[str, str], handed_off: bool = False, **entities: Any) -> Conversation:
    made = [
        Line(turn, "lead" if who == "lead" else "agent", text, "qualifying", dict(entities))
        for turn, (who, text) in enumerate(lines)
    ]
    return Conversation("thr_one", tuple(made), handed_off)


def read(conversation: Conversation) -> tuple[list[Window], Counter[str]]:
    left_out: Counter[str] = Counter()
    return list(windows(conversation, left_out)), left_out


class TestAWindow:
    def test_holds_what_was_said_before_and_the_reply(self) -> None:
        (first, second), left_out = read(
            talk(
                ("lead", "Two rooms please"),
                ("agent", "In which area?"),
                ("lead", "Northgate"),
                ("agent", "I found three homes."),
            )
        )
        assert [line.text for line in first.context] == ["Two rooms please"]
        assert len(second.context) == 3
        assert second.reply == "I found three homes."
        assert not left_out

    def test_knows_what_was_said_and_nothing_later(self) -> None:
        lines = (
            Line(0, "lead", "Two rooms", None, {"bedrooms": 2}),
            Line(1, "agent", "Where do you look?", "qualifying"),
            Line(2, "lead", "Northgate", None, {"areas": ["Northgate"], "shoe": 44}),
            Line(3, "agent", "Here are two homes", None),
        )
        first, second = read(Conversation("t", lines))[0]
        assert (first.known, first.stage) == ({"bedrooms": 2}, "qualifying")
        assert second.known == {"bedrooms": 2, "areas": ["Northgate"]}
        assert second.stage == "qualifying"

    def test_remembers_so_many_lines(self) -> None:
        long = talk(*[("lead", "Where is it?"), ("agent", "In Northgate, close by.")] * 20)
        assert {len(window.context) for window in read(long)[0]} == {1, 3, 5, 7, BEFORE}

    def test_answers_a_lead(self) -> None:
        found, left_out = read(
            talk(("agent", "Hello there, welcome"), ("lead", "Hi"), ("agent", "How can I help?"))
        )
        assert len(found) == 1
        assert left_out == {"unasked": 1}

    def test_does_not_say_whose_thread_it_is(self) -> None:
        (window,), _ = read(talk(("lead", "Hi"), ("agent", "How can I help?")))
        assert "thr_one" not in line_of(as_source(window)).decode()


class TestLeftOut:
    @pytest.mark.parametrize(
        ("reply", "reason"),
        [
            ("ok", "too_short"),
            ("word " * 500, "too_long"),
            ("I'm sorry, something broke on our side.", "apology"),
            ("Unfortunately there is nothing left.", "apology"),
            ("Write to jo@example.com about it.", "contact_data"),
            ("This is perfect for young families.", "protected"),
        ],
    )
    def test_replies_nobody_should_learn(self, reply: str, reason: str) -> None:
        found, left_out = read(talk(("lead", "And now?"), ("agent", reply)))
        assert found == []
        assert left_out[reason] == 1

    def test_what_follows_a_protected_mention(self) -> None:
        lines = (("lead", "I use a wheelchair"), ("agent", "Which area do you like?"))
        assert read(talk(*lines))[1] == {"protected": 1}

    def test_the_reply_that_hands_off(self) -> None:
        lines = (("lead", "A person please"), ("agent", "A teammate will be here soon."))
        assert read(talk(*lines, handed_off=True))[1] == {"handed_off": 1}

    def test_contact_data_that_was_overlooked_before(self) -> None:
        (window,), left_out = read(
            talk(("lead", "Call me at (415) 555-0132"), ("agent", "We will be in touch today."))
        )
        assert [line.text for line in window.context] == ["Call me at [phone]"]
        assert left_out == {"redacted_again": 1}

    def test_protected_and_private_values_of_a_profile(self) -> None:
        (window,), _ = read(
            talk(
                ("lead", "Hi"),
                ("agent", "How can I help?"),
                preferences=["near a church", "bright"],
                property="mail jo@example.com",
                phone="+14155550132",
            )
        )
        assert window.known == {"preferences": ["bright"], "property": "mail [email]"}


class TestFormats:
    @pytest.fixture
    def window(self) -> Window:
        said = (("lead", "Two rooms"), ("agent", "Where do you look?"), ("lead", "Northgate"))
        conversation = talk(*said, ("agent", "Here are two."), areas=["A", "B"], bedrooms=2)
        return read(conversation)[0][1]

    def test_a_prompt_and_its_completion(self, window: Window) -> None:
        assert as_prompt(window) == {
            "prompt": "Stage: qualifying\nKnown: areas=A, B; bedrooms=2\nLead: Two rooms\n"
            "Agent: Where do you look?\nLead: Northgate\nAgent:",
            "completion": "Here are two.",
        }

    def test_a_chat_that_ends_with_the_reply(self, window: Window) -> None:
        messages = as_chat(window, "Be kind.")["messages"]
        assert [each["role"] for each in messages] == [
            *("system", "user", "assistant", "user", "assistant")
        ]
        assert messages[0]["content"] == (
            "Be kind.\n\nStage: qualifying\nKnown: areas=A, B; bedrooms=2"
        )
        assert messages[-1]["content"] == "Here are two."

    def test_nothing_known_nothing_said_of_it(self) -> None:
        line = Line(0, "lead", "Hi")
        window = Window("t", 1, None, {}, (line,), "How can I help?")
        assert as_prompt(window)["prompt"] == "Lead: Hi\nAgent:"
        assert as_chat(window, "")["messages"][0]["role"] == "user"


class TestEdits:
    def test_the_changed_arguments_and_no_others(self) -> None:
        pair = pair_of(
            "send_message",
            ["Lead: When can I come?"],
            {"text": "Come at 3", "channel": "sms", "contact": "ref_1"},
            {"text": "Come at 4, please", "channel": "sms", "contact": "ref_2"},
        )
        assert pair is not None
        better, meant = (
            json.loads(pair[side][0]["content"])
            for side in ("preferred_output", "non_preferred_output")
        )
        assert better == {"action": "send_message", "args": {"text": "Come at 4, please"}}
        assert meant["args"] == {"text": "Come at 3"}

    def test_without_contact_data(self) -> None:
        said = ["Lead: I am at jo@example.com"]
        pair = pair_of("send_message", said, {"text": "a"}, {"text": "Call 415-555-0132"})
        assert "example.com" not in str(pair)
        assert "0132" not in str(pair)

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ({"text": "a"}, {"text": "a"}),
            ({"contact": "ref_1"}, {"contact": "ref_2"}),
            ({"text": "a"}, {"text": "No children, please"}),
        ],
    )
    def test_nothing_to_learn_from(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        assert pair_of("send_message", [], before, after) is None
