"""Words for people and models: versioned templates with declared variables.

A template file is Markdown: front matter with `version`, then one section per template,
`## name (variable, …)`, whose list items are its variants.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Formatter

_SECTION = re.compile(r"^## (?P<name>\w+)(?: \((?P<variables>[\w, ]+)\))?$")


class TemplateError(Exception):
    """A template file or a call does not keep to what is declared; mend the file or the call."""


@dataclass(frozen=True, slots=True)
class Template:
    name: str
    variables: frozenset[str]
    variants: tuple[str, ...]

    def render(self, values: Mapping[str, object], *, choose: int = 0) -> str:
        """Variant number `choose` (modulo their count), filled in."""
        if values.keys() != self.variables:
            raise TemplateError(
                f"{self.name!r} takes {sorted(self.variables)}, not {sorted(values)}"
            )
        return self.variants[choose % len(self.variants)].format(**values)


@dataclass(frozen=True, slots=True)
class TemplateSet:
    path: str
    version: str
    digest: str
    """Of the file, for provenance."""
    templates: Mapping[str, Template]

    def render(self, name: str, values: Mapping[str, object], *, choose: int = 0) -> str:
        template = self.templates.get(name)
        if template is None:
            raise TemplateError(f"{self.path} has no template {name!r}")
        return template.render(values, choose=choose)


@cache
def load(path: str) -> TemplateSet:
    """Read `prompts/<path>.md`; raises TemplateError where it contradicts itself."""
    try:
        text = files("prompts").joinpath(f"{path}.md").read_text(encoding="utf-8")
    except FileNotFoundError:
        raise TemplateError(f"there is no prompts/{path}.md") from None
    return parse(path, text)


def parse(path: str, text: str) -> TemplateSet:
    """The templates of a file's text; `path` names it in errors."""
    head, _, body = text.removeprefix("---\n").partition("\n---\n")
    version = re.search(r"^version: (\S+)$", head, re.MULTILINE)
    if version is None:
        raise TemplateError(f"{path} has no version")
    templates: dict[str, Template] = {}
    for block in re.split(r"\n(?=## )", body.strip()):
        template = _template(path, block)
        if template.name in templates:
            raise TemplateError(f"{path}: {template.name} is there twice")
        templates[template.name] = template
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return TemplateSet(path=path, version=version[1], digest=digest, templates=templates)


def _template(path: str, block: str) -> Template:
    heading, *lines = block.splitlines()
    match = _SECTION.match(heading)
    items = [line for line in lines if line]
    if match is None or not items or not all(line.startswith("- ") for line in items):
        raise TemplateError(f"{path}: {heading!r} is no section with variants")
    declared = frozenset(re.findall(r"\w+", match["variables"] or ""))
    variants = tuple(line[2:].replace("\\n", "\n") for line in items)
    for variant in variants:
        undeclared = _fields(path, variant) - declared
        if undeclared:
            raise TemplateError(f"{path}: {match['name']} uses undeclared {sorted(undeclared)}")
    return Template(match["name"], declared, variants)


def _fields(path: str, variant: str) -> set[str]:
    try:
        return {field for _, field, _, _ in Formatter().parse(variant) if field is not None}
    except ValueError:
        raise TemplateError(f"{path}: the braces of {variant!r} do not match") from None
