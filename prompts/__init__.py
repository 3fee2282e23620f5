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
    text = files("prompts").joinpath(f"{path}.md").read_text(encoding="utf-8")
    head, _, body = text.removeprefix("---\n").partition("\n---\n")
    version = re.search(r"^version: (\S+)$", head, re.MULTILINE)
    if version is None:
        raise TemplateError(f"{path} has no version")
    return TemplateSet(
        path=path,
        version=version.group(1),
        digest=hashlib.sha256(text.encode()).hexdigest()[:16],
        templates={template.name: template for template in _sections(path, body)},
    )


def _sections(path: str, body: str) -> list[Template]:
    found: list[Template] = []
    for block in re.split(r"\n(?=## )", body.strip()):
        heading, *lines = block.splitlines()
        match = _SECTION.match(heading)
        variants = tuple(line[2:].replace("\\n", "\n") for line in lines if line.startswith("- "))
        if match is None or not variants:
            raise TemplateError(f"{path}: {heading!r} is no section with variants")
        declared = frozenset(re.findall(r"\w+", match["variables"] or ""))
        _check(path, match["name"], declared, variants)
        found.append(Template(match["name"], declared, variants))
    return found


def _check(path: str, name: str, declared: frozenset[str], variants: tuple[str, ...]) -> None:
    for variant in variants:
        used = {field for _, field, _, _ in Formatter().parse(variant) if field}
        if used - declared:
            raise TemplateError(f"{path}: {name} uses undeclared {sorted(used - declared)}")
