from graphs.leasing.history import KEPT, MARK, STORY, WINDOW, folded, mark


def lines(count: int) -> list[list[str]]:
    return [["agent", f"line {n}", f"mark {n}"] for n in range(count)]


class TestFolded:
    def test_a_window_that_is_not_full_stays(self) -> None:
        assert folded(lines(WINDOW), ["before"]) == (lines(WINDOW), ["before"])

    def test_a_full_one_is_cut_in_one_step_and_the_rest_becomes_the_story(self) -> None:
        window, story = folded(lines(WINDOW + 1), [])
        assert window == lines(WINDOW + 1)[-KEPT:]
        assert story == [f"mark {n}" for n in range(WINDOW + 1 - KEPT)][-STORY:]

    def test_the_story_is_bounded_and_keeps_the_newest(self) -> None:
        _, story = folded(lines(WINDOW + 5), [f"old {n}" for n in range(50)])
        assert len(story) == STORY
        assert story[-1] == f"mark {WINDOW + 4 - KEPT}"

    def test_lines_without_a_mark_leave_no_trace(self) -> None:
        _, story = folded([["lead", "hello"], *lines(WINDOW)], [])
        assert story[0] == "mark 0"


class TestMark:
    def test_it_says_what_a_turn_came_to(self) -> None:
        text = mark(listings=["Alder Row #1", "#2"], topics=["pets"], handoff=True)
        assert text == "lead asked about pets; showed Alder Row #1 and #2; brought in a person"

    def test_it_is_short(self) -> None:
        assert len(mark(outcome="x" * 900)) == MARK

    def test_nothing_leaves_nothing(self) -> None:
        assert mark() == ""
