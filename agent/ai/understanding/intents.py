"""What a lead wants, as tables of phrases; the order of a table is the order of the answer."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from .affirmation import affirms, negates, wants_otherwise
from .message import Message
from .models import Context, Intent
from .patterns import HOME, ONE, VISIT, opening, whole, words
from .protected import PATHS


class _Phrase(NamedTuple):
    name: str
    intent: Intent
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None = None

    def fits(self, low: str) -> bool:
        if not self.pattern.search(low):
            return False
        return self.unless is None or not self.unless.search(low)


_STOP_WORD = whole(r"stop(?: ?all)?|unsubscribe|end|quit|revoke|opt[- ]?out")
_BARE_CANCEL = whole(r"(?:please )?cancel(?: (?:it|that|this|please|everything))?")

_PEOPLE = (
    r"(?:human|person|someone|somebody|agent|representative|rep|manager|staff|operator|advisor|"
    r"leasing (?:agent|office|team)|real people)"
)
_MACHINE = (
    r"(?:bot|robot|human|(?:real |actual |live )?person|ai|machine|computer|chatbot|automated)"
)

_ANYWHERE = (
    _Phrase(
        "wants_no_messages",
        Intent.OPT_OUT,
        words(
            r"(?:stop|quit) (?:text|messag|contact|email|call|send)ing",
            r"(?:don't|do not|never) (?:text|message|contact|email|call|write to) me",
            r"take me off|remove me from|(?:unsubscribe|opt) me(?: out)?|opt out|leave me alone",
            r"no more (?:texts|messages|emails|calls)",
        ),
    ),
    _Phrase(
        "asks_if_bot",
        Intent.BOT_QUESTION,
        words(
            rf"are you (?:an? |really |actually |even )*(?:real|{_MACHINE})",
            rf"(?:is this|am i) (?:an? |talking to |speaking (?:to|with) |chatting with |"
            rf"texting )*{_MACHINE}",
            rf"you'?re an? {_MACHINE}|(?:bot|human|person|robot) or an? (?:bot|human|person|robot|"
            rf"machine)",
        ),
    ),
    _Phrase(
        "wants_human",
        Intent.HUMAN,
        words(
            rf"(?:talk|speak|chat|connect|transfer|put|pass|hand)\b.{{0,24}}?\b{_PEOPLE}",
            r"(?:need|want|get|prefer) (?:me )?(?:an? |the )?(?:real |live |actual )?"
            r"(?:human|person|agent|representative|rep|manager)",
            r"(?:real|live|actual) (?:human|person|agent)|human(?: being)?,? please",
            r"call me(?: back)?|have (?:someone|somebody) (?:call|contact|reach)",
        ),
    ),
    _Phrase("says_human", Intent.HUMAN, whole(r"human|agent|representative|operator|person")),
)
_ABOUT_HOMES = (
    _Phrase(
        "reschedules",
        Intent.RESCHEDULE,
        words(
            rf"reschedul\w*|postpone|(?:change|move|push|shift|switch|delay)\b.{{0,20}}?"
            rf"\b(?:{VISIT}|date|day|time|booking)",
            r"(?:different|another|new|other) (?:date|day|time|slot)s?",
        ),
    ),
    _Phrase(
        "cancels_tour",
        Intent.CANCEL_TOUR,
        words(
            rf"(?:cancel|call off|drop|scrap)\b.{{0,30}}?\b(?:{VISIT}|booking)",
            r"(?:can't|cannot|won't|not going to|unable to|no longer) (?:be able to )?"
            r"(?:make it|come|attend|visit)",
            rf"(?:don't|do not|no longer) (?:want|need) (?:the |an? |my |to )?(?:{VISIT}|visit|"
            rf"tour)",
        ),
    ),
    _Phrase(
        "applies",
        Intent.APPLY,
        words(
            r"appl(?:y|ying)(?! to)|(?:start|begin|submit|fill (?:out|in)|send|get|do|have|"
            r"complete|"
            r"file)\b.{0,20}?\bapplications?",
            r"(?:i'll|i will) take (?:it|this one|that one)|sign(?:ing)? (?:the|a) lease|lease it",
            r"ready to (?:apply|sign|rent|lease)|want to rent (?:it|this|that)",
        ),
    ),
    _Phrase(
        "asks_documents",
        Intent.DOCUMENTS,
        words(r"documents?|paperwork|papers|pay ?stubs?|proof of (?:income|employment)"),
    ),
    _Phrase(
        "compares",
        Intent.COMPARE,
        words(
            r"compar\w+|differences? between|side by side|versus|vs",
            r"which (?:one|of (?:them|these|those|the \w+))?\b.{0,20}?\b(?:better|cheaper|cheapest|"
            r"bigger|biggest|best|closer|larger|nicer)",
        ),
    ),
    _Phrase(
        "favorites",
        Intent.FAVORITE,
        words(
            r"favou?rites?|bookmark|shortlist|star (?:it|this|that)|save (?:it|this|that|the)",
            r"keep (?:it|that one|this one|that|this) (?:in mind|for later|on the list)",
            r"remember (?:that|this) one",
        ),
    ),
    _Phrase(
        "tours",
        Intent.TOUR,
        words(
            VISIT,
            rf"visit(?:ing)?|tour(?:ing)?|go(?:ing)? to (?:see )?(?:the|that|this|it) ?{HOME}?",
            rf"(?:see|view|check out|look at) (?:it|this|that|them|"
            rf"the (?:\w+ )?{ONE})(?: in person)?",
            r"in person|come (?:by|over|see|look)|(?:stop|swing|drop) by|schedul(?:e|ing)",
            r"book (?:it|one|me|something|that|this)",
        ),
    ),
    _Phrase(
        "wants_more",
        Intent.MORE,
        words(
            rf"(?:other|another|different|more|alternative|additional|new|"
            rf"next) (?:\w+ ){{0,3}}?{ONE}",
            r"others|alternatives?|more options|some more|next one|show me more",
            r"(?:keep|continue) (?:looking|searching|the search|going)|search (?:again|more|"
            r"further)",
            r"something (?:different|cheaper|bigger|smaller|closer|nicer|similar|better)",
        ),
    ),
    _Phrase(
        "wants_something_else",
        Intent.MORE,
        words(r"(?:any(?:thing|where)?|some(?:thing|where)|what) (?:\w+ ){0,2}?else"),
        unless=words(
            r"(?:don't|do not|not|no|won't) (?:\w+ ){0,2}?(?:need|want|require|"
            r"for)?\s?any(?:thing|where) else"
        ),
    ),
    _Phrase(
        "rejects",
        Intent.REJECT,
        words(
            r"(?:don't|do not|didn't|not really) (?:like|love)|hate|no good|out of my (?:budget|"
            r"range)",
            r"not (?:for me|interested|what i|my (?:style|taste)|a fan|quite|that one|this one|"
            r"into)",
            r"(?:too|a bit|bit|kind of|little) (?:too )?(?:expensive|far|small|big|pricey|much|"
            r"old|high|"
            r"costly|steep)",
            r"pass on|i'll pass|skip (?:it|this|that)|isn't (?:for me|what)|"
            r"won't work|doesn't work",
        ),
    ),
    _Phrase(
        "names_a_home",
        Intent.FIND,
        opening(rf"(?:an?|another|some) (?:\w+ ){{0,3}}?{HOME}"),
    ),
    _Phrase(
        "finds",
        Intent.FIND,
        words(
            rf"(?:find|search\w*|look\w*|hunt\w*|need|want|get|show|locate|seeking|rent|like|"
            rf"prefer|"
            rf"interested in|love|hoping|how about|what about)\b.{{0,60}}?(?:\b(?:an?|any|some|"
            rf"other|another)\b.{{0,30}}?\b{ONE}|\b(?:apartments|homes|places|houses|condos)\b)",
            rf"(?:are there|is there|do you have|have you got|got|any)\b.{{0,40}}?\b{ONE}",
            r"looking (?:to (?:move|rent|relocate)|for)|(?:i'm|i am|we're|we are) (?:moving|"
            r"relocating)",
            r"new place|place to (?:live|stay|rent)|(?:find|search)(?:ing)?(?! out)",
        ),
    ),
)
_VISITS = next(phrase for phrase in _ABOUT_HOMES if phrase.intent is Intent.TOUR)
_MANNERS = (
    _Phrase(
        "thanks",
        Intent.THANKS,
        words(r"thanks?(?: you| u)?|thankyou|appreciated?|grateful|cheers"),
    ),
    _Phrase(
        "says_goodbye",
        Intent.GOODBYE,
        words(
            r"bye+|good ?bye|see (?:you|ya)(?! (?:at|on|tomorrow))|farewell|take care|good night",
            r"have an? (?:nice|good|great|lovely|wonderful)|talk (?:to you )?later|all set|"
            r"nothing else",
            r"that(?:'s| is|'ll be| will be| would be) (?:all|it|enough|everything)"
            r"(?! (?:right|good|correct|great))",
            r"all (?:i|we) (?:need|want)\w*|everything i need\w*|all (?:the )?(?:help|information|"
            r"info)",
            r"(?:i'm|we're) (?:done|good)|all for now",
        ),
    ),
    _Phrase(
        "greets",
        Intent.GREET,
        opening(r"hi+|hello+|hey+|good (?:morning|afternoon|evening|day)|greetings|howdy|yo|hiya"),
    ),
    _Phrase(
        "makes_smalltalk",
        Intent.SMALLTALK,
        words(
            r"how(?: are|'s| is) (?:you|it going)|nice to meet|what(?:'s| is) your name|"
            r"who are you",
            r"tell me a joke|lol|haha+|lmao",
        ),
    ),
)

_APPROVAL = (
    r"(?:good|great|nice|perfect|fine|lovely|awesome|amazing|wonderful|excellent|fantastic|"
    r"terrific|"
    r"ideal|right|better|interesting|promising|well|okay|cool|fair|reasonable|decent|beautiful|"
    r"suitable|sweet)"
)
_APPROVES = words(
    rf"(?:sound|look|seem|work|feel)s? (?:\w+ ){{0,3}}?(?:{_APPROVAL}|like (?:an?|the|what|it|"
    rf"something)|for me)",
    r"(?:i|i'd|we|i'll|i'd) (?:\w+ ){0,2}?(?:like|love|prefer|take|choose|pick|want|go (?:with|"
    r"for))"
    r" (?:\w+ ){0,2}?(?:it|that|this|the (?:\w+ )?one|place|apartment|sound)",
    r"(?:that|this|it|which|one|apartment|property|place)(?:'s|'ll)?(?: \w+){0,4}? (?:good|great|"
    r"nice|"
    r"perfect|fine|lovely|awesome|amazing|wonderful|excellent|fantastic|ideal|suitable|terrific|"
    r"cool|okay|the one|works?|best|right one|will do|interests me)",
    r"interested in|works for me|good (?:one|choice|option)|go with|right one|(?:one )?i (?:like|"
    r"love)",
    rf"what i(?:'m| am| was)? (?:looking|need|want)\w*|{_APPROVAL}(?! (?:to|for) (?:know|hear))|"
    r"sure|alright|all right|yes|yeah|yep|yup",
)
_UNDECIDED = words(
    r"not|isn't|doesn't|don't(?! (?:need|have|want|mind|think (?:so|i)))|no|too \w+|instead|rather|"
    r"others?|another|different|maybe|before|cheaper|bigger|smaller"
)
_SATISFIED = words(
    r"that(?:'s| is|'ll be| will be| was) (?:all|everything)(?: the \w+)?(?: that)?(?: i|"
    r" we) (?:need|want)\w*",
    r"(?:all|everything) (?:that )?(?:i|we) (?:need|want)\w*|all (?:of )?the (?:help|information|"
    r"info)",
    r"that (?:would|will) be all|(?:i'll|i will|let's) try (?:it|this|that)",
)
_TOUR_TALK = frozenset({"confirm", "tour", "more", "slot", "tour_date", "search"})


def read_intents(message: Message, context: Context) -> Iterator[tuple[Intent, str]]:
    low = message.low
    if _STOP_WORD.match(low):
        yield Intent.OPT_OUT, "opt_out_word"
        return
    if _BARE_CANCEL.match(low):
        yield Intent.CANCEL, "bare_cancel"
        return
    for name, pattern, intent in PATHS:
        if pattern.search(low):
            yield intent, name
    for phrase in _ANYWHERE:
        if phrase.fits(low):
            yield phrase.intent, phrase.name
    homes = "\n".join(clause.low for clause in message.homes)
    for phrase in _ABOUT_HOMES if homes else ():
        if phrase.fits(homes):
            yield phrase.intent, phrase.name
    if homes:
        yield from _answers(message, context)
    for phrase in _MANNERS:
        if phrase.fits(low):
            yield phrase.intent, phrase.name


def _answers(message: Message, context: Context) -> Iterator[tuple[Intent, str]]:
    if _approves(message, context):
        yield Intent.SELECT, "approves_home"
    first = message.homes[0].low
    if negates(first):
        yield Intent.NEGATE, "says_no"
    elif wants_otherwise(message.low) and context.agent.confirming:
        yield Intent.NEGATE, "wants_otherwise"
    elif affirms(first):
        yield Intent.AFFIRM, "says_yes"


def _looks_on(homes: str) -> bool:
    return any(
        phrase.fits(homes)
        for phrase in _ABOUT_HOMES
        if phrase.intent in (Intent.MORE, Intent.REJECT, Intent.COMPARE)
    )


def _approves(message: Message, context: Context) -> bool:
    """Likes the home under discussion, as opposed to agreeing to what the agent would do."""
    if context.focus is None and not context.agent.homes:
        return False
    clauses = [clause.low for clause in message.homes]
    homes = "\n".join(clauses)
    if _TOUR_TALK & {*context.agent.asked} or _UNDECIDED.search(homes) or _looks_on(homes):
        return False
    if any(clause.asks and not _VISITS.fits(clause.low) for clause in message.homes):
        return False
    return any(map(_APPROVES.search, clauses)) or any(map(_SATISFIED.search, clauses))
