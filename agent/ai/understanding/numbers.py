"""Numbers as leads write them: digits, words, halves, thousands."""

import re


def _numbered(words: str, start: int, step: int = 1) -> dict[str, int]:
    return {word: start + step * place for place, word in enumerate(words.split())}


UNITS = _numbered("zero one two three four five six seven eight nine ten eleven twelve", 0)
_TEENS = _numbered("thirteen fourteen fifteen sixteen seventeen eighteen nineteen", 13)
_TENS = _numbered("twenty thirty forty fifty sixty seventy eighty ninety", 20, 10)
_NTH_UNITS = _numbered("first second third fourth fifth sixth seventh eighth ninth", 1)
_NTH_REST = _numbered(
    "tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth "
    "nineteenth twentieth",
    10,
)
_NTH_COMPOUND = {
    f"{tens}{joint}{word}": _TENS[tens] + value
    for tens in ("twenty", "thirty")
    for joint in (" ", "-")
    for word, value in _NTH_UNITS.items()
    if _TENS[tens] + value <= 31
}
ORDINALS = _NTH_UNITS | _NTH_REST | _NTH_COMPOUND | {"thirtieth": 30}

SMALL = r"(?:\d{1,2}|" + "|".join(UNITS) + ")"
ORDINAL = "(?:" + "|".join(sorted(ORDINALS, key=len, reverse=True)) + ")"

_WORDS = UNITS | _TEENS | _TENS | {"a": 1, "an": 1, "couple": 2, "half": 0}
_SCALES = {"hundred": 100, "thousand": 1000, "grand": 1000, "k": 1000}
_SPELLED = "|".join(sorted({**UNITS, **_TEENS, **_TENS, **_SCALES}, key=len, reverse=True))
SPELLED_AMOUNT = re.compile(
    rf"\b(?:a |{'|'.join([*UNITS, *_TEENS, *_TENS])})(?:[ -](?:and )?(?:{_SPELLED}))*\b"
)


def small(word: str) -> int:
    """The value of a match of `SMALL`."""
    return UNITS[word] if word in UNITS else int(word)


def ordinal(word: str) -> int:
    """The value of "3rd", "third", "twenty-first" or "3"."""
    return ORDINALS[word] if word in ORDINALS else int(re.sub(r"\D", "", word))


def amount(words: str) -> int | None:
    """Dollars of "2k", "2,200", "two thousand five hundred", "twenty-two hundred"; else None."""
    words = words.strip().strip("$").strip()
    digits = re.fullmatch(r"(\d+(?:,\d{3})*(?:\.\d+)?)\s*(k|thousand|grand|hundred)?", words)
    if digits:
        number = float(digits[1].replace(",", ""))
        return round(number * _SCALES.get(digits[2] or "", 1))
    total = current = 0
    for word in re.split(r"[\s-]+", words):
        if word in _WORDS:
            current += _WORDS[word]
        elif word == "hundred":
            current = (current or 1) * 100
        elif word in _SCALES:
            total, current = total + (current or 1) * 1000, 0
        elif word != "and":
            return None
    return total + current or None
