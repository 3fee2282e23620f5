"""Phone numbers as people write them: grouping and context decide, not the digits alone."""

import re

_AREA = r"[2-9]\d\d"
_DASH = r"[ ]?[-–.][ ]?"
_US = re.compile(
    rf"""
    (?<![\w$#])(?<!\d[.,-])(?:\+?1[ .-]?)?
    (?P<number>
        \({_AREA}\)[ .-]?{_AREA}(?:{_DASH}|[ ])?\d{{4}}
      | {_AREA}(?P<dash>{_DASH}){_AREA}(?P=dash)\d{{4}}
      | {_AREA}[ /]{_AREA}(?:{_DASH}|[ ])?\d{{4}}
      | (?P<bare>(?<!\w-){_AREA}{_AREA}\d{{4}}(?!-\w))
    )
    (?!\d|-\d)(?:,?[ ]?(?:x|ext\.?|extension)[ ]?\d{{1,6}}\b)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_AFTER_SAYING_SO = re.compile(
    r"""
    (?P<said>\b(?:phone|cell|mobile|tel|telephone|whatsapp|text|call|ring|reach
                 |(?:my|best|contact|home|work|office)[ ](?:number(?:'s)?|no\.?))\b
        (?:\W{1,3}(?:me|us|my|number|no|is|at|on|to|the|it's|you|can|back|under))*\W{1,3})
    (?P<number>\(?(?:\d{3}|0\d)[\d ().–-]{3,15}\d)(?!\w|-\d)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NO_PHONE = re.compile(
    r"\d{4}-\d\d-\d\d|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}|\d{3,5} ?[-–] ?\d{3}|\d{4,5} ?[-–] ?\d{4,5}"
)
"""Dates and ranges."""
_NAMED_ELSE = re.compile(
    r"\b(?:order|confirmation|account|acct|invoice|ticket|case|ref|reference|tracking|listing"
    r"|policy|permit|license|id)\b[\s:#.]*(?:(?:number|no|num|id|is)\b[\s:#.]*){0,3}$",
    re.IGNORECASE,
)


def without_phones(text: str, mark: str) -> tuple[str, list[str]]:
    """`text` with `mark` in the place of every phone number, and the numbers, E.164 if possible."""
    numbers: list[str] = []

    def domestic(match: re.Match[str]) -> str:
        if match["bare"] and _NAMED_ELSE.search(text, 0, match.start()):
            return match.group()
        numbers.append("+1" + _digits(match["number"]))
        return mark

    def said(match: re.Match[str]) -> str:
        written = match["number"].strip()
        if not 7 <= len(_digits(written)) <= 15 or _NO_PHONE.fullmatch(written):
            return match.group()
        numbers.append(e164(written) or written)
        return match["said"] + mark

    text = _without_foreign(text, mark, numbers)
    text = _US.sub(domestic, text)
    return _AFTER_SAYING_SO.sub(said, text), numbers


def e164(written: str) -> str | None:
    """`+15035550142` for a possible phone number, US when no country is given; else None."""
    if not 10 <= len(_digits(written)) <= 15 or re.search(r"\d{4}-\d\d-\d\d", written):
        return None
    import phonenumbers  # late: it costs 60 ms

    try:
        number = phonenumbers.parse(written, "US")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _without_foreign(text: str, mark: str, numbers: list[str]) -> str:
    """Take out what begins with a plus."""
    if not re.search(r"\+ ?\(?\d", text):
        return text
    import phonenumbers

    found = list(
        phonenumbers.PhoneNumberMatcher(text, None, leniency=phonenumbers.Leniency.POSSIBLE)
    )
    for match in reversed(found):
        text = text[: match.start] + mark + text[match.end :]
    numbers += [
        phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        for match in found
    ]
    return text


def _digits(written: str) -> str:
    return re.sub(r"\D", "", written)
