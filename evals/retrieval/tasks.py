"""Labelled questions: what is asked, and which of many texts answer it."""

import contextlib
import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from agent.ai.search import conversation_query
from agent.chunks.models import Source, turn_id

MOST_QUESTIONS = 500
_HELD_OUT = 5
"""Every fifth thread asks, the others answer."""


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    wanted: frozenset[str]
    where: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Task:
    name: str
    corpus: str
    says: str
    sources: list[Source]
    questions: list[Question]
    where: dict[str, Any] = field(default_factory=dict)


def read_tasks(data: Path) -> Iterator[Task]:
    """The tasks whose files are there."""
    for files, read in _READERS:
        paths = [data / file for file in files]
        if all(path.is_file() for path in paths):
            yield read(*paths)


def _articles(articles: Path, questions: Path) -> Task:
    return Task(
        "articles",
        "knowledge",
        "a support question finds the article that answers it",
        [
            Source(row["kb_id"], row["body"], {"title": row["title"]})
            for row in _rows(articles)
            if row["body"]
        ],
        _asked(questions, "KB"),
    )


def _scripts(scripts: Path, questions: Path) -> Task:
    return Task(
        "scripts",
        "scripts",
        "a support question finds the script that mends it, among near-duplicates",
        [
            Source(row["script_id"], f"{row['purpose']}\n{row['text']}", {"title": row["title"]})
            for row in _rows(scripts)
        ],
        _asked(questions, "SCRIPT"),
    )


def _documents(documents: Path, tasks: Path) -> Task:
    return Task(
        "documents",
        "knowledge",
        "a customer's whole story finds one of the policies it needs",
        [Source(row["id"], row["content"], {"title": row["title"]}) for row in _rows(documents)],
        [
            Question(row["instructions"], frozenset(row["required_documents"]))
            for row in _rows(tasks)
            if row["required_documents"]
        ],
    )


def _snippets(snippets: Path, turns: Path) -> Task:
    return Task(
        "snippets",
        "knowledge",
        "a question in a conversation finds the sentence about the place spoken of",
        [Source(row["id"], row["text"], {"title": row["entity"]}) for row in _rows(snippets)],
        [
            Question(
                conversation_query([turn["text"] for turn in row["turns"]]),
                frozenset(row["gold"]),
            )
            for row in _rows(turns)
            if row["target"]
        ],
    )


def _past_answers(dialogues: Path) -> Task:
    """An answer fits when it does what the true one did: the same acts on the same slots."""
    sources: list[Source] = []
    asked: list[tuple[str, frozenset[tuple[str, str]]]] = []
    by_acts: dict[frozenset[tuple[str, str]], set[str]] = {}
    for row in _rows(dialogues):
        turns = row["turns"]
        if _asks(row["thread_id"]):
            asked += [
                (before["text"], _acts(turn))
                for before, turn in pairwise(turns)
                if turn["role"] == "agent" and "home" in turn and "home" in before
            ]
            continue
        for turn in turns:
            source_id = turn_id(row["thread_id"], turn["i"])
            sources.append(Source(source_id, turn["text"], {"role": turn["role"]}))
            if turn["role"] == "agent" and "home" in turn:
                by_acts.setdefault(_acts(turn), set()).add(source_id)
    questions = [
        Question(text, frozenset(by_acts[acts])) for text, acts in asked if acts in by_acts
    ]
    step = -(-len(questions) // MOST_QUESTIONS) or 1
    return Task(
        "past_answers",
        "conversations",
        "a lead's turn finds an agent's turn of another thread that does what the true reply did",
        sources,
        questions[::step],
        {"role": "agent"},
    )


def _tickets(tickets: Path) -> Task:
    """Each ticket asks, all the others answer: right is one that the same article solved."""
    rows = [row for row in _rows(tickets) if row["gold"]["kb_id"]]
    by_article: dict[str, set[str]] = {}
    for row in rows:
        by_article.setdefault(row["gold"]["kb_id"], set()).add(row["ticket_id"])
    return Task(
        "tickets",
        "tickets",
        "a ticket finds another that the same article solved",
        [Source(row["ticket_id"], _ticket(row), {"ticket_id": row["ticket_id"]}) for row in rows],
        [
            Question(
                _ticket(row),
                frozenset(by_article[row["gold"]["kb_id"]]),
                {"ticket_id": {"$ne": row["ticket_id"]}},
            )
            for row in rows
        ],
    )


def _ticket(row: dict[str, Any]) -> str:
    return f"{row['subject']}\n{row['description']}"


_READERS: list[tuple[tuple[str, ...], Callable[..., Task]]] = [
    (("tickets/kb.jsonl.gz", "tickets/questions.jsonl"), _articles),
    (("tickets/scripts.jsonl", "tickets/questions.jsonl"), _scripts),
    (("knowledge/tau2_banking_docs.jsonl", "knowledge/tau2_banking_tasks.jsonl"), _documents),
    (("knowledge/dstc11_kb.jsonl", "knowledge/dstc11_turns.jsonl"), _snippets),
    (("leasing/dialogues.jsonl",), _past_answers),
    (("tickets/tickets.jsonl",), _tickets),
]


def _asked(questions: Path, kind: str) -> list[Question]:
    return [
        Question(row["text"], frozenset([row["target_id"]]))
        for row in _rows(questions)
        if row["answer_type"] == kind
    ]


def _acts(turn: dict[str, Any]) -> frozenset[tuple[str, str]]:
    return frozenset((act["act"], act["slot"] or "") for act in turn["home"]["acts"])


def _asks(thread_id: str) -> bool:
    return hashlib.sha256(thread_id.encode()).digest()[0] % _HELD_OUT == 0


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with contextlib.ExitStack() as stack:
        if path.suffix == ".gz":
            file = stack.enter_context(gzip.open(path, "rt", encoding="utf-8"))
        else:
            file = stack.enter_context(path.open(encoding="utf-8"))
        yield from (json.loads(line) for line in file if line.strip())
