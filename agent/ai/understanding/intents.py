"""What a lead wants, as a table of phrases; the order of the table is the order of the answer."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from .affirmation import affirms, corrects, negates
from .message import Message
from .models import Context, Intent
from .protected import PATHS


class _Phrase(NamedTuple):
    name: str
    pattern: re.Pattern[str]
    intent: Intent


_HOME = r"(?:apartments?|places?|propert(?:y|ies)|homes?|houses?|units?|condos?|studios?|flats?|lofts?|townhouses?|rentals?|bed ?rooms?|somewhere|residence|something|accommodation|options|listings|one|ones)"
_TOUR_NOUN = r"(?:visits?|tours?|viewings?|showings?|appointments?|walk-?throughs?)"

_OPT_OUT_WORD = re.compile(r"^\W*(?:stop|stop ?all|unsubscribe|end|quit|revoke|opt[- ]?out)\W*$")
_BARE_CANCEL = re.compile(r"^\W*(?:please\s+)?cancel(?:\s+(?:it|that|this|please|everything))?\W*$")

_PHRASES = (
    _Phrase(
        "wants_no_messages",
        re.compile(
            r"\b(?:(?:stop|quit) (?:texting|messaging|contacting|emailing|calling|sending)|(?:don't|do not|never) (?:text|message|contact|email|call|"
            r"write to) me|take me off|remove me from|unsubscribe me|opt me out|opt out|leave me alone|no more (?:texts|messages|emails|calls))\b"
        ),
        Intent.OPT_OUT,
    ),
    _Phrase(
        "asks_if_bot",
        re.compile(
            r"\b(?:(?:are|r) you (?:a |an |really |actually )*(?:bot|robot|human|real|person|ai|machine|computer|automated|chatbot|live)|"
            r"(?:is|am) (?:this|i) (?:a |an |talking to |speaking (?:to|with) |chatting with |texting )*(?:a |an )?(?:real |actual |live )?(?:bot|robot|human|person|ai|machine|computer|chatbot)|"
            r"(?:bot|human) or (?:a )?(?:human|bot|person|robot|machine)|you'?re (?:a )?(?:bot|robot|ai))\b"
        ),
        Intent.BOT_QUESTION,
    ),
    _Phrase(
        "wants_human",
        re.compile(
            r"\b(?:(?:talk|speak|chat|connect|transfer|get|put|pass|hand)\b.{0,24}?\b(?:human|person|someone|somebody|agent|representative|rep|manager|"
            r"staff|leasing (?:agent|office|team)|operator|real people|advisor)|(?:real|live|actual) (?:human|person|agent)|human(?: being)?,? please|"
            r"(?:need|want) (?:a |an )?(?:human|person|agent|representative|rep|manager)|(?:call|phone) me(?: back)?\b|have (?:someone|somebody) call)\b|^\W*(?:human|agent|representative|operator)\W*$"
        ),
        Intent.HUMAN,
    ),
    _Phrase(
        "reschedules",
        re.compile(
            rf"\b(?:reschedul\w*|(?:change|move|push|shift|switch|postpone|delay)\b.{{0,20}}?\b(?:my |the |our )?(?:{_TOUR_NOUN}|date|day|time|booking)|"
            rf"(?:different|another|new|other) (?:date|day|time|slot)\b|postpone)\b"
        ),
        Intent.RESCHEDULE,
    ),
    _Phrase(
        "cancels_tour",
        re.compile(
            rf"\b(?:cancel\b.{{0,30}}?\b(?:{_TOUR_NOUN}|booking)|(?:call off|drop|delete|remove|scrap)\b.{{0,12}}?\b(?:{_TOUR_NOUN}|booking)|"
            rf"(?:can't|cannot|won't|not going to|unable to|no longer) (?:be able to )?(?:make|come|attend|visit)\b.{{0,20}}|don't (?:want|need) (?:the|a|my|to) (?:{_TOUR_NOUN}|visit|tour))\b"
        ),
        Intent.CANCEL_TOUR,
    ),
    _Phrase(
        "applies",
        re.compile(
            r"\b(?:appl(?:y|ying)\b(?! to)|(?:start|begin|submit|fill (?:out|in)|send|get|do|have|complete|file)\b.{0,20}?\bapplications?|"
            r"i(?:'ll| will) take (?:it|this|that)|(?:sign|signing) (?:the |a )?lease|ready to (?:apply|sign|rent|lease)|lease it|i want to rent (?:it|this|that))\b"
        ),
        Intent.APPLY,
    ),
    _Phrase(
        "asks_documents",
        re.compile(
            r"\b(?:documents?|paperwork|papers|pay ?stubs?|proof of (?:income|employment))\b"
        ),
        Intent.DOCUMENTS,
    ),
    _Phrase(
        "compares",
        re.compile(
            r"\b(?:compar\w+|difference between|which (?:one )?(?:is|are|of (?:them|these|those)|one)\b.{0,20}?\b(?:better|cheaper|cheapest|bigger|biggest|best|closer|larger|nicer|recommend)|"
            r"side by side|versus|vs)\b"
        ),
        Intent.COMPARE,
    ),
    _Phrase(
        "favorites",
        re.compile(
            r"\b(?:favou?rites?|save (?:it|this|that|the)|bookmark|shortlist|keep (?:it|that one|this one|that|this) (?:in mind|for later|on the list)|star (?:it|this|that)|remember (?:that|this) one)\b"
        ),
        Intent.FAVORITE,
    ),
    _Phrase(
        "tours",
        re.compile(
            rf"\b(?:{_TOUR_NOUN}|visit(?:ing)?|tour(?:ing)?|(?:see|view|check out|look at|check)\s+(?:it|this|that|them|the|one|in person|inside)\b(?:\s+(?:one|place|apartment|property|unit|home|house|second|first|"
            rf"third|last|cheaper|condo))?(?:\s+(?:in person|on|at|tomorrow|today|this|next|out))?|come (?:by|over|see|look)|stop by|swing by|drop by|walk ?through|(?:schedule|book) (?:it|one|me|something|that|this)|"
            rf"(?:schedul\w+|appointment))\b"
        ),
        Intent.TOUR,
    ),
    _Phrase(
        "wants_more",
        re.compile(
            rf"\b(?:(?:any(?:thing|where)?|some(?:thing|where)?|what)\s+(?:\w+\s+)?else|(?:any|some|other|another|different|more|alternative|additional|new|next)\s+(?:\w+\s+){{0,2}}?(?:apartments?|places?|propert(?:y|ies)|"
            rf"options?|homes?|units?|ones?|listings?|choices?|results?|alternatives?|condos?|rentals?)|others\b|alternatives?|more (?:options|of)|"
            rf"keep (?:looking|searching)|continue (?:searching|looking|the search)|search (?:again|more|further)|something (?:different|cheaper|bigger|smaller|closer|nicer|similar|better)|next one|show me more|different one|other (?:ones|one))\b"
        ),
        Intent.MORE,
    ),
    _Phrase(
        "rejects",
        re.compile(
            r"\b(?:(?:don't|do not|didn't|not really) (?:like|love|want)|not (?:for me|interested|what i|my (?:style|taste)|a fan|quite|that one|this one|into)|too (?:expensive|far|small|big|pricey|much|old|high|costly)|"
            r"(?:a bit|bit|kind of|little) (?:too )?(?:expensive|far|small|pricey|high|costly|steep)|pass on|skip (?:it|this|that)|isn't (?:for me|what|right)|hate|no good|won't work|doesn't work|out of my (?:budget|range)|"
            r"i(?:'d| would) rather not)\b"
        ),
        Intent.REJECT,
    ),
    _Phrase(
        "finds",
        re.compile(
            rf"\b(?:(?:find|search\w*|look\w*|hunt\w*|need|want|get|show|help|locate|seeking|after|rent|like|prefer|interested in|love|hoping)\b.{{0,60}}?\b{_HOME}\b|"
            rf"(?:are there|is there|do you have|have you got|got|any)\b.{{0,40}}?\b{_HOME}\b|looking to (?:move|rent|relocate)|(?:i'm|i am|we're|we are) (?:moving|relocating)|"
            rf"new place|place to (?:live|stay|rent)|(?:find|search)\w*\b)"
        ),
        Intent.FIND,
    ),
)
_LATE_PHRASES = (
    _Phrase(
        "thanks",
        re.compile(r"\b(?:thank(?:s| you| u)?|thankyou|appreciate|grateful|cheers|much obliged)\b"),
        Intent.THANKS,
    ),
    _Phrase(
        "says_goodbye",
        re.compile(
            r"\b(?:bye+|goodbye|good ?bye|see (?:you|ya)(?! at)|farewell|have a (?:nice|good|great|lovely|wonderful)|take care|good night|talk (?:to you )?later|"
            r"(?:that's|that is|thats|that will be|that'll be|that would be) (?:all|it|enough|everything)(?! (?:right|good))|that's all|all (?:i|we) need\w*|all (?:the )?(?:help|information|info)|all set|nothing else|i'm (?:done|good)|we're (?:done|good)|"
            r"all for now)\b"
        ),
        Intent.GOODBYE,
    ),
    _Phrase(
        "greets",
        re.compile(
            r"^\W*(?:hi+|hello+|hey+|good (?:morning|afternoon|evening|day)|greetings|howdy|yo|hiya|what's up|sup)\b"
        ),
        Intent.GREET,
    ),
    _Phrase(
        "makes_smalltalk",
        re.compile(
            r"\b(?:how are you|how's it going|how is it going|nice to meet|what's your name|who are you|tell me a joke|lol|haha+|lmao)\b"
        ),
        Intent.SMALLTALK,
    ),
)
_ALWAYS = frozenset(
    {Intent.OPT_OUT, Intent.BOT_QUESTION, Intent.HUMAN, Intent.THANKS, Intent.GOODBYE, Intent.GREET}
)
_APPROVES = re.compile(
    r"\b(?:(?:sound|look|seem|work|feel)s?\s+(?:\w+\s+){0,3}?(?:good|great|nice|perfect|fine|lovely|awesome|amazing|wonderful|excellent|fantastic|terrific|ideal|right|better|interesting|promising|well|ok|okay|cool|fair|"
    r"reasonable|decent|beautiful|suitable|like|for me)|(?:i|i'd|we|would|i'll)\s+(?:\w+\s+){0,2}?(?:like|love|prefer|take|choose|pick|want|go with|go for)\s+(?:\w+\s+){0,2}?(?:it|that|this|the|one)\b|"
    r"interested in|(?:that|this|it|which|one|apartment|property|place)(?:'s|'ll| is| was| will| would| seems?)?\s*(?:be\s+)?(?:a |an |just |really |very |so |quite |pretty |exactly |the |absolutely |also )*(?:good|great|nice|perfect|fine|lovely|awesome|amazing|"
    r"wonderful|excellent|fantastic|ideal|the one|what i|suitable|cool|works?|okay|best|right one|terrific|do)\b|works for me|good (?:one|choice|option)|let's go with|go with|the right one|i like|i love|loved? it|liked it|perfect|great|awesome|excellent|"
    r"wonderful|fantastic|nice|cool|good|fine|okay|sure|alright|lovely|amazing|all right|yes|yeah|yep|yup|terrific)\b"
)
_DISAPPROVES = re.compile(r"\b(?:not|isn't|doesn't|don't|no|too|but|however|instead|rather)\b")


def _approves(message: Message, context: Context) -> bool:
    """Likes the home under discussion, as opposed to agreeing to what the agent proposes to do."""
    if context.focus is None and not context.agent.homes:
        return False
    if {"confirm", "tour", "more", "slot", "tour_date", "search"} & {*context.agent.asked}:
        return False
    return any(
        _APPROVES.search(clause.low) and not _DISAPPROVES.search(clause.low) and not clause.asks
        for clause in message.homes
    )


def read_intents(message: Message, context: Context) -> Iterator[tuple[Intent, str]]:
    low = message.low
    if _OPT_OUT_WORD.match(low):
        yield Intent.OPT_OUT, "opt_out_word"
        return
    if _BARE_CANCEL.match(low):
        yield Intent.CANCEL, "bare_cancel"
        return
    for name, pattern, intent in PATHS:
        if pattern.search(low):
            yield intent, name
    homes = "\n".join(clause.low for clause in message.homes)
    for phrase in _PHRASES:
        text = low if phrase.intent in _ALWAYS else homes
        if phrase.pattern.search(text):
            yield phrase.intent, phrase.name
    if message.homes:
        yield from _answers(message, context)
    for phrase in _LATE_PHRASES:
        if phrase.pattern.search(low):
            yield phrase.intent, phrase.name


def _answers(message: Message, context: Context) -> Iterator[tuple[Intent, str]]:
    first = message.homes[0].low
    if _approves(message, context):
        yield Intent.SELECT, "approves_home"
    if negates(first):
        yield Intent.NEGATE, "says_no"
    elif affirms(first):
        yield Intent.AFFIRM, "says_yes"
    if corrects(message.low) and context.agent.confirming:
        yield Intent.NEGATE, "wants_other"
