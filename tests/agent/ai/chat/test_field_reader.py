import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.ai.chat import FieldReader


def read(text: str, field: str = "reply", size: int = 1) -> str:
    reader = FieldReader(field)
    return "".join(reader.feed(text[start : start + size]) for start in range(0, len(text), size))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["reply", "a", '"reply":']), inner, max_size=3)
    ),
    max_leaves=8,
)


# the first text of a process is slow to make, on a busy machine too slow for hypothesis
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    before=st.dictionaries(st.sampled_from(["x", "y", '"reply": "no"']), VALUES, max_size=2),
    reply=st.text(),
    after=VALUES,
    size=st.integers(1, 9),
    plain=st.booleans(),
    indent=st.sampled_from([None, 2]),
)
@pytest.mark.untraced
def test_the_field_is_read_in_whatever_pieces_it_comes(
    before: dict[str, object],
    reply: str,
    after: object,
    size: int,
    plain: bool,
    indent: int | None,
) -> None:
    value = {**before, "reply": reply, "z": after}
    assert read(json.dumps(value, ensure_ascii=plain, indent=indent), size=size) == reply


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'{"reply": "\ud83c\udfe0!"}', "🏠!"),
        (r'{"reply": "\ud83c"}', "\ufffd"),
        (r'{"reply": "\ud83c\ud83c\udfe0"}', "\ufffd🏠"),
        (r'{"reply": "\udfe0x"}', "\ufffdx"),
        (r'{"reply": "\uZZZZx\qy"}', "\ufffdxy"),
        (r'{"re\u0070ly": "a\/b\n"}', "a/b\n"),
        ('{"reply": "cut o', "cut o"),
        ('{"other": {"reply": "no"}, "list": ["reply", "no"]}', ""),
        ('{"reply": 3, "x": "no"}', ""),
        ('{"reply": ["no"], "reply2": "no"}', ""),
        ('["reply", "no"]', ""),
        ("}}]]{", ""),
    ],
)
def test_odd_ones(text: str, value: str) -> None:
    assert read(text) == value


def test_a_piece_says_no_more_than_it_holds() -> None:
    reader = FieldReader("reply")
    assert [
        reader.feed(piece) for piece in ('{"reply": "Hi \\u00', "e9", "t\\", 'n", "z": "!"}')
    ] == [
        "Hi ",
        "é",
        "t",
        "\n",
    ]
