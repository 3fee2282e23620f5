"""A reply of the chat as it fits a text or an e-mail."""

import re

from agent.knowledge.markup import plain_text

_LINK = re.compile(r"\[([^\[\]\n]{1,300})\]\((https?://[^()\s]{1,500})\)")
_STARRED = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]{1,300}?)(?<=\S)\*(?![\w*])")
_BLANK_LINES = re.compile(r"\n{2,}")
_SENTENCE = re.compile(r"(?<=[^\W\d][.!?])\s")
"""Behind a letter: the number of a point ends no sentence."""
_MORE = "…"


def plain(reply: str) -> str:
    """`reply` without Markdown, each point of a list on a line of its own; links stay readable."""
    linked = _LINK.sub(lambda found: f"{found[1]}: {found[2]}", reply)
    return _STARRED.sub(r"\1", plain_text(linked))


def texted(reply: str, most: int) -> str:
    """`reply` as a text message of at most `most` characters.

    What is too long loses lines before its last one, which asks something as a rule.
    """
    text = _BLANK_LINES.sub("\n", plain(reply))
    if len(text) <= most:
        return text
    *before, last = text.split("\n")
    if not before or len(last) > most // 2:
        return cut(text, most)
    room = most - len(last) - 1
    kept: list[str] = []
    for line in before:
        if len("\n".join([*kept, line])) > room:
            break
        kept.append(line)
    return "\n".join([*kept, last]) if kept else f"{cut(before[0], room)}\n{last}"


def cut(text: str, most: int) -> str:
    """The beginning of a text: whole sentences, or where they are short whole words and "…"."""
    if len(text) <= most:
        return text
    ends = [end.start() for end in _SENTENCE.finditer(text[: most + 1])]
    if ends and ends[-1] >= most // 2:
        return text[: ends[-1]].rstrip()
    head = text[: most - len(_MORE)]
    return (head.rsplit(None, 1)[0] if " " in head else head).rstrip() + _MORE
