import re

import pytest

from prompts import Template, TemplateError, load, parse
from tools.actions import ACTIONS

REPLIES = load("leasing/replies")
PLACEHOLDER = re.compile(r"[{}]|\\n")


class TestReplies:
    @pytest.mark.parametrize("template", REPLIES.templates.values(), ids=lambda t: t.name)
    def test_every_variant_renders_with_what_is_declared(self, template: Template) -> None:
        values = {name: f"<{name}>" for name in template.variables}
        rendered = [
            template.render(values, choose=choose) for choose in range(len(template.variants))
        ]
        assert len(set(rendered)) == len(template.variants)
        for text in rendered:
            assert text.strip() == text != ""
            assert not PLACEHOLDER.search(text)

    @pytest.mark.parametrize("template", REPLIES.templates.values(), ids=lambda t: t.name)
    def test_every_variable_is_used_by_some_variant(self, template: Template) -> None:
        everything = " ".join(template.variants)
        assert {name for name in template.variables if f"{{{name}}}" not in everything} == set()

    def test_the_disclosure_says_what_it_must(self) -> None:
        text = REPLIES.render("disclosure", {"community": "Alder Row"})
        assert "Alder Row" in text
        assert "automated" in text
        assert "recorded" in text
        assert "person" in text

    def test_every_action_has_words_for_both_outcomes(self) -> None:
        external = [name for name, action in ACTIONS.items() if action.external]
        wanted = {f"outcome_{name}_{end}" for name in external for end in ("done", "refused")}
        assert wanted <= REPLIES.templates.keys()

    def test_it_knows_its_version_and_digest(self) -> None:
        assert re.fullmatch(r"\d+\.\d+\.\d+", REPLIES.version)
        assert re.fullmatch(r"[0-9a-f]{16}", REPLIES.digest)


class TestRender:
    def test_chooses_among_the_variants_round_and_round(self) -> None:
        template = Template("greet", frozenset(), ("Hi!", "Hello!"))
        assert [template.render({}, choose=n) for n in range(4)] == ["Hi!", "Hello!"] * 2

    @pytest.mark.parametrize("values", [{}, {"home": "A", "time": "B"}, {"time": "B"}])
    def test_takes_exactly_the_declared_values(self, values: dict[str, str]) -> None:
        template = Template("describe", frozenset({"home"}), ("About {home}.",))
        with pytest.raises(TemplateError, match="takes"):
            template.render(values)

    def test_does_not_read_braces_in_a_value(self) -> None:
        template = Template("describe", frozenset({"home"}), ("About {home}.",))
        assert template.render({"home": "{secret} {0}"}) == "About {secret} {0}."

    def test_refuses_a_name_the_file_does_not_have(self) -> None:
        with pytest.raises(TemplateError, match="no template 'shout'"):
            REPLIES.render("shout", {})


class TestParse:
    def test_reads_sections_variables_and_variants(self) -> None:
        found = parse(
            "some/file",
            "---\nversion: 2.1.0\n---\n## greet\n- Hi!\n- Hello!\n\n## slots (home, times)\n"
            "- {home}:\\n{times}\n",
        )
        assert found.version == "2.1.0"
        assert found.templates["greet"].variants == ("Hi!", "Hello!")
        assert found.render("slots", {"home": "A", "times": "B"}) == "A:\nB"

    def test_another_text_has_another_digest(self) -> None:
        head = "---\nversion: 1.0.0\n---\n"
        first, second = (parse("a", f"{head}## greet\n- {word}!\n") for word in ("Hi", "Hello"))
        assert first.digest != second.digest

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("## greet\n- Hi!\n", "version"),
            ("---\nname: x\n---\n## greet\n- Hi!\n", "version"),
            ("---\nversion: 1\n---\n## greet\n", "no section"),
            ("---\nversion: 1\n---\n## greet (\n- Hi!\n", "no section"),
            ("---\nversion: 1\n---\nHi!\n", "no section"),
            ("---\nversion: 1\n---\n## two words\n- Hi!\n", "no section"),
            ("---\nversion: 1\n---\n## greet\n- Hi!\nlost words\n", "no section"),
            ("---\nversion: 1\n---\n## greet\n- Hi {name}!\n", "undeclared"),
            ("---\nversion: 1\n---\n## greet (name)\n- Hi {name} of {home}!\n", "undeclared"),
            ("---\nversion: 1\n---\n## greet\n- Hi {}!\n", "undeclared"),
            ("---\nversion: 1\n---\n## greet\n- Hi {name!\n", "braces"),
            ("---\nversion: 1\n---\n## greet (name, name)\n- Hi {name.first}!\n", "undeclared"),
            ("---\nversion: 1\n---\n## greet\n- Hi!\n## greet\n- Ho!\n", "twice"),
        ],
    )
    def test_refuses_a_text_that_contradicts_itself(self, text: str, says: str) -> None:
        with pytest.raises(TemplateError, match=says) as refused:
            parse("some/file", text)
        assert "some/file" in str(refused.value)


class TestLoad:
    def test_reads_a_file_once(self) -> None:
        assert load("leasing/replies") is REPLIES

    def test_refuses_a_file_that_is_not_there(self) -> None:
        with pytest.raises(TemplateError, match=r"there is no prompts/leasing/nothing\.md"):
            load("leasing/nothing")
