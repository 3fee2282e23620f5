"""Numbers that are a person's: social security and payment cards."""

import re

_SSN = re.compile(r"(?<![\w-])\d{3}([- .–‑])\d{2}\1\d{4}(?![\d-]|\.\d)")
_LABELLED_SSN = re.compile(r"\d{3}[- .–‑]?\d{2}[- .–‑]?\d{4}(?!\d|-\d)")
_SSN_LABEL = re.compile(
    r"\b(?:s\.?s\.?n\.?|ss ?#|ss (?:number|no)|social(?: security)?|soc(?: sec)?|itin"
    r"|tax(?:payer)? id)(?: ?(?:number|no\.?|num|#))?"
    r"(?: ?(?:is|was|=|:|-|#)|(?: \w{1,12}){1,4}:)*\W{0,3}$",
    re.IGNORECASE,
)
_CARD = re.compile(
    r"(?<![\w+$])(?:"
    r"\d{4}([ .–‑-]?)\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?"
    r"|3\d{3}([ .–‑-]?)\d{6}\2\d{4,5}"
    r"|[2-6]\d{12,18})(?![\d-])"
)


def card_at(text: str, start: int) -> tuple[int, int, str] | None:
    """A payment card number that begins at `start`, with a right check digit."""
    match = _CARD.match(text, start)
    if match and match.group()[0] in "23456" and _luhn(match.group()):
        return match.start(), match.end(), match.group()
    return None


def ssn_at(text: str, start: int) -> tuple[int, int, str] | None:
    """A social security number that begins at `start`: grouped, or said to be one."""
    match = _SSN.match(text, start)
    if match is None:
        match = _LABELLED_SSN.match(text, start)
        if not match or not _SSN_LABEL.search(text[max(0, start - 60) : start]):
            return None
    return match.start(), match.end(), match.group()


def _luhn(written: str) -> bool:
    digits = [int(digit) for digit in written if digit.isdecimal()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
