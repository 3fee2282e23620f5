"""E-mail addresses, also where the signs are spelled out or blanks stand around the @."""

import re
from collections.abc import Iterator

_LOCAL = r"[\w][\w.+%&'-]{0,63}"
_DOMAIN = r"(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}\b"
_EMAIL = re.compile(rf"\b{_LOCAL}@{_DOMAIN}")
_LOOSE = re.compile(rf"\b(?P<local>{_LOCAL})(?: @ ?| ?@ )(?P<domain>{_DOMAIN})")
_SPELLED = re.compile(
    r"\b(?P<local>\w[\w.+%&'-]{0,63})(?: ?[\[({] ?at ?[\])}] ?| at |@)"
    r"(?P<domain>[\w-]{1,63}(?:(?: ?[\[({] ?dot ?[\])}] ?| dot |\.)[\w-]{1,63}){1,4})(?![\w@])",
    re.IGNORECASE,
)
_SIGN = re.compile(r" ?[\[({] ?dot ?[\])}] ?| dot ", re.IGNORECASE)
_AT_IN_BRACKETS = re.compile(r"[\[({] ?at ?[\])}]", re.IGNORECASE)
_TOPS = "com net org edu gov mil io co us info biz me app dev example test"
_TOP = frozenset(_TOPS.split())
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
                    yield match.start(), match.end(), _joined(match)
    if "dot" in lower or "at]" in lower or "at)" in lower:
        for match in _SPELLED.finditer(text):
            address = _joined(match)
            signed = _SIGN.search(match["domain"]) or _AT_IN_BRACKETS.search(match.group())
            if signed and address.rpartition(".")[2] in _TOP:
                yield match.start(), match.end(), address


def _joined(match: re.Match[str]) -> str:
    return f"{match['local']}@{_SIGN.sub('.', match['domain'])}".lower()
