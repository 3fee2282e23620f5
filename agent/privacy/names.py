"""Finds the name under which people introduce themselves."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

_WORD = re.compile(r"(?:St\.)?[^\W\d_][\w'’-]{0,39}(?!\w)")
_RELATION = (
    r"room-?mate|wife|husband|partner|spouse|fianc[eé]e?|boyfriend|girlfriend|brother|sister|mother"
    r"|mom|mum|father|dad|son|daughter|cousin|aunt|uncle|friend|co-?signer|guarantor|landlord|boss"
    r"|manager|supervisor|employer|grandmother|grandfather"
)
_MY_NAME_IS = re.compile(
    r"(?:\bmy (?:full |legal |first |last )*name(?:'s| is)|\bi am called"
    r"|\bunder the name(?: of)?|\b(?<!property )(?<!community )(?<!building )(?<!street )"
    r"(?<!company )(?<!complex )(?<!pet )name *[:=]|(?:^|[^\w\s] *|\n)the name(?:'s| is)) +",
    re.IGNORECASE,
)
_I_AM = re.compile(
    r"(?:\b(?P<alone>call me)|\b(?P<greets>hi|hello|hey)\b[,!. ]+(?:it's|its|it is|this is)"
    r"|\b(?:i'm|i am|im|(?P<this>this is))) +",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r" *(?:$|[^\w ]|(?:and|from|with|here|again|please|by|thanks|thank|thx|but|so|who|speaking"
    r"|calling|texting|writing|looking|is|i|i'm|we|my|can|could|do)\b)",
    re.IGNORECASE,
)
_HERE = re.compile(r" (?:speaking|here|again|from|calling|texting|with)\b", re.IGNORECASE)
_TITLED_HERE = re.compile(
    r"(?:^|\n|[^\w\s'’-] *|\b(?:[Hh]i|[Hh]ello|[Hh]ey|[Oo]k)\b[ ,!.]*)"
    r"(?P<name>[A-Z][\w'’.-]+(?: [A-Z][\w'’-]*\.?){0,2}) here\b"
    r"(?=\s*(?:[,.!;:\n–-]|$|and\b|from\b|again\b))"
)
_SIGNED = re.compile(
    r"(?:\b(?:thanks(?: so much| again)?|thank you|best(?: wishes)?"
    r"|(?P<strong>(?:best |kind |warm )?regards|cheers|sincerely|yours(?: truly)?|signed"
    r"|respectfully))"
    r"[ ,.!]*(?:\s|[-–—~])\s*[-–—~]?\s*|\n\s*[-–—~]\s*)(?=[^\W\d_])",
    re.IGNORECASE,
)
_RELATION = (
    r"(?:room-?mate|wife|husband|partner|spouse|fianc[eé]e?|boyfriend|girlfriend|brother|sister"
    r"|mother|mom|mum|father|dad|son|daughter|cousin|aunt|uncle|friend|co-?signer|guarantor"
    r"|landlord|boss|manager|supervisor|employer|grandmother|grandfather)"
)
_LABEL = re.compile(
    r"\b(?:contact|attn\.?|attention|tenant|applicant|co-?applicant|resident|occupant|lessee"
    rf"|lessor|caller|customer|client|guest|lead|prospect|reference|holder|{_RELATION})"
    r"(?:'s)?(?: person| name)? *[:=] *",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    rf"\b(?:(?:my|our|his|her|their|the)(?: \w+)? {_RELATION}(?:'s name(?: is|,)?"
    r"| (?P<is>is)| is (?:named|called)|,)?|ask(?:ing|ed)? for|attn|c/o|care of"
    r"|(?:speak|spoke|speaking|talk|talked|talking|chatted|met|meet|meeting) (?:with|to)"
    r"|emergency contact is|(?:lease|account|booking|reservation) is under"
    r"|(?:put|book|reserve|file) (?:it|that|this|me)(?: down)? under) +",
    re.IGNORECASE,
)
_HONORIFIC = re.compile(r"\b(?:Mr|Mrs|Ms|Mx|Dr|Prof|mr|mrs|ms)\b\.? +|\bMiss +")
_GREETING = re.compile(
    r"\b(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))\b,? +", re.IGNORECASE
)
_GREETED = re.compile(r" *(?:[,!.:;\n–-]|$)")
_LINE_END = re.compile(r"[ .!,]*(?:\n|$)")
_FILLER = re.compile(
    r"\W*(?:(?:sure|ok|okay|yes|yeah|hi|hello|of course|it's|its|i'm|i am|this is|name is|name:)"
    r"\b[\s,!.:]*)*",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"\s*(?:\[\w+\]|[,;:/|\n(]|\s[-–]|\band\b|[.!](?=\s|$))\s*", re.IGNORECASE)
_ORDINARY = """
    a an the and or but so i i'm im me my mine you your it its it's is was are am be on at by in of
    to for from with without not no yes yeah ok okay sure please thanks thank here there this that
    what who why when where how which if as well also just still only about after before all any
    name called email e-mail mail phone cell mobile number text call best reach contact address work
    home office works fine good great sorry happy glad ready done back new free busy interested
    looking searching hoping trying calling writing moving renting asking wondering planning
    available we he she they can could would will do does did have has had need want
    like prefer see tour visit rent lease apply book cancel stop help person human agent anyone
    maybe later now soon today tomorrow tonight anytime morning afternoon evening noon
    monday tuesday wednesday thursday friday saturday sunday january february march july
    september october november december
    hi hello hey dear attn attention tenant applicant contact resident irish
    team everyone everybody all folks guys sir madam friend ma'am somebody someone nobody anybody
    much many lots again very really also best better regards cheers sincerely mr mrs ms miss dr
    your his her our their leasing management manager office front desk property apartment
    apartments unit pm am ps tbd na
    """
_NO_NAME = frozenset(_ORDINARY.split())
_CUES = (
    "name", "call", "i'm", "i am", "im ", "it's", "this is", " here", "thank", "best", "regards",
    "cheers", "sincerely", "yours", "signed", "\n-", "hi ", "hello ", "hey ", "dear ", "good ",
    "mr", "ms", "dr", "prof", "miss", "my ", "our ", ":", "ask", "sp", "talk", "met", "under",
    "attn",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Name:
    """A name at `text[start:end]`."""

    start: int
    end: int
    own: bool
    """The writer's, not somebody's whom they mention."""


def names(
    text: str, lower: str, taken: Sequence[tuple[int, int, str]], *, expected: bool
) -> list[Name]:
    """Names that are introduced or labelled, in order and not overlapping.

    `taken` are (start, end, mark) of other personal data. With `expected` (the agent has just
    asked who they are) a name needs no introduction.
    """
    if not expected and not any(cue in lower for cue in _CUES):
        return []
    masked, shifts = _masked(text, taken)
    found: list[Name] = []
    for name in sorted(_named(masked), key=lambda name: name.start):
        if not found or name.start >= found[-1].end:
            found.append(name)
    if expected and not any(name.own for name in found) and (span := _answered(masked)):
        found = [name for name in found if name.end <= span[0] or name.start >= span[1]]
        found.append(Name(*span, own=True))
    return [Name(_back(n.start, shifts), _back(n.end, shifts), n.own) for n in found]


def _masked(text: str, taken: Sequence[tuple[int, int, str]]) -> tuple[str, list[tuple[int, int]]]:
    """`text` with marks, and (offset in it, what to add) from there on."""
    pieces, shifts, end, length = [], [(0, 0)], 0, 0
    for start, stop, mark in taken:
        pieces += [text[end:start], mark]
        length += start - end + len(mark)
        shifts.append((length, stop - length))
        end = stop
    return "".join([*pieces, text[end:]]), shifts


def _back(offset: int, shifts: Sequence[tuple[int, int]]) -> int:
    return offset + shifts[bisect_right(shifts, (offset, 1 << 62)) - 1][1]


def _named(text: str) -> Iterator[Name]:
    for match in _MY_NAME_IS.finditer(text):
        words = _words(text, match.end())
        if words and words[0].group()[0].isupper():
            words = list(takewhile(_capital, words))
        if words:
            yield Name(words[0].start(), _end(text, words), own=True)
    for match in _I_AM.finditer(text):
        words = list(takewhile(_titled, _words(text, match.end())))
        if not words:
            continue
        here = _HERE.match(text, words[-1].end())
        if match["this"] and not here:
            continue
        enough = 1 if match["alone"] or match["greets"] or here else 2
        if len(words) >= enough and _ENDS.match(text, words[-1].end()):
            yield Name(words[0].start(), _end(text, words), own=True)
    for match in _TITLED_HERE.finditer(text):
        words = list(takewhile(_titled, _words(text, match.start("name"))))
        if words and words[-1].end() >= match.end("name") - 1:
            yield Name(words[0].start(), _end(text, words), own=True)
    for match in _SIGNED.finditer(text):
        words = list(takewhile(_titled, _words(text, match.end())))
        if words and (len(words) > 1 or match["strong"] or _LINE_END.match(text, words[-1].end())):
            yield Name(words[0].start(), _end(text, words), own=True)
    yield from _mentioned(text)


def _mentioned(text: str) -> Iterator[Name]:
    """Names of others."""
    for cue in (_LABEL, _OTHERS, _HONORIFIC):
        for match in cue.finditer(text):
            words = list(takewhile(_titled, _words(text, match.end())))
            adjective = cue is _OTHERS and match["is"] and len(words) < 2
            if words and not adjective:
                yield Name(words[0].start(), _end(text, words), own=False)
    for match in _GREETING.finditer(text):
        words = list(takewhile(_titled, _words(text, match.end())))
        if words and _GREETED.match(text, words[-1].end()):
            yield Name(words[0].start(), _end(text, words), own=False)


def _end(text: str, words: Sequence[re.Match[str]]) -> int:
    """With the dot of a last initial."""
    end = words[-1].end()
    return end + (len(words[-1].group()) == 1 and text[end : end + 1] == ".")


def _capital(word: re.Match[str]) -> bool:
    return word.group()[0].isupper()


def _answered(text: str) -> tuple[int, int] | None:
    reached = "[email]" in text or "[phone]" in text
    parts = list(_parts(text))
    for start, end in parts:
        words = _words(text, start)
        if not words or words[-1].end() != end:
            continue
        titled = all(_titled(word) for word in words)
        leads = reached and start == parts[0][0]
        if leads or (titled and (reached or (len(parts) == 1 and len(words) > 1))):
            return start, end
    return None


def _parts(text: str) -> Iterator[tuple[int, int]]:
    """The stretches between separators, without what people say before a name."""
    start = 0
    for match in [*_SEPARATOR.finditer(text), None]:
        end = match.start() if match else len(text)
        filler = _FILLER.match(text, start, end)
        begin = filler.end() if filler else start
        if text[begin:end].strip():
            yield begin, begin + len(text[begin:end].rstrip())
        start = match.end() if match else end


def _words(text: str, start: int) -> list[re.Match[str]]:
    """At most three words of a possible name, one blank apart; initials may have a dot."""
    words: list[re.Match[str]] = []
    while len(words) < 3 and (word := _WORD.match(text, start)):
        if word.group().lower() in _NO_NAME and not _is_name_after_all(text, word):
            break
        words.append(word)
        dot = len(word.group()) == 1 and text[word.end() : word.end() + 1] == "."
        start = word.end() + dot + 1
        if text[start - 1 : start] != " ":
            break
    return words


def _is_name_after_all(text: str, word: re.Match[str]) -> bool:
    """Will Osei, and the A. of Dana A. Osei."""
    if text[word.end() : word.end() + 1] == ".":
        return len(word.group()) == 1
    following = _WORD.match(text, word.end() + 1) if word.group() == "Will" else None
    return (
        following is not None and _titled(following) and following.group().lower() not in _NO_NAME
    )


def _titled(word: re.Match[str]) -> bool:
    written = word.group()
    return written[0].isupper() and (len(written) == 1 or not written.isupper())
