"""The steps that a text tells somebody to take, as it numbers, lists or orders them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent.ai.understanding.patterns import listed
from agent.knowledge.passages import sentences_of

LONGEST = 300
"""Characters of one step."""
_LAST = 160
"""Of the last one of a numbering, behind which anything may follow."""
_NUMBER = re.compile(r"(?:(?<=\s)|^)(\d{1,2})[.)]\s+(?=\S)", re.MULTILINE)
_TITLED = re.compile(r"(?<=\s)(?:Option|Step|Part|Phase|Method|Section) \d{1,2} ?:")
"""Where the next numbering gets its name, in a text without lines."""
_LISTED = re.compile(
    r"\b(?:steps|resolution|solution)(?: taken)?:\s*(?P<list>[^\n;]{0,2000};[^\n]*)", re.I
)
_MARKED = re.compile(r"^[ \t]*[-*•][ \t]+(?P<step>\S.*)$", re.MULTILINE)
_LEAD = re.compile(
    r"^(?:(?:please|first|next|then|now|also|finally|afterwards|and|so|okay|ok|great|thanks|sure|"
    r"in that case|after that|could you|can you|would you|i need you to|you need to|you should|"
    r"you can|you have to|we need to|let's|let us)\b[\s,:]*)+",
    re.IGNORECASE,
)
_VERBS = listed(
    "add adjust advance apply approve ask assign attach cancel change charge check choose clear "
    "click close compare complete confirm connect contact copy correct create delete deselect "
    "disable disconnect download edit enable ensure enter escalate expand export fill find fix "
    "generate go import install link locate log look make mark move navigate note open pair "
    "pause perform post press print process re-run reach rebuild recalculate record refresh "
    "reload remove rename repeat replace reset resolve restart resubmit retry return reverse "
    "review run save schedule scroll search select send set share sign sort start stop submit "
    "switch sync synchronize test toggle transfer try turn uncheck undo uninstall unlock update "
    "upload use validate verify view wait"
)
_FIRST = re.compile(r"^([A-Za-z][\w-]*)")
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Section:
    """Steps that belong together."""

    heading: str
    steps: tuple[str, ...]


def sections(text: str) -> list[Section]:
    """All that is told to be done, in the order of the text; empty where nothing is."""
    numbered = list(_numbered(text))
    if numbered:
        return numbered
    if found := _LISTED.search(text):
        return [Section("", _steps(found["list"].split(";")))]
    marked = _steps(_MARKED.findall(text))
    if len(marked) > 1:
        return [Section("", marked)]
    ordered = orders(text)
    return [Section("", tuple(ordered))] if ordered else []


def orders(text: str) -> list[str]:
    """The sentences that tell somebody to do something, without the words before the verb."""
    found = (_order(sentence) for sentence in sentences_of(text))
    return list(dict.fromkeys(order for order in found if order))


def _order(sentence: str) -> str | None:
    bare = _LEAD.sub("", sentence)
    first = _FIRST.match(bare)
    if first is None or first[1].lower() not in _VERBS:
        return None
    if sentence.endswith("?") and bare == sentence:
        return None
    return _cut(f"{bare[0].upper()}{bare[1:]}".rstrip("?"), LONGEST)


def _numbered(text: str) -> Iterator[Section]:
    """Numberings from 1 on; a number that does not follow belongs to the step."""
    runs: list[list[re.Match[str]]] = []
    for match in _NUMBER.finditer(text):
        number = int(match[1])
        if number == 1:
            runs.append([match])
        elif runs and number - int(runs[-1][-1][1]) in (0, 1):
            runs[-1].append(match)
    told = [run for run in runs if len(run) > 1]
    starts = [run[0].start() for run in told]
    end = 0
    for run, behind in zip(told, [*starts[1:], len(text)], strict=False):
        ends = [*(match.start() for match in run[1:]), behind]
        steps = [_step(text, one, stop) for one, stop in zip(run, ends, strict=True)]
        steps[-1] = _cut(steps[-1], _LAST)
        yield Section(_heading(text[end : run[0].start()]), _steps(steps))
        end = run[-1].end() + len(steps[-1])


def _step(text: str, number: re.Match[str], stop: int) -> str:
    """What stands behind a number; one at the start of a line ends with the line."""
    start = number.end()
    if titled := _TITLED.search(text, start, stop):
        stop = titled.start()
    if text[number.start() - 1 : number.start()] in ("", "\n"):
        stop = min(stop, (text.find("\n", start) + 1 or stop + 1) - 1)
    return _plain(text[start:stop])


def _heading(before: str) -> str:
    """The words before a numbering, where they look like its name."""
    line = _plain(before.rstrip().rpartition("\n")[2])
    titles = [*_TITLED.finditer(f" {line}")]
    last = line[titles[-1].start() - 1 :] if titles else (sentences_of(line) or [""])[-1]
    last = last.rstrip(": ")
    return last if len(last) <= 80 and not last.endswith((".", "!", "?")) else ""


def _steps(written: Sequence[str]) -> tuple[str, ...]:
    plain = (_cut(_plain(step).rstrip(";"), LONGEST) for step in written)
    return tuple(dict.fromkeys(step for step in plain if step))


def _plain(text: str) -> str:
    return _BLANKS.sub(" ", text).strip()


def _cut(text: str, longest: int) -> str:
    """At most `longest` characters, whole sentences if possible, else whole words."""
    if len(text) <= longest:
        return text
    kept = ""
    for sentence in sentences_of(text):
        if len(kept) + len(sentence) >= longest:
            break
        kept = f"{kept} {sentence}".strip()
    return kept or f"{text[: longest - 1].rsplit(' ', 1)[0]}…"
