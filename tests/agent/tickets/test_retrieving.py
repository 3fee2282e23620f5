from datetime import timedelta
from math import sqrt

import pytest

from agent.ai.embeddings.offline import OfflineEmbedder
from agent.bootstrap import build_services
from agent.errors import LatchkeyError
from agent.kit.clock import ManualClock
from agent.knowledge.models import ArticleDraft
from agent.services import Services
from agent.tickets.likeness import Likeness
from agent.tickets.models import Case, Grounds, Ticket
from agent.tickets.wording import asked
from evals.openai_stub import openai_stub
from tests.agent.tickets.cases import DANA, TENANT, draft, opened

ARTICLES = (
    ArticleDraft(knowledge_id="KB-1", title="Pair a keypad", text="Hold star for ten seconds."),
    ArticleDraft(knowledge_id="KB-2", title="Reset a gate motor", text="Pull the lever down."),
    ArticleDraft(knowledge_id="KB-3", title="Refund a deposit", text="Open the ledger. Post it."),
    ArticleDraft(
        knowledge_id="KB-4", title="Void a payment", text="Open the batch.", category="Payments"
    ),
    ArticleDraft(knowledge_id="SCRIPT-1", title="Keypad", text="update pads", kind="script"),
)
GATE = Case(transcript="Caller: hi", subject="Gate will not open", description="The motor hums.")


@pytest.fixture
async def desk(services: Services) -> Services:
    await services.knowledge.put(TENANT, ARTICLES, "test")
    return services


async def approved(
    desk: Services, n: int, subject: str, kb_id: str | None, **fields: object
) -> Ticket:
    row = draft(n, subject=subject, **{"description": None, **fields})
    [ticket] = await opened(desk, row, content=f"What helped in case {n}.")
    done = await desk.reviewing.approve(TENANT, ticket.ticket_id, DANA, kb_id=kb_id or "")
    return done.ticket


async def gathered(desk: Services, case: Case, **how: object) -> Grounds:
    return await desk.ticket_search.gather(TENANT, case, **how)  # type: ignore[arg-type]


def ids(grounds: Grounds) -> list[str]:
    return [source.id for source in grounds.articles]


async def test_nothing_is_known(services: Services) -> None:
    assert await gathered(services, GATE) == Grounds()


async def test_without_tickets_the_words_find(desk: Services) -> None:
    grounds = await gathered(desk, Case(transcript="How do I refund a deposit?"))
    assert ids(grounds)[0] == "KB-3"
    assert grounds.evident
    assert (grounds.votes, grounds.tickets) == ([], [])
    assert not (await gathered(desk, Case(transcript="Who won the match last night?"))).evident


@pytest.mark.parametrize(
    "text", ["???", "\u200b", "🙈", " ", "", "[name]", "x" * 32_767, "Category: "]
)
async def test_whatever_is_written_finds_something_or_nothing(desk: Services, text: str) -> None:
    await approved(desk, 1, "Gate will not open", "KB-1")
    grounds = await gathered(desk, Case(transcript=text, subject=text))
    assert not grounds.evident


async def test_a_similar_ticket_decides_against_the_words(desk: Services) -> None:
    known = await approved(desk, 1, "Gate will not open, the motor hums", "KB-1")
    grounds = await gathered(desk, GATE)
    assert ids(grounds)[0] == "KB-1"
    assert grounds.evident
    [vote] = grounds.votes
    assert (vote.kb_id, vote.share, vote.tickets) == ("KB-1", 1.0, [known.ticket_id])
    [ticket] = grounds.tickets
    assert ticket.similarity_score > 0.9
    assert await gathered(desk, GATE, excluding=known.ticket_id) != grounds


async def test_without_itself_a_ticket_finds_no_trace_of_itself(desk: Services) -> None:
    known = await approved(desk, 1, "Gate will not open", None)
    grounds = await gathered(desk, GATE, excluding=known.ticket_id)
    assert known.knowledge_id not in ids(grounds)
    assert (grounds.votes, grounds.tickets) == ([], [])


async def test_a_resolution_of_its_own_is_voted_for(desk: Services) -> None:
    known = await approved(desk, 1, "Gate will not open, the motor hums", None)
    grounds = await gathered(desk, GATE)
    assert ids(grounds)[0] == known.knowledge_id
    assert grounds.articles[0].kind == "resolution"


async def test_what_rests_on_an_article_stands_behind_it(desk: Services) -> None:
    known = await approved(desk, 1, "Gate will not open, the motor hums", "KB-2")
    assert ids(await gathered(desk, GATE))[:2] == ["KB-2", known.knowledge_id]


async def test_the_newest_decision_wins(desk: Services, clock: ManualClock) -> None:
    for n, kb_id in enumerate(("KB-1", "KB-2")):
        await approved(desk, n, "Gate will not open, the motor hums", kb_id)
        clock.advance(timedelta(days=1))
    grounds = await gathered(desk, GATE)
    assert [vote.kb_id for vote in grounds.votes] == ["KB-2", "KB-1"]
    assert ids(grounds)[0] == "KB-2"


async def test_what_was_retired_or_merged_is_not_voted_for(desk: Services) -> None:
    await approved(desk, 1, "Gate will not open, the motor hums", "KB-1")
    await desk.curator.merge(TENANT, "KB-1", "KB-2", actor="dana")
    assert [vote.kb_id for vote in (await gathered(desk, GATE)).votes] == ["KB-2"]
    await desk.curator.retire(TENANT, "KB-2", actor="user:ana")
    grounds = await gathered(desk, GATE)
    assert grounds.votes == []
    assert "KB-2" not in ids(grounds)


async def test_what_is_shown_is_the_newest_version(desk: Services) -> None:
    new = ARTICLES[1].model_copy(update={"text": "Turn the gate motor off and on."})
    await desk.knowledge.put(TENANT, [new], "test")
    found = (await gathered(desk, GATE)).articles[0]
    assert (found.id, found.version) == ("KB-2", 2)
    assert "off and on" in found.passage


async def test_the_stated_category_is_preferred(desk: Services) -> None:
    said = "Caller: The batch of the gate deposit is wrong. Category: payments."
    grounds = await gathered(desk, Case(transcript=said))
    assert ids(grounds)[0] == "KB-4"


async def test_another_product_speaks_less(desk: Services) -> None:
    await approved(desk, 1, "Screen stays white", "KB-1", product="Portal")
    same = await gathered(desk, Case(transcript="x", subject="Screen stays white"))
    other = await gathered(desk, Case(transcript="x", subject="Screen stays white", product="App"))
    assert same.tickets[0].score > other.tickets[0].score


async def test_every_source_has_its_distance(desk: Services) -> None:
    await approved(desk, 1, "The keypad needs a script", "KB-1")
    grounds = await gathered(desk, Case(transcript="keypad gate deposit refund motor"), k=3)
    sources = [*grounds.tickets, *grounds.articles, *grounds.scripts]
    assert {source.kind for source in sources} >= {"ticket", "article", "script"}
    assert len(grounds.articles) <= 3
    for source in sources:
        assert -1 <= source.similarity_score <= 1
        assert source.distance == pytest.approx(sqrt(2 - 2 * source.similarity_score), abs=1e-6)


async def test_nobody_elses_tickets_are_found(desk: Services) -> None:
    await approved(desk, 1, "Gate will not open", "KB-1")
    assert await desk.ticket_search.gather("other", GATE) == Grounds()


async def test_a_forgotten_ticket_is_silent(desk: Services) -> None:
    known = await approved(desk, 1, "Gate will not open, the motor hums", "KB-1")
    await desk.tickets.forget(TENANT, known.ticket_id, actor="dana")
    grounds = await gathered(desk, GATE)
    assert (grounds.tickets, grounds.votes) == ([], [])


class _Broken:
    """An embedding server that is away."""

    model, dimensions, local = "broken", 2, False

    async def embed(self, texts: list[str]) -> object:
        raise LatchkeyError("embedding_unavailable", "away")

    async def close(self) -> None: ...


async def test_likeness_of_nothing_asks_nobody() -> None:
    likeness = Likeness(_Broken())  # type: ignore[arg-type]
    assert await likeness.cosines("  ", ["", " "]) == [0.0, 0.0]
    assert await likeness.cosines("", []) == []
    with pytest.raises(LatchkeyError):
        await likeness.cosines("a", ["b"])


async def test_what_is_near_is_measured_alike_whichever_embeddings_the_search_has(
    services: Services, clock: ManualClock
) -> None:
    async with openai_stub() as stub:
        given = {"embedding_model": "text-embedding-3-large", "openai_base_url": stub.base_url}
        settings = services.settings.model_copy(update=given)
        remote = build_services(settings, services.database, clock)
        await remote.knowledge.put(TENANT, ARTICLES, "test")
        known = await approved(
            remote, 1, "Gate will not open", "KB-2", description="The motor hums and stops."
        )
        grounds = await gathered(remote, GATE)
        await remote.chunks.close()
    [ticket] = grounds.tickets
    assert ticket.id == known.ticket_id
    [cosine] = await Likeness(OfflineEmbedder()).cosines(asked(GATE), [asked(known.case)])
    assert ticket.similarity_score == pytest.approx(cosine, abs=1e-4)
    assert (ids(grounds)[0], grounds.evident) == ("KB-2", True)
