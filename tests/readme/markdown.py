"""What a test needs to know of a Markdown file."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def bash_blocks(page: Path) -> list[str]:
    """The fenced blocks a reader is meant to paste into a shell."""
    return [found["code"] for found in _FENCE.finditer(read(page)) if found["language"] == "bash"]


def spans(page: Path) -> list[str]:
    """What stands between backticks in the running text."""
    return _SPAN.findall(_FENCE.sub("", read(page)))


def links(page: Path) -> Iterator[Path]:
    """The files a page links to."""
    for target in _LINK.findall(_FENCE.sub("", read(page))):
        yield page.parent / target


def commands(page: Path, program: str) -> set[str]:
    """Every line that starts `program`, in blocks and in the text, comments left out."""
    lines = [line for block in bash_blocks(page) for line in block.splitlines()] + spans(page)
    said = (line.partition(" #")[0].strip() for line in lines)
    return {line for line in said if line.split(maxsplit=1)[:1] == [program]}
