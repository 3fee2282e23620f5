import pytest

from agent.errors import InvalidInput, TooLarge
from agent.kit.text import MESSAGE_LIMIT, clean, validate_message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  two   rooms \t please ", "two rooms please"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("\u201cquoted\u201d and \u2018so\u2019 on", "\"quoted\" and 'so' on"),
        ("\uff12\uff42\uff52", "2br"),
        ("e\u0301", "\u00e9"),
        ("of\ufb01ce", "office"),
        ("one\u00a0two\u202fthree", "one two three"),
        ("\n\n a \n\n", "a"),
        ("nul\x00 and half \ud83d pair", "nul and half pair"),
    ],
)
def test_clean(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_cleaning_twice_changes_nothing() -> None:
    once = clean(" A\u00a0\u201cb\u201d\r\n\r\n c ")
    assert clean(once) == once


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\nb", "a\nb"),
        ("\na \n b\n", "a\nb"),
        ("a\x0b\n\x1fb", "a\nb"),
        ("a\n\n  b  c\n ", "a\n\nb c"),
        ("a\r\nb\rc", "a\nb\nc"),
    ],
)
def test_lines_of_plain_ascii(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


class TestValidateMessage:
    def test_returns_the_clean_text(self) -> None:
        assert validate_message("  hello\u00a0there ") == "hello there"

    def test_an_emoji_is_a_message(self) -> None:
        assert validate_message("\U0001f3e0") == "\U0001f3e0"

    @pytest.mark.parametrize("text", ["", "   ", "\n\t\u00a0", "\u200b\u2060 \u202e"])
    def test_empty(self, text: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            validate_message(text)
        assert caught.value.code == "message_empty"

    @pytest.mark.parametrize("text", ["a\x00b", "half \ud83d", "\udc00"])
    def test_not_text(self, text: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            validate_message(text)
        assert caught.value.code == "message_not_text"

    def test_too_long(self) -> None:
        with pytest.raises(TooLarge) as caught:
            validate_message("x" * (MESSAGE_LIMIT + 1))
        assert caught.value.code == "message_too_long"
        assert str(MESSAGE_LIMIT) in caught.value.message

    def test_the_limit_itself_is_allowed(self) -> None:
        assert validate_message("x" * 10, limit=10) == "x" * 10
