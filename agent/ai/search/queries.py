from collections.abc import Sequence

LAST_AGAIN = 2
"""How often the last turn is said once more; measured on knowledge selection in conversations."""


def conversation_query(turns: Sequence[str]) -> str:
    """The last turns of a conversation as one search for words: all of them, the last one most."""
    return "\n".join([*turns, *[*turns[-1:]] * LAST_AGAIN])
