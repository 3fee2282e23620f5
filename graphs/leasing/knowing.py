"""Answers from what was written down, with their source; only convincing ones are said."""

import re
from collections.abc import Sequence

from agent.ai.understanding.questions import Question
from agent.errors import LatchkeyError
from agent.knowledge.passages import LONGEST, Text, best_passage
from agent.knowledge.quotable import host_of, quotable
from agent.knowledge.wording import meanings, overlap
from agent.tenants.models import Community
from graphs.leasing.turn import Turn
from tools.memory import FoundArticle, PastAnswer

ARTICLES = 5
PAST = 5
SURER = 1.15
"""Needed where a message wants something else than an answer too."""
SAME_QUESTION = 0.8
"""Overlap of a question asked before with this one."""
_LIMIT = 500
_OF_ONE_HOME = frozenset(
    {"pets", "furnished", "parking", "in_unit_laundry", "rent", "bedrooms", "bathrooms"}
    | {"address", "areas", "availability", "move_date", "name", "elevator", "amenities"}
    | {"fees", "deposit", "criteria", "specials", "hours", "phone", "tour_time"}
)
"""What differs from home to home or with time: never answered with what was said of another."""
_PETS = re.compile(r"\b(?:pets?|dogs?|cats?|animals?)\b", re.IGNORECASE)
_STALE = re.compile(
    r"\d|[$?%]|\b(?:today|tomorrow|tonight|yesterday|now|currently|this (?:week|month|year)|"
    r"next (?:week|month|year)|monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|"
    r"february|march|april|june|july|august|september|october|november|december|available|"
    r"i|i'm|i've|i'll|i'd|my|me|you|your|you're|it|it's|its|that|this|they|there|here|he|she)\b",
    re.IGNORECASE,
)
"""Figures, times, and words that mean somebody or something of that conversation."""


async def tell(
    turn: Turn, question: Question, listing_id: str | None, community: Community, *, sure: float
) -> bool:
    """Say what the community, an article or an earlier answer holds on it; False: nothing sure.

    What is found is data: it is quoted or left out, and never decides anything.
    """
    text = question.text[:_LIMIT]
    own = await best_passage(text, _policies(community))
    if own is not None and own.sureness >= sure:
        turn.quote(own.text)
        turn.rules.append(f"answer:{own.source.source_id}")
        return True
    try:
        return await _from_guides(turn, text, listing_id, community, sure) or await _from_the_past(
            turn, question, listing_id, community
        )
    except LatchkeyError:
        turn.rules.append("knowledge:unavailable")
        return False


def named_policy(question: Question, community: Community) -> str | None:
    """The rule of the community that the question names in so many words ("quiet hours")."""
    asked = {*meanings(question.text)}
    for topic in community.policies:
        named = {*meanings(topic.replace("_", " "))}
        if len(named) > 1 and named <= asked:
            return topic
    return None


def _policies(community: Community) -> list[Text]:
    return [
        Text(topic, topic.replace("_", " "), text) for topic, text in community.policies.items()
    ]


async def _from_guides(
    turn: Turn, text: str, listing_id: str | None, community: Community, sure: float
) -> bool:
    found: list[FoundArticle] = await turn.tools.use(
        "search_knowledge", query=text, k=ARTICLES, listing_id=listing_id
    )
    no_pets = turn.state.get("no_pet_terms", False)
    passage = await best_passage(text, _said_to_leads(found, community, no_pets=no_pets))
    if passage is None or passage.sureness < sure:
        return False
    turn.say("from_guide", title=passage.source.title, text=passage.text)
    turn.rules += ["answer:knowledge", f"cites:{passage.source.source_id}"]
    return True


def _said_to_leads(
    found: Sequence[FoundArticle], community: Community, *, no_pets: bool
) -> list[Text]:
    own = frozenset(
        host for url in (community.application_url, community.privacy_url) if (host := host_of(url))
    )
    texts = []
    for article in found:
        title, text = quotable(article.title), quotable(article.text, domains=own)
        if title and text and not (no_pets and _PETS.search(f"{title} {text}")):
            texts.append(Text(article.source_id, title, text))
    return texts


async def _from_the_past(
    turn: Turn, question: Question, listing_id: str | None, community: Community
) -> bool:
    """What people of the team said to the same question about the same community.

    Only where it says a whole thing by itself that does not go stale.
    """
    if _OF_ONE_HOME & {*question.topics}:
        return False
    found: list[PastAnswer] = await turn.tools.use(
        "search_conversations", query=question.text[:_LIMIT], k=PAST, listing_id=listing_id
    )
    for answer in found:
        if _may_be_repeated(answer, question, community):
            turn.say("past_answer", text=answer.answer)
            turn.ask("human")
            turn.rules += ["answer:past", f"cites:{answer.source_id}"]
            return True
    return False


def _may_be_repeated(answer: PastAnswer, question: Question, community: Community) -> bool:
    return (
        answer.source is not None
        and answer.community_id == community.community_id
        and answer.question is not None
        and overlap(answer.question, question.text) >= SAME_QUESTION
        and len(answer.answer) <= LONGEST
        and not _STALE.search(answer.answer)
        and quotable(answer.answer) == answer.answer
        and overlap(answer.answer, question.text) > 0
    )
