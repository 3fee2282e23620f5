import time

import pytest

from agent.knowledge.markup import plain_text


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Plain words, 1 < 2 and a<b.", "Plain words, 1 < 2 and a<b."),
        ("<p>One</p><p>Two<br>Three</p>", "One\n\nTwo\nThree"),
        ("A <a href='https://x.example'>link</a> here", "A link here"),
        ("<SCRIPT>alert(1)</script >Seen", "Seen"),
        ("Seen<script>never ends", "Seen"),
        ("Seen<!-- unseen --> too", "Seen too"),
        ("Seen<!-- never ends", "Seen"),
        ("<style>p{}</style><svg><p>x</p></svg>Seen", "Seen"),
        ("Tom &amp; Ann &lt;3", "Tom & Ann <3"),
        ("use <DATABASE> for <SITE_NAME>", "use <DATABASE> for <SITE_NAME>"),
        ("# Head\n\n**Bold** [site](https://x.example/a) `code`", "Head\n\nBold site code"),
        ("- one\n- two\n---\n> said", "one\ntwo\n\nsaid"),
        ("snake_case_name is 2 * 3", "snake_case_name is 2 * 3"),
        ("", ""),
    ],
)
def test_what_is_shown_stays(written: str, plain: str) -> None:
    assert plain_text(written) == plain


@pytest.mark.parametrize(
    "piece", ["<", "<!--", "<a", "<script>", "<svg>", "[", "**a", "- ", "* * ", "`a", "&", "<p "]
)
def test_hostile_texts_take_no_longer(piece: str) -> None:
    started = time.process_time()
    plain_text(piece * (100_000 // len(piece)))
    assert time.process_time() - started < 2
