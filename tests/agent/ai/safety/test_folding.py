import pytest

from agent.ai.safety.folding import visible
from agent.ai.safety.wording import worded


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("No KIDS", "no kids"),
        ("no k1ds", "no kids"),
        ("n0 k1ds", "no kids"),
        ("no ki\u200bds", "no kids"),
        ("no k\u0456ds", "no kids"),
        ("no \uff4b\uff49\uff44\uff53", "no kids"),
        ("no \U0001d424\U0001d422\U0001d41d\U0001d42c", "no kids"),
        ("no k\u00eeds", "no kids"),
        ("no k.i.d.s", "no kids"),
        ("no k*ids", "no kids"),
        ("n o  k i d s", "no kids"),
        ("n-o k-i-d-s", "no kids"),
        ("no famlies", "no families"),
        ("can\u2019t", "can not"),
        ("we don't", "we do not"),
        ("u r approved", "you are approved"),
        ("you're, pre-approved!!", "you are pre approved !"),
        ("children's", "children 's"),
    ],
)
def test_however_it_is_written(written: str, read: str) -> None:
    assert worded(written)[0].strip() == read


@pytest.mark.parametrize(
    "text",
    ["rent is $1 850.50", "2br 1ba at 2.5x", "apt 2 b on 1 a at 5 p m", "24 7", "h1b", "unit 4e"],
)
def test_numbers_stay_numbers(text: str) -> None:
    assert worded(text)[0].strip() == text


def test_what_nobody_sees_is_gone() -> None:
    assert visible("ev\u200bil\u2060.com \uff41") == "evil.com a"
