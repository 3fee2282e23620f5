"""E-mail addresses, also where the signs are spelled out or blanks stand around the @."""

import re
from collections.abc import Iterator

_LOCAL = r"[\w][\w.+%&'-]{0,63}"
_DOMAIN = r"(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}\b"
_EMAIL = re.compile(rf"\b{_LOCAL}@{_DOMAIN}")
_LOOSE = re.compile(rf"\b(?P<local>{_LOCAL})(?: @ ?| ?@ )(?P<domain>{_DOMAIN})")
_DOT = r"(?: ?[\[({] ?dot ?[\])}] ?| dot )"
_SPELLED = re.compile(
    r"\b(?P<local>\w[\w.+%&'-]{0,63})"
    rf"(?: ?[\[({{] ?at ?[\])}}] ?"
    rf"(?P<bracketed>[\w-]{{1,63}}(?:(?:{_DOT}|\.)[\w-]{{1,63}}){{1,4}})"
    rf"|(?: at |@)(?P<dotted>[\w-]{{1,63}}{_DOT}[\w-]{{1,63}}"
    rf"(?:(?:{_DOT}|\.)[\w-]{{1,63}}){{0,3}}))"
    r"(?![\w@])",
    re.IGNORECASE,
)
_SPELLED_DOT = re.compile(_DOT, re.IGNORECASE)
_ORDINARY = """
    me us be is are it at on or and the to here there them find found look see visit meet live
    lives lived work works stay site page listing listed available
"""
_NO_LOCAL = frozenset(_ORDINARY.split())


def emails(text: str, lower: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, the address in lower case) of every address; `lower` is `text` in lower case."""
    if "@" in text:
        for match in _EMAIL.finditer(text):
            yield match.start(), match.end(), match.group().lower()
        if " @" in text or "@ " in text:
            for match in _LOOSE.finditer(text):
                if match["local"].lower() not in _NO_LOCAL:
                    yield match.start(), match.end(), _joined(match["local"], match["domain"])
    if may_be_spelled(lower):
        for match in _SPELLED.finditer(text):
            domain = match["bracketed"] or match["dotted"]
            yield match.start(), match.end(), _joined(match["local"], domain)


def may_be_spelled(lower: str) -> bool:
    """Whether a text in lower case may hold an address without an @."""
    return (
        " dot " in lower or "dot]" in lower or "dot)" in lower or "at]" in lower or "at)" in lower
    )


def _joined(local: str, domain: str) -> str:
    return f"{local}@{_SPELLED_DOT.sub('.', domain)}".lower()
