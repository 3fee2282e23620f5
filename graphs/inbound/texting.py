"""The words that end and renew a consent by text message."""

import re
from datetime import datetime
from typing import Literal

from agent.ai.understanding import understand
from agent.ai.understanding.models import Context, Intent

STOP_WORDS = frozenset(
    {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
)
"""Without their blanks and signs: OPT OUT and OPT-OUT are among them."""
START_WORDS = frozenset({"START", "UNSTOP"})
_NO_LETTER = re.compile(r"[\W_]+")

Wish = Literal["stop", "start"]


def wish_of(text: str, channel: str, now: datetime) -> tuple[Wish, str] | None:
    """What a message wants of the consent, and the word for it; None: nothing.

    A text of one word is taken by the word: a bare CANCEL ends the consent too. Any other wording
    can only end it. What is written in the chat is the conversation's business.
    """
    if channel == "chat":
        return None
    if channel == "sms":
        word = _NO_LETTER.sub("", text).upper()
        if word in STOP_WORDS:
            return "stop", word
        if word in START_WORDS:
            return "start", word
    meant = understand(text, Context(today=now.date())).intents
    return ("stop", "other words") if Intent.OPT_OUT in meant else None
