from datetime import timedelta

import pytest

from agent.kit.clock import ManualClock
from agent.knowledge.models import ArticleDraft
from agent.services import Services
from agent.tickets.labels import LOOKED_AT_AGAIN
from agent.tickets.learning import beats_majority, learn
from agent.tickets.models import Case, Ticket
from agent.tickets.mood import mood
from agent.tickets.urgency import urgency
from tests.agent.tickets.cases import DANA, TENANT, draft, opened

LEDGER = ("bank deposit", "ledger balance", "posted payment", "refund charge", "late fee")
DOORS = ("gate keypad", "door lock", "access code", "key fob", "garage remote")
EXAMPLES = [
    *((f"the {what} number {n} is wrong", "Ledger") for n, what in enumerate(LEDGER * 4)),
    *((f"the {what} number {n} is wrong", "Doors") for n, what in enumerate(DOORS * 4)),
]


async def approved(services: Services, subject: str, category: str, n: int) -> Ticket:
    [ticket] = await opened(services, draft(n, subject=subject, description=None))
    done = await services.reviewing.approve(TENANT, ticket.ticket_id, DANA, category=category)
    return done.ticket


def case(subject: str, **fields: str) -> Case:
    return Case.model_validate({"transcript": "Caller: hello", "subject": subject, **fields})


class TestLearning:
    def test_learns_and_is_the_same_again(self) -> None:
        model, again = learn(EXAMPLES), learn(list(EXAMPLES))
        assert model
        assert again
        assert model.guess("a new lock for the door") == again.guess("a new lock for the door")
        label, sure = model.guess("a new lock for the door") or ("", 0.0)
        assert label == "Doors"
        assert sure > 0.7

    def test_words_nobody_knows_say_nothing(self) -> None:
        model = learn(EXAMPLES)
        assert model
        assert model.guess("zzz") is None
        assert model.guess("") is None

    @pytest.mark.parametrize(
        "examples",
        [[], EXAMPLES[:5], [(t, "One") for t, _ in EXAMPLES], [("", "a"), ("", "b")] * 9],
    )
    def test_too_little_teaches_nothing(self, examples: list[tuple[str, str]]) -> None:
        assert learn(examples) is None

    def test_a_model_must_beat_the_most_frequent_label(self) -> None:
        assert beats_majority([*EXAMPLES, *EXAMPLES[::-1]])
        senseless = [(text, "High" if n % 3 else "Low") for n, (text, _) in enumerate(EXAMPLES * 2)]
        assert not beats_majority(senseless)
        assert not beats_majority(EXAMPLES[:30])


class TestCategory:
    async def test_what_the_file_says_is_taken(self, services: Services) -> None:
        found = await services.ticket_labels.labels(
            TENANT, case("Gate", category="Pools", priority="High")
        )
        assert (found.category.value, found.category.confidence) == ("Pools", 1.0)
        assert (found.priority.value, found.priority.confidence) == ("High", 1.0)

    async def test_a_stated_one_counts_where_the_desk_has_it(self, services: Services) -> None:
        said = case("Gate broken. Category: access control.")
        assert (await services.ticket_labels.category(TENANT, said)).value is None
        article = ArticleDraft(title="Gates", text="Press star.", category="Access Control")
        await services.knowledge.put(TENANT, [article], "test")
        await services.ticket_labels.learn(TENANT)
        assert (await services.ticket_labels.category(TENANT, said)).value == "Access Control"

    async def test_approved_tickets_teach(self, services: Services, clock: ManualClock) -> None:
        labels = services.ticket_labels
        nothing = await labels.category(TENANT, case("door lock"))
        assert (nothing.value, nothing.confidence) == (None, 0.0)
        for n, at in enumerate((0, 5, 1, 6, 2, 7, 20, 25, 21, 26, 22, 27)):
            text, category = EXAMPLES[at]
            await approved(services, text, category, n)
        assert (await labels.category(TENANT, case("door lock"))).value is None
        clock.advance(LOOKED_AT_AGAIN + timedelta(seconds=1))
        await labels.category(TENANT, case("door lock"))
        await labels.learn(TENANT)
        found = await labels.category(TENANT, case("door lock"))
        assert found.value == "Doors"
        assert 0.5 < found.confidence < 1
        assert (await labels.category("other", case("door lock"))).value is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The whole system is down for us", "Critical"),
        ("There is an outage", "Critical"),
        ("This is blocking today's work", "High"),
        ("Urgent, please", "High"),
        ("It is not urgent", "Low"),
        ("No rush, a typo on the page", "Low"),
        ("The report looks odd", None),
        ("", None),
    ],
)
def test_urgent_words(text: str, expected: str | None) -> None:
    label = urgency(text)
    assert label.value == expected
    assert (label.confidence > 0) is (expected is not None)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (["It fails again and again, this is ridiculous."], "Frustrated"),
        (["I am frustrated.", "That did it, perfect, all set!"], "Relieved"),
        (["How do I add a user?"], "Curious"),
        (["The report is empty."], "Neutral"),
        (["It works now.", "No, this is the third time it breaks."], "Frustrated"),
    ],
)
def test_moods(said: list[str], expected: str) -> None:
    spoken = "\n".join(f"Caller: {each}\nAgent: I am so annoyed, perfect." for each in said)
    assert mood(spoken).value == expected
    assert mood("nobody speaks here").value is None
