"""A text as it reads, whatever characters it is written with."""

import re
import unicodedata
from collections.abc import Callable

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e01ef]"
)
_LOOKALIKES = str.maketrans(
    "абсԁеһіјкӏмնոорԛгѕтսѵԝхувнαβεικνορτυχωıɑɡɩʟɴʀᴀᴄᴅᴇᴋᴍᴏᴘᴛᴜᴠᴡᴢłđøħ’ʼ‘‛`´′‐‑‒–—―−",
    "abcdehijklmhnopqrstuvwxybhabeiknoptuxwiagilnracdekmoptuvwzldoh'''''''-------",
)
_DIGITS = str.maketrans("0134578@$!|+", "oleastb" + "asilt")
_MIXED = re.compile(r"(?=[a-z0-9@$!|+]*[a-z])(?=[a-z@$!|+]*[0-9@$!|+])[a-z0-9@$!|+]{3,}")
_SPACED = re.compile(r"(?<![a-z0-9'])[a-z0-9@$!](?:[ .\-_*·]{1,3}[a-z0-9@$!](?![a-z0-9'])){2,}")
_ALONE = re.compile(r"\b[a-z0-9@$!][ .\-_*·]{1,3}[a-z0-9@$!][ .\-_*·]{1,3}[a-z0-9@$!]\b")
_ODD = re.compile(r"[0-9@$!|+][a-z]|[a-z][0-9@$!|+][a-z0-9]")
_APART = re.compile(r"(?<=[a-z])[*_.·|/\\-]+(?=[a-z])")
_LETTER = re.compile(r"[^a-z0-9@$!]+")
_WORD = re.compile(r"[a-z]+")
_LONGEST = 16
Known = Callable[[str], bool]


def folded(text: str, known: Known) -> str:
    """`text` in lower case and plain letters.

    Letters that look alike, invisible characters and accents are undone; so are digits written for
    letters and letters written apart, where that makes a `known` word.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKD", _INVISIBLE.sub("", text).lower())
        text = "".join(char for char in text if not unicodedata.combining(char))
        text = text.translate(_LOOKALIKES)
    text = text.lower()
    if _ALONE.search(text):
        text = _SPACED.sub(lambda run: _joined(run[0], known), text)
    if _ODD.search(text):
        text = _MIXED.sub(lambda word: _spelled(word[0], known), text)
    return _APART.sub("", text) if _APART.search(text) and _hidden(text, known) else text


def _spelled(word: str, known: Known) -> str:
    """`word` with letters for its digits, if that is a word."""
    for one in "li":
        plain = word.replace("1", one).translate(_DIGITS)
        if known(plain):
            return plain
    return word


def _joined(run: str, known: Known) -> str:
    """The words that letters written apart make; the run itself if they make none."""
    wide = [_LETTER.sub("", part) for part in re.split(r"[ .\-_*·]{2,}", run)]
    if len(wide) > 1 and any(known(_letters(word)) for word in wide):
        return " ".join(_letters(word) for word in wide)
    letters = _letters(_LETTER.sub("", run))
    return " ".join(_split(letters, known)) or run


def _letters(word: str) -> str:
    return word.replace("1", "i").translate(_DIGITS)


def _split(letters: str, known: Known) -> list[str]:
    """`letters` as known words, the longest first; empty where a rest stays."""
    words: list[str] = []
    while letters:
        for size in range(min(_LONGEST, len(letters)), 1, -1):
            if known(letters[:size]):
                words.append(letters[:size])
                letters = letters[size:]
                break
        else:
            return []
    return words


def _hidden(text: str, known: Known) -> bool:
    """Whether signs inside a word hide one: `k*ids`, `fam.ilies`."""
    return any(
        known(_APART.sub("", word)) and not any(known(part) for part in _WORD.findall(word))
        for word in text.split()
        if _APART.search(word)
    )


def visible(text: str) -> str:
    """`text` without characters that nobody sees, in compatible forms."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
