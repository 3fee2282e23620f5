import json

import pytest

from graphs.leasing.model.spoken import Spoken

REPLY = 'Hi "you"! Rent is $1,545.50 a month. Café 😀?\nShall we go on'


def told(text: str, size: int, *, objects_to: str = "\0") -> list[str]:
    said: list[str] = []
    spoken = Spoken(lambda so_far: objects_to not in so_far, said.append)
    for start in range(0, len(text), size):
        spoken.hear(text[start : start + size])
    return said


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_whole_sentences_whatever_the_pieces(size: int, ascii_only: bool) -> None:
    text = json.dumps({"reply": REPLY, "asked": ["tour"]}, ensure_ascii=ascii_only)
    said = told(text, size)
    assert "".join(said) == REPLY.rpartition("\n")[0] + "\n"
    if size == 1:
        assert said[0] == 'Hi "you"! '


def test_nothing_after_an_objection() -> None:
    text = json.dumps({"reply": "Hello. Go to evil.com. Bye. And more."})
    assert told(text, 3, objects_to="evil") == ["Hello. "]


@pytest.mark.parametrize(
    "text", ["", "Hello. No JSON. At all.", "[1, 2. 3]", '{"asked": "a. b. c"}']
)
def test_what_is_no_reply_is_not_told(text: str) -> None:
    assert told(text, 2) == []
