"""The one way in which text from outside becomes text inside."""

import re
import unicodedata

from agent.errors import InvalidInput, TooLarge

MESSAGE_LIMIT = 8000

_NEWLINES = re.compile("\r\n|[\r\u0085\u2028\u2029]")
_BLANKS = re.compile(r"[ \t]+")
_ASCII_WORK = re.compile(r"[\x00\t\r\x0b\x0c\x1c-\x1f]|  | \n|\n ")
"""What has to be done to a text of ASCII only."""
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")
_QUOTES = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b", "'") | dict.fromkeys("\u201c\u201d\u201e\u201f", '"')
)


def clean(text: str) -> str:
    """NFKC, plain quotes, `\\n` line ends, single blanks; NUL and lone surrogates are left out."""
    if text.isascii() and not _ASCII_WORK.search(text):
        return text.strip()
    text = _NEWLINES.sub("\n", _NOT_TEXT.sub("", text))
    text = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    return "\n".join(_BLANKS.sub(" ", line).strip() for line in text.split("\n")).strip()


def validate_message(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """The cleaned message; raises InvalidInput or TooLarge with what to send instead."""
    if _NOT_TEXT.search(text):
        raise InvalidInput(
            "message_not_text",
            "The message holds a NUL or half a surrogate pair; send valid Unicode text.",
        )
    if len(text) > limit:
        raise TooLarge(
            "message_too_long",
            f"The message has {len(text)} characters; send at most {limit}.",
        )
    cleaned = clean(text)
    if not any(_shows(sign) for sign in cleaned):
        raise InvalidInput("message_empty", "The message is empty; write a few words.")
    return cleaned


def _shows(sign: str) -> bool:
    """A reader sees it: no blank, no joiner, no mark of direction."""
    return not sign.isspace() and unicodedata.category(sign) != "Cf"
