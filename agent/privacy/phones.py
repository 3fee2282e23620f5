"""Phone numbers as people write them: grouping and context decide, not the digits alone."""

import re

_AREA = r"[2-9]\d\d"
_SIGN = r"[-–—‑.•·]"
_DASH = rf"[ ]?{_SIGN}[ ]?"
_US = re.compile(
    rf"""
    (?<![\w$])(?<!\d[.,-])(?:(?:\+?[ ]?1|00[ ]?1)[ .-]?[ ]?)?
    (?P<number>
        \([ ]?{_AREA}[ ]?\)[ ]?{_SIGN}?[ ]?{_AREA}(?:{_DASH}|[ ])?\d{{4}}
      | {_AREA}\)[ ]?{_SIGN}?{_AREA}(?:{_DASH}|[ ])\d{{4}}
      | {_AREA}(?P<dash>{_DASH}){_AREA}(?P=dash)\d{{4}}
      | (?!\d\d0[ ]\d\d0[ ]\d{{3}}0){_AREA}(?:[ /_]|/[ ]){_AREA}(?:{_DASH}|[ _])?\d{{4}}
      | {_AREA}(?P<sign>[ .-]){_AREA}(?P=sign)\d\d(?P=sign)\d\d
      | (?!\d\d0{_SIGN}\d\d0){_AREA}{_SIGN}{_AREA}[ ]?\d{{4}}
      | {_AREA}(?:\.{_AREA}-|-{_AREA}\.)\d{{4}}
      | (?P<bare>(?<![#])(?<!\w-){_AREA}{_AREA}\d{{4}}(?!-\w))
    )
    (?!\d|-\d)(?:,?[ ]?(?:x|\#|ext\.?|extn\.?|extension)[ .:]{{0,2}}\d{{1,6}}\b)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SAID = re.compile(
    r"\b(?:phone|ph|cell|mobile|tel|telephone|whatsapp|text|sms|call|ring|reach|dial|fax"
    r"|(?:my|his|her|our|their|best|contact|home|work|office) (?:number(?:'s)?|no\.?|\#))\b"
    r"(?:\W{1,3}(?:me|us|my|number|no|is|at|on|to|the|it's|you|can|back|under))*\W{1,3}$",
    re.IGNORECASE,
)
_SAID_NUMBER = re.compile(r"\(?(?:\d{3}|0\d)[\d ().–-]{3,15}\d(?!\w|-\d)")
_NO_PHONE = re.compile(
    r"\d{4}-\d\d-\d\d|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}|\d{3,5} ?[-–] ?\d{3}|\d{4,5} ?[-–] ?\d{4,5}"
)
"""Dates and ranges."""
_NAMED_ELSE = re.compile(
    r"\b(?:order|confirmation|account|acct|invoice|ticket|case|ref|reference|tracking|listing"
    r"|policy|permit|license|id|parcel|serial|model|sku|mls|booking|reservation)\b"
    r"[\s:#.]*(?:(?:number|no|num|id|is)\b[\s:#.]*){0,3}$",
    re.IGNORECASE,
)
_NEAR = 60
"""Characters before a number in which a word may say what it is."""
_LONGEST = 40


def phone_at(text: str, start: int) -> tuple[int, int, str] | None:
    """A phone number whose first digit stands at `start`: (start, end, E.164 if possible)."""
    begin = start - 1 if text[start - 1 : start] == "(" else start
    if text[begin - 2 : begin] == "( ":
        begin -= 2
    plus = begin - 1 if text[begin - 1 : begin] == "+" else begin
    if plus == begin and text[begin - 2 : begin] == "+ ":
        plus = begin - 2
    match = _US.match(text, plus)
    if match is None and plus < start:
        match = _US.match(text, begin) or _US.match(text, start)
    if match and not (match["bare"] and named_else(text, start)):
        return match.start(), match.end(), "+1" + _digits(match["number"])
    if plus < begin:
        return _foreign(text, plus)
    match = _SAID_NUMBER.match(text, begin)
    if match and _SAID.search(text[max(0, begin - _NEAR) : begin]):
        written = match.group().strip()
        if 7 <= len(_digits(written)) <= 15 and not _NO_PHONE.fullmatch(written):
            return begin, match.end(), e164(written) or written
    return None


def named_else(text: str, start: int) -> bool:
    """Whether the words before `start` say that the number is an order's, a ticket's, …."""
    return _NAMED_ELSE.search(text[max(0, start - _NEAR) : start]) is not None


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


def zone_names(number: str) -> list[str]:
    """The IANA time zones in which a number in E.164 is in use, as far as it tells."""
    import phonenumbers
    from phonenumbers import timezone

    try:
        names = {*timezone.time_zones_for_number(phonenumbers.parse(number))}
    except phonenumbers.NumberParseException:
        return []
    return sorted(names - {timezone.UNKNOWN_TIMEZONE})


def _foreign(text: str, plus: int) -> tuple[int, int, str] | None:
    import phonenumbers

    window = text[plus : plus + _LONGEST]
    leniency = phonenumbers.Leniency.POSSIBLE
    for match in phonenumbers.PhoneNumberMatcher(window, None, leniency=leniency, max_tries=2):
        if match.start == 0:
            e164 = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
            return plus, plus + match.end, e164
        break
    return None


def _digits(written: str) -> str:
    return "".join(str(int(sign)) for sign in written if sign.isdecimal())
