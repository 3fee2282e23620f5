from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from agent.tickets.closeness import closeness
from agent.tickets.ranking import Candidate, ranked
from agent.tickets.voting import VOTERS, Ballot, Voter, ballots


def voter(n: int, target: str, close: float, *, day: int = 1, script: str | None = None) -> Voter:
    return Voter(f"CS-{n}", target, script, close, datetime(2026, 1, day, tzinfo=UTC))


class TestCloseness:
    def test_the_same_words_are_closest(self) -> None:
        others = ["the gate is open", "the gate is closed", "rent is due on monday"]
        same, near, far = closeness("the gate is open", others, [1.0, 0.8, 0.0])
        assert same == 1.0 > near > far == 0.0

    def test_words_that_all_have_tell_little(self) -> None:
        others = [f"workflow fails: {what}" for what in ("ledger", "gate", "lease")]
        ledger, gate, _ = closeness("workflow fails: gate", others, [0.0] * 3)
        assert gate == 0.5
        assert ledger < 0.25

    @given(st.text(), st.lists(st.tuples(st.text(), st.floats(-1, 1)), max_size=5))
    def test_stays_between_nothing_and_all(
        self, wanted: str, others: list[tuple[str, float]]
    ) -> None:
        found = closeness(wanted, [text for text, _ in others], [cosine for _, cosine in others])
        assert all(0 <= each <= 1 for each in found)


class TestBallots:
    def test_the_closer_outweighs_many(self) -> None:
        far = [voter(n, "KB-1", 0.5) for n in range(5)]
        first, second = ballots([*far, voter(9, "KB-2", 0.95)])
        assert (first.vote.kb_id, second.vote.kb_id) == ("KB-2", "KB-1")
        assert first.vote.share + second.vote.share == 1.0
        assert first.closest == 0.95

    def test_of_equal_ones_the_newest_decides(self) -> None:
        votes = ballots([voter(1, "KB-1", 0.9, day=1), voter(2, "KB-2", 0.9, day=2)])
        assert [each.vote.kb_id for each in votes] == ["KB-2", "KB-1"]

    def test_the_newest_of_many_equal_ones_vote(self) -> None:
        old = [voter(n, "KB-OLD", 1.0, day=1) for n in range(20)]
        new = [voter(n + 20, "KB-NEW", 1.0, day=2) for n in range(VOTERS)]
        [only] = ballots([*old, *new])
        assert only.vote.kb_id == "KB-NEW"
        assert len(only.vote.tickets) == VOTERS

    def test_a_script_takes_a_majority(self) -> None:
        scripts = ["S-1", "S-1", "S-2", None]
        few = [voter(n, "KB-1", 0.9, script=script) for n, script in enumerate(scripts)]
        assert ballots(few)[0].vote.script_id is None
        assert ballots(few[:3])[0].vote.script_id == "S-1"

    def test_nobody_votes(self) -> None:
        assert ballots([]) == []
        assert ballots([voter(1, "KB-1", 0.0)])[0].vote.share == 0.0


class TestRanking:
    def ballot(self, target: str, closest: float) -> Ballot:
        [only] = ballots([voter(1, target, closest)])
        return only

    def test_who_asked_the_same_decides(self) -> None:
        candidates = [Candidate("KB-1", 1.0, 0.5, 0.95), Candidate("KB-2", 0.0, 0.1)]
        best, _ = ranked(candidates, [self.ballot("KB-2", 0.98)])
        assert best.id == "KB-2"
        assert best.evident

    def test_a_far_ticket_does_not(self) -> None:
        candidates = [Candidate("KB-1", 1.0, 0.5), Candidate("KB-2", 0.4, 0.1)]
        best, other = ranked(candidates, [self.ballot("KB-2", 0.5)])
        assert best.id == "KB-1"
        assert not best.evident
        assert not other.evident

    def test_the_category_of_the_case_counts(self) -> None:
        candidates = [Candidate("KB-1", 1.0, 0.3), Candidate("KB-2", 0.6, 0.3, 0.95)]
        best, _ = ranked(candidates, [])
        assert best.id == "KB-2"
        assert best.evident

    def test_a_title_that_is_asked_for_is_evident(self) -> None:
        [only] = ranked([Candidate("KB-1", 1.0, 0.7)], [])
        assert only.evident

    def test_one_resolution_stands_behind_its_article(self) -> None:
        candidates = [
            Candidate("KB-1", 0.5, 0.3),
            Candidate("KB-NEW-0001", 1.0, 0.9, rests_on="KB-1"),
            Candidate("KB-NEW-0002", 0.9, 0.9, rests_on="KB-1"),
            Candidate("KB-NEW-0003", 0.9, 0.9, rests_on="KB-GONE"),
        ]
        assert [each.id for each in ranked(candidates, [])] == ["KB-1", "KB-NEW-0001"]
