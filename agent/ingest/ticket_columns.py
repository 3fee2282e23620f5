"""What people call the columns of a file of tickets, and which field each one fills."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

COLUMNS: dict[str, str] = {
    "ticket_id": """ticket number, ticket id, ticket no, ticket num, ticket nr, ticket key,
        ticket ref, ticket reference, ticket, case number, case id, case no, case num, case key,
        case ref, case reference, case, incident number, incident id, incident, service request
        number, service request id, sr number, sr id, request number, request id, issue number,
        issue id, issue key, external ticket id, reference number, reference, ref, record id,
        number, key, id""",
    "conversation_id": """conversation id, conversation number, conversation no, conversation num,
        conversation key, conversation ref, conversation reference, conversation identifier,
        conversation uuid, conversation guid, conv id, conv no, conv number, convo id, chat id, chat
        session id, chat number, chat no, chat key, call id, call session id, call number, session
        id, interaction id, interaction number, engagement id, thread id, message thread id,
        dialogue id, dialog id, transcript id, original conversation id, source conversation id,
        communication id, contact id, conversation""",
    "transcript": """transcript, conversation transcript, chat transcript, call transcript,
        interaction transcript, full transcript, complete transcript, raw transcript, transcript
        text, transcript body, transcript content, transcription, call transcription, conversation
        text, conversation body, conversation content, conversation log, conversation history,
        conversation messages, full conversation, chat log, chat text, chat history, chat messages,
        call log, message log, message history, messages, dialogue, dialog, dialogue text, verbatim,
        conversation, chat""",
    "created_at": """created at, created on, created date, created time, created datetime, created
        date time, created timestamp, creation date, creation time, creation datetime, create date,
        create time, date created, date time created, time created, created, opened at, opened on,
        opened date, open date, date opened, date time opened, opened, conversation date,
        conversation start, conversation started at, chat date, call date, start time, start date,
        started at, started, received at, received on, received date, date received, received,
        submitted at, submitted on, submitted date, date submitted, submitted, reported at, reported
        on, reported date, logged at, logged on, logged date, timestamp, time stamp, date time,
        datetime, date, time""",
    "channel": """channel, support channel, contact channel, communication channel, conversation
        channel, channel name, channel type, source channel, contact method, contact type, origin,
        medium, media, source, via""",
    "customer_role": """customer role, customer job role, customer title, customer job title,
        customer position, customer type, caller role, client role, requester role, requestor role,
        reporter role, user role, end user role, role of customer, role of caller, role""",
    "product": """product, product name, product line, product family, product title, affected
        product, prod, application, application name, app, app name, software, system, platform""",
    "category": """category, cat, category name, issue category, problem category, main category,
        category detected, classification, issue classification, topic, issue topic, issue area""",
    "priority": """priority, priority level, priority name, urgency, severity, severity level,
        importance""",
    "tier": """tier, support tier, tier level, tier number, escalation tier, resolution tier,
        support level, escalation level, level""",
    "first_tier_agent_name": """first tier agent name, first tier agent, first tier agents name, 1st
        tier agent name, 1st tier agent, tier 1 agent name, tier 1 agent, tier one agent name, tier
        one agent, t1 agent name, t1 agent, level 1 agent name, level 1 agent, l1 agent name, l1
        agent, first line agent, first line agent name, first level agent, front line agent,
        frontline agent, frontline agent name, original agent, original agent name, agent name,
        agent full name, agent, support agent name, support agent, service agent, handling agent,
        handled by, answered by, taken by, assigned agent, representative name, representative, rep
        name, rep, support rep, csr name, csr, advisor, adviser, specialist, support specialist,
        analyst, technician, operator, assigned to, assignee, owner""",
    "account_name": """account name, account, customer account, customer account name, client
        account, account company, company name, company, customer company, customer company name,
        customer organization, management company, management company name, property management
        company, pmc name, pmc, client name, client, organization name, organisation name,
        organization, organisation, organizations, organisations, org name, org, associated company,
        business name, business""",
    "property_name": """property name, property, property title, community name, community, property
        community, site name, site, apartment community, apartment name, apartments, complex name,
        complex, building name, building, location name""",
    "property_city": """property city, city, city name, property town, community city, site city,
        location city, building city, town""",
    "property_state": """property state, state name, state code, us state, property st, property
        province, property state province, state province, property region, community state, site
        state, location state, building state, province, state, st""",
    "contact_name": """contact name, contact full name, contact person, contact person name, name of
        contact, contact, customer contact name, customer contact, customer name, customer full
        name, client contact, caller name, caller, requester name, requester, requestor name,
        requestor, reporter name, reporter, reported by, submitted by, end user name, user full
        name, user name, associated contact, full name, customer, name""",
    "contact_first_name": """contact first name, contact given name, customer first name, caller
        first name, requester first name, first name, given name, contact firstname, firstname""",
    "contact_last_name": """contact last name, contact surname, contact family name, customer last
        name, caller last name, requester last name, last name, surname, family name, contact
        lastname, lastname""",
    "contact_role": """contact role, contact title, contact job title, contact job role, contact
        position, role of contact, contact person role, contact function, job title, job role,
        position""",
    "contact_email": """contact email, contact email address, contact e mail, contact e mail
        address, contact mail, email of contact, email address, email, e mail address, e mail,
        customer email, customer email address, customer e mail, caller email, client email,
        requester email, requestor email, reporter email, user email, mail""",
    "contact_phone": """contact phone, contact phone number, contact phone no, contact telephone,
        contact telephone number, contact tel, contact mobile, contact mobile number, contact mobile
        phone, contact cell, contact cell phone, contact number, phone of contact, phone number,
        phone no, phone, telephone number, telephone, tel, mobile number, mobile phone, mobile, cell
        phone, cell number, cell, customer phone, customer phone number, customer telephone,
        customer mobile, client phone, caller phone, caller phone number, caller number, requester
        phone, user phone, callback number, call back number, callback phone, ani,
        work phone""",
    "subject": """subject, subject line, title, headline, issue title, issue subject, problem title,
        ticket name, case name, issue name,
        short description, short summary, summary, contact reason, reason for contact, reason for
        call, call reason, issue""",
    "description": """description, issue description, problem description, full description, long
        description, detailed description, description of issue, description of the issue,
        description of problem, description of the problem, description text, details, issue
        details, problem details, problem statement, problem, issue summary, problem summary,
        conversation summary, chat summary, call summary, issue, summary""",
}
"""Field -> names of its column, the most telling first; compared after `plain_name`."""

REQUIRED = ("conversation_id", "transcript")
"""A row of names is a header if it names both."""
_ABOUT = ("ticket", "case", "incident", "issue", "request", "support", "original")
"""What may stand before any name."""
LONGEST = 200
"""Characters that the name of a column has; what is longer is a text."""
_AFTER = 1_000
"""The rank of a name of which only a part is known."""
_CALLERS = frozenset(
    {"contact", "caller", "customer", "client", "requester", "requestor", "reporter"}
)
_OWNED = ("contact_", "property_", "account_")
_TALK = frozenset({"conversation", "conv", "chat", "interaction"})
_KEY = frozenset({"id", "ids", "number", "no", "key", "identifier", "uuid", "guid", "reference"})
_SAID = frozenset({"transcript", "transcription", "transcripts"})
_ABOUT_TALK = frozenset(
    {"url", "link", "language", "summary", "status", "length", "score", "date", "type", "file"}
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_SIGNS = re.compile(r"[\W_]+")


def _names() -> dict[str, list[tuple[int, str]]]:
    places: dict[str, list[tuple[int, str]]] = {}
    for field, names in COLUMNS.items():
        for rank, name in enumerate(names.split(",")):
            places.setdefault("".join(name.split()), []).append((rank, field))
    return places


_PLACES = _names()


def plain_name(header: str) -> str:
    """NFKC, folded, one blank for what is neither letter nor digit; "camelCase" is two words."""
    written = unicodedata.normalize("NFKC", header)
    return " ".join(_SIGNS.sub(" ", _CAMEL.sub(" ", written)).casefold().split())


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column fills which field."""

    places: dict[str, int]
    """Field -> column from 0."""
    columns: dict[str, str]
    """Header as it is written -> field."""
    ignored: list[str]

    @property
    def is_whole(self) -> bool:
        return all(field in self.places for field in REQUIRED)


def layout_of(headers: Sequence[Sequence[str]]) -> Layout:
    """The most telling column for each field; a column may be called by several names.

    `headers` are the names of each column, the best first, as they are written.
    """
    ranked = sorted(
        (rank, turn, column, field)
        for column, names in enumerate(headers)
        for turn, name in enumerate(names)
        for rank, field in _fields(name)
    )
    places: dict[str, int] = {}
    taken: dict[int, str] = {}
    for _, _, column, field in ranked:
        if field not in places and column not in taken:
            places[field] = column
            taken[column] = field
    columns = {headers[column][0]: field for column, field in sorted(taken.items())}
    ignored = [
        names[0].strip()[:LONGEST]
        for column, names in enumerate(headers)
        if names and names[0].strip() and column not in taken
    ]
    return Layout(places, columns, ignored)


def _fields(header: str) -> Iterable[tuple[int, str]]:
    """The fields that a name may mean, each with its rank."""
    if len(header) > LONGEST:
        return ()
    for written in (header, _ASIDE.sub(" ", header)):
        words = plain_name(written).split()
        if found := _PLACES.get("".join(words)):
            return found
        if len(words) > 1 and words[0] in _ABOUT and (found := _PLACES.get("".join(words[1:]))):
            return _later(found, partial(_may_follow, words[1]))
        if found := _at_its_end(words) or _by_words(set(words)):
            return found
    return ()


def _may_follow(word: str, field: str) -> bool:
    """Whether a name beginning so may stand behind "Support": its phone is no caller's."""
    if field.startswith("contact_"):
        return word in _CALLERS
    return field not in ("ticket_id", *REQUIRED)


def _later(found: list[tuple[int, str]], allowed: Callable[[str], bool]) -> list[tuple[int, str]]:
    return [(rank + _AFTER, field) for rank, field in found if allowed(field)]


def _at_its_end(words: Sequence[str]) -> list[tuple[int, str]]:
    """ "Primary contact name" is a contact name: what ends in a known name of several words."""
    for start in range(1, len(words) - 1):
        if found := _PLACES.get("".join(words[start:])):
            return _later(found, lambda field: field.startswith(_OWNED))
    return []


def _by_words(words: set[str]) -> list[tuple[int, str]]:
    """The two columns that a file must have, under a name that nobody listed."""
    if words & _TALK and words & _KEY:
        return [(2 * _AFTER, "conversation_id")]
    if words & _SAID and not words & (_KEY | _ABOUT_TALK):
        return [(2 * _AFTER, "transcript")]
    return []
