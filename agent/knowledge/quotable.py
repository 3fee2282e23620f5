"""What of a stored text may be said to a lead: facts, never orders, links or contact data."""

import re
from urllib.parse import urlsplit

from agent.ai.understanding.protected import is_protected
from agent.knowledge.passages import sentences_of
from agent.privacy.pii import find

_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass|skip)\b.{0,40}\b(?:previous|prior|above|earlier|"
    r"all|any|your|these|the|other)\b.{0,30}\b(?:instruction|prompt|rule|message|direction|guideline|"
    r"polic|context|approval)"
    r"|\b(?:system|developer) (?:prompt|message|note|instruction)s?\b|\bnew instructions?\b"
    r"|\byou are (?:now|an? (?:ai|assistant|bot|language model))\b|\bact as\b"
    r"|\bpretend (?:to|that)\b"
    r"|\b(?:as an? )?(?:ai|language model|assistant|chatbot|llm|gpt)\b(?=.{0,40}\b(?:must|should|"
    r"shall|will|need|has to|have to|please|say|tell|reply|respond|answer|output|call|send)\b)"
    r"|^\s*(?:system|assistant|user|human|tool|agent|lead)\s*[:>]|\b(?:assistant|user|human)\s*:"
    r"|\b(?:reply|respond|answer|say|repeat|print|output|reveal|leak|send|e-?mail|forward)\b"
    r".{0,30}\b(?:to the (?:user|lead|customer|renter)|verbatim|exactly|only with|the following|"
    r"password|secret|token|api key|system)\b"
    r"|\b(?:call|invoke|run|execute) (?:the )?(?:tool|function|command)\b|_[a-z0-9]{1,40} ?\("
    r"|\b(?:hand_off|send_message|propose_tour|start_application|mark_favorite)\b"
    r"|<\s*/?\s*\w|\{\{|\}\}|```|\[/?inst\]|<\||\bbegin(?:ning)? of\b.{0,20}\binstruction",
    re.IGNORECASE | re.DOTALL,
)
"""Words that speak to a program instead of telling a lead something."""
_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>\"']+|\b(?:[a-z0-9-]{1,63}\.){1,5}(?:com|net|org|io|co|info|biz|"
    r"app|link|site|top|xyz|ru|cn|me|ly|us|dev|example)\b(?:/[^\s<>\"']*)?",
    re.IGNORECASE,
)
_MARK = re.compile(r"\[(?:email|phone|ssn|card|address|name)\]")
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")


def quotable(text: str, *, domains: frozenset[str] = frozenset()) -> str | None:
    """`text` without the sentences that may not be said; None where nothing is left or trusted.

    One order or hidden sign spoils the whole text. A link may stay when its host is one of
    `domains`.
    """
    if _ORDERS.search(text) or _UNSEEN.search(text):
        return None
    kept = [sentence for sentence in sentences_of(text) if _may_be_said(sentence, domains)]
    return " ".join(kept) or None


def _may_be_said(sentence: str, domains: frozenset[str]) -> bool:
    foreign = any(host_of(link) not in domains for link in _LINK.findall(sentence))
    return not (foreign or _MARK.search(sentence) or find(sentence) or is_protected(sentence))


def host_of(link: str) -> str:
    """The host of a link, without `www.`."""
    try:
        host = urlsplit(link if "//" in link else f"//{link}").hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.").rstrip(".")
