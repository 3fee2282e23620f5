"""The plain text of what people wrote as HTML or Markdown."""

import html
import re
from collections.abc import Iterator

from agent.ai.understanding.patterns import listed
from agent.kit.text import clean

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)\b[^<>]{0,2000}>|<!--|<![A-Za-z\[]|<\?")
_CLOSES = {"<!--": "-->"}
_UNSEEN = frozenset({"script", "style", "template", "noscript", "iframe", "object", "svg", "head"})
_BREAKS = listed(
    "p div br li ul ol tr table h1 h2 h3 h4 h5 h6 section article header footer blockquote pre "
    "hr dt dd dl main nav aside figure figcaption thead tbody tfoot caption form"
)
_CELLS = frozenset({"td", "th"})
_INLINE = listed(
    "a abbr b big body button cite code del em font html i img input ins kbd label link mark meta "
    "q s samp small span strong sub sup title tt u var video audio source wbr center col"
)
_LINK = re.compile(r"!?\[([^\[\]\n]{0,300})\]\([^()\s]{0,500}(?: \"[^\"\n]{0,200}\")?\)")
_LINE_MARKS = re.compile(r"^[ \t]{0,3}(?:#{1,6}[ \t]+|>[ \t]?|[-*+][ \t]+|```\w*$)", re.MULTILINE)
_RULES = re.compile(r"^[ \t]*(?:[-*_=][ \t]*){3,}$", re.MULTILINE)
_EMPHASIS = re.compile(r"(\*\*|__|`)(?=\S)([^*_`\n]{1,300}?)(?<=\S)\1")
_EMPTY_LINES = re.compile(r"\n{3,}")


def plain_text(written: str) -> str:
    """`written` without tags, comments, scripts and Markdown signs; what is shown stays.

    Linear in the length of the text, whatever it holds.
    """
    text = "".join(_shown(written)) if "<" in written else written
    text = clean(html.unescape(text))
    text = _RULES.sub("", _LINE_MARKS.sub("", text))
    text = _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", text))
    return _EMPTY_LINES.sub("\n\n", clean(text))


def _shown(written: str) -> Iterator[str]:
    position, length = 0, len(written)
    while position < length:
        tag = _TAG.search(written, position)
        if tag is None:
            yield written[position:]
            return
        yield written[position : tag.start()]
        name = (tag[2] or "").lower()
        if not name:
            position = _behind(written, _CLOSES.get(tag[0], ">"), tag.end())
        elif name in _UNSEEN and not tag[1]:
            position = _behind(written, ">", _behind(written, f"</{name}", tag.end()))
        else:
            position = tag.end()
            yield _in_place_of(name, tag[0])


def _in_place_of(name: str, tag: str) -> str:
    """What a tag leaves; `<DATABASE>` is no tag but somebody's placeholder, and stays."""
    if name in _BREAKS:
        return "\n"
    if name in _CELLS:
        return " "
    return "" if name in _INLINE or name in _UNSEEN else tag


def _behind(written: str, end: str, start: int) -> int:
    """The position after the next `end`, in any case; the end of the text where there is none."""
    found = re.compile(re.escape(end), re.IGNORECASE).search(written, start)
    return found.end() if found else len(written)
