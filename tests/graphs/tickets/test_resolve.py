"""What is written by rules, without a database."""

from agent.tickets.models import Case, Grounds
from graphs.tickets.resolve import MOST_STEPS, SCRIPT, chosen, write
from graphs.tickets.written import Material
from tests.graphs.tickets.examples import CASE, FOB, FOB_SCRIPT, article, source, voted


def test_a_voted_article_is_cited_first_with_its_steps_and_the_script() -> None:
    written = write(CASE, voted(), Material(article=FOB, script=FOB_SCRIPT))
    lines = written.content.splitlines()
    assert lines[:2] == ["KB: KB-0001", "Script: SCRIPT-0007"]
    assert "2. Choose the gate of Alder Row" in lines
    assert "where site = 'Alder Row'" in written.content
    assert lines[-1] == "Still to be filled in: <DATABASE>"
    assert written.left == ("DATABASE",)
    assert (written.kb_id, written.script_id) == ("KB-0001", "SCRIPT-0007")
    assert written.draft_title is None
    assert written.citations == ["KB-0001", "SCRIPT-0007"]
    assert written.steps == 3


def test_without_a_script_none_is_named() -> None:
    written = write(CASE, voted(script_id=None), Material(article=FOB))
    assert "Script" not in written.content
    assert written.citations == ["KB-0001"]


def test_a_long_script_is_only_named() -> None:
    script = article("SCRIPT-0007", "-- <DATABASE>\n" + "select 1\n" * SCRIPT, kind="script")
    written = write(CASE, voted(), Material(article=FOB, script=script))
    assert "Open SCRIPT-0007 for its text" in written.content
    assert len(written.content) < 1_000
    assert written.left == ("DATABASE",)


def test_an_article_without_steps_is_quoted() -> None:
    told = article("KB-0001", "A fob is paired by the office. It takes a day.")
    written = write(CASE, voted(script_id=None), Material(article=told))
    assert "What KB-0001 says: The gate does not open for a new fob." in written.content
    assert written.steps == 0


def test_of_a_long_article_the_fitting_part_is_taken() -> None:
    parts = [
        f"Option {n}: {what} " + " ".join(f"{i}. Click {what} {i}" for i in range(1, 6))
        for n, what in enumerate(("invoices", "fob at the gate", "leases", "reports"), start=1)
    ]
    written = write(
        CASE, voted(script_id=None), Material(article=article("KB-0001", " ".join(parts)))
    )
    assert "Option 2: fob at the gate:" in written.content
    assert "The rest is in KB-0001." in written.content
    assert 5 <= written.steps <= MOST_STEPS


def test_without_evidence_a_draft_is_written_from_the_conversation() -> None:
    written = write(CASE, Grounds(tickets=[source("CS-9", "ticket", 0.2)]), Material())
    assert written.draft_title == "New fob does not open the gate"
    assert "1. Check that the reader is lit." in written.content
    assert "3. Pair the fob again" in written.content
    assert "KB:" not in written.content
    assert written.citations == []


def test_a_draft_takes_up_what_helped_with_something_alike() -> None:
    alike = article(
        "KB-NEW-0004", "KB: KB-X\n\nSteps:\n1. Charge the reader\n2. Retry", kind="resolution"
    )
    written = write(CASE, Grounds(articles=[source("KB-NEW-0004")]), Material(alike=alike))
    assert "Charge the reader" in written.content
    assert "See also: KB-NEW-0004" in written.content
    assert written.citations == ["KB-NEW-0004"]


def test_a_draft_of_next_to_nothing_says_what_is_missing() -> None:
    written = write(Case(transcript="?"), Grounds(), Material())
    assert written.draft_title
    assert "names no steps" in written.content


def test_what_solves_a_case_is_what_was_voted_for() -> None:
    assert chosen(voted()) == ("KB-0001", "SCRIPT-0007")
    assert chosen(voted().model_copy(update={"votes": []})) == ("KB-0001", None)
    assert chosen(voted().model_copy(update={"evident": False})) == (None, None)
