"""What leads say for each intent; the order of a table is the order of the answer."""

import re
from typing import NamedTuple

from .models import Intent
from .patterns import HOME, ONE, VISIT, opening, whole, words


class Phrase(NamedTuple):
    name: str
    intent: Intent
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None = None

    def fits(self, low: str) -> bool:
        if not self.pattern.search(low):
            return False
        return self.unless is None or not self.unless.search(low)


_PEOPLE = (
    r"(?:human|person|someone|somebody|agent|representative|rep|manager|staff|operator|advisor|"
    r"leasing (?:agent|office|team)|real people)"
)
_MACHINE = (
    r"(?:bot|robot|human|(?:real |actual |live )?person|ai|machine|computer|chatbot|automated|"
    r"chat ?gpt|gpt|language model|llm)"
)

ANYWHERE = (
    Phrase(
        "wants_no_messages",
        Intent.OPT_OUT,
        words(
            r"(?:stop|quit) (?:text|messag|contact|email|call|send)ing",
            r"(?:don't|do not|never) (?:text|message|contact|email|call|write to) me",
            r"take me off(?! (?:the|your) (?:schedule|calendar|books?))|remove me from",
            r"(?:unsubscribe|opt) me(?: out)?|opt out|leave me alone",
            r"no more (?:texts|messages|emails|calls)",
        ),
    ),
    Phrase(
        "asks_if_bot",
        Intent.BOT_QUESTION,
        words(
            rf"are you (?:an? |really |actually |even )*(?:real|{_MACHINE})",
            rf"(?:is this|am i) (?:an? |talking to |speaking (?:to|with) |chatting with |"
            rf"texting )*{_MACHINE}",
            r"(?:eres|es usted|est[aá]s|hablo con)\b.{0,12}\b(?:robot|bot|humano|humana|persona|"
            r"m[aá]quina)|(?:es-tu|êtes-vous|tu es|vous êtes)\b.{0,12}\b(?:robot|humaine?|"
            r"personne)|(?:bist du|sind sie)\b.{0,12}\b(?:roboter|bot|mensch|maschine)|"
            r"(?:você é|és)\b.{0,12}\b(?:rob[oô]|humano|pessoa)|(?:ты|вы)\b.{0,8}\b(?:робот|бот|"
            r"человек)|(?:sei|è)\b.{0,8}\b(?:un robot|umano|una persona)",
            r"(?:hello|hi|hey|is|yo)\W+any(?:one|body) (?:there|here|home)",
            r"system prompt|(?:ignore|forget|reveal|show|tell)\b.{0,16}?\byour (?:instructions|"
            r"prompt)",
            rf"you'?re an? {_MACHINE}|(?:bot|human|person|robot) or an? (?:bot|human|person|robot|"
            rf"machine)",
        ),
    ),
    Phrase(
        "wants_human",
        Intent.HUMAN,
        words(
            rf"(?:talk|speak|chat|connect|transfer|put|pass|hand)\b.{{0,24}}?\b{_PEOPLE}",
            r"(?:need|want|get|prefer) (?:me )?(?:an? |the )?(?:real |live |actual )?(?:human|"
            r"person|agent|representative|rep|manager)",
            r"(?:real|live|actual) (?:human|person|agent)|human(?: being)?,? please",
            r"call me(?: back)?|have (?:someone|somebody) (?:call|contact|reach)",
            r"human being|(?:real|actual|live) (?:person|people)|someone real",
            rf"(?:is|are) there (?:an? |any |some )?{_PEOPLE}(?:\W*$| (?:i|we|who|that|there)\b)",
            rf"{_PEOPLE} (?:i|we) (?:can|could) (?:talk|text|speak|call|chat|write)",
        ),
    ),
    Phrase("says_human", Intent.HUMAN, whole(r"human|agent|representative|operator|person")),
)
ABOUT_HOMES = (
    Phrase(
        "reschedules",
        Intent.RESCHEDULE,
        words(
            rf"reschedul\w*|postpone|(?:change|move|push|shift|switch|"
            rf"delay)\b.{{0,20}}?\b(?:{VISIT}|date|day|time|booking)",
            r"(?:different|another|new|other) (?:date|day|time|slot)s?",
            r"(?:move|push|bump|shift|switch|change|put|moving|pushing|putting) (?:it|me|us|that|"
            r"this|mine|my \w+|the \w+)\b.{0,24}?\b(?:to|back|until|for|on|in for)(?= )",
        ),
    ),
    Phrase(
        "cancels_tour",
        Intent.CANCEL_TOUR,
        words(
            rf"(?:cancel|call off|drop|scrap)\b.{{0,30}}?\b(?:{VISIT}|booking)",
            r"(?:can't|cannot|won't|not going to|unable to|no longer) (?:be able to )?(?:make it|"
            r"come|attend|visit)",
            r"take (?:me|us|it|that) off (?:the|your) (?:schedule|calendar|books?|list)",
            r"(?:need|have|want|would like|'d like|going|gotta|got) to cancel|(?:please|just|best|"
            r"can|can you|go ahead and|go ahead n|you can|you could|you may) (?:please )?cancel",
            r"(?:cancel|scrap|drop|call off) (?:it|that|this|mine|ours|me|us|my|our|the \w+day|"
            r"\w+day)|call (?:it|that) off",
            rf"(?:don't|do not|no longer) (?:want|need) (?:the |an? |my |to )?(?:{VISIT}|visit|"
            rf"tour)",
        ),
    ),
    Phrase(
        "cancels_something",
        Intent.CANCEL,
        words(r"(?:cancel|scrap|call off|undo) (?:it|that|this|mine|ours|everything|all)"),
        unless=words(VISIT, r"booking"),
    ),
    Phrase(
        "applies",
        Intent.APPLY,
        words(
            r"appl(?:y|ying)(?! to)|(?:start|begin|submit|fill (?:out|in)|send|get|do|have|"
            r"complete|file)\b.{0,20}?\bapplications?",
            r"(?:i'll|i will) take (?:it|this one|that one)|sign(?:ing)? (?:the|a) lease|lease it",
            r"ready to (?:apply|sign|rent|lease)|want to rent (?:it|this|that)",
        ),
    ),
    Phrase(
        "asks_documents",
        Intent.DOCUMENTS,
        words(r"documents?|paperwork|papers|pay ?stubs?|proof of (?:income|employment)"),
    ),
    Phrase(
        "compares",
        Intent.COMPARE,
        words(
            r"compar\w+|differences? between|side by side|versus|vs",
            r"which (?:one|of (?:them|these|those|the \w+))?\b.{0,20}?\b(?:better|cheaper|"
            r"cheapest|bigger|biggest|best|closer|larger|nicer)",
        ),
    ),
    Phrase(
        "favorites",
        Intent.FAVORITE,
        words(
            r"favou?rites?|bookmark|shortlist|star (?:it|this|that)|save (?:it|this|that|the)",
            r"keep (?:it|that one|this one|that|this) (?:in mind|for later|on the list)",
            r"remember (?:that|this) one",
        ),
    ),
    Phrase(
        "takes_anything",
        Intent.FIND,
        words(
            r"show (?:me|us) (?:something|anything|some|whatever|"
            r"what(?:ever)? you(?:'ve)? (?:have|got)|all|"
            r"everything|homes|options)|surprise me|anything (?:is|works|would be) (?:fine|good|"
            r"okay)",
            r"what (?:do|have) you (?:have|got)(?: available)?|what(?:'s| is) available|"
            r"just show (?:me|us)",
        ),
    ),
    Phrase(
        "tours",
        Intent.TOUR,
        words(
            VISIT,
            rf"visit(?:ing)?|tour(?:ing)?|go(?:ing)? to (?:see )?(?:the|that|this|it) ?{HOME}?",
            rf"(?:see|view|check out|look at) (?:it|this|that|them|"
            rf"the (?:\w+ )?{ONE})(?: in person)?",
            r"in person|come (?:by|over|see|look)|(?:can|could|may) (?:i|we) come|(?:stop|swing|"
            r"drop) by|schedul(?:e|ing)",
            r"book (?:it|one|me|something|that|this)",
        ),
    ),
    Phrase(
        "wants_more",
        Intent.MORE,
        words(
            rf"(?:other|another|different|more|alternative|additional|"
            rf"next) (?:\w+ ){{0,3}}?{ONE}",
            r"others|alternatives?|more options|some more|next one|show me more",
            r"(?:keep|continue) (?:looking|searching|the search|going)|search (?:again|more|"
            r"further)",
            r"something (?:different|cheaper|bigger|smaller|closer|nicer|similar|better)",
        ),
    ),
    Phrase(
        "wants_something_else",
        Intent.MORE,
        words(r"(?:any(?:thing|where)?|some(?:thing|where)|what) (?:\w+ ){0,2}?else"),
        unless=words(
            r"(?:don't|do not|not|no|won't) (?:\w+ ){0,2}?(?:need|want|require|"
            r"for)?\s?any(?:thing|where) else"
        ),
    ),
    Phrase(
        "rejects",
        Intent.REJECT,
        words(
            r"(?:don't|do not|didn't|not really) (?:like|love)|hate|no good|out of my (?:budget|"
            r"range)",
            r"not (?:for me|interested|what i|my (?:style|taste)|a fan|quite|that one|this one|"
            r"into)",
            r"(?:too|a bit|bit|kind of|little) (?:too )?(?:expensive|far|small|big|pricey|much|"
            r"old|high|costly|steep)",
            r"pass on|i'll pass|skip (?:it|this|that)|isn't (?:for me|what)|won't work|"
            r"doesn't work",
        ),
    ),
    Phrase(
        "names_a_home",
        Intent.FIND,
        opening(rf"(?:an?|another|some) (?:\w+ ){{0,3}}?{HOME}"),
    ),
    Phrase(
        "finds",
        Intent.FIND,
        words(
            rf"(?:find|search\w*|look\w*|hunt\w*|need|want|get|show|locate|seeking|rent|like|"
            rf"prefer|interested in|love|hoping|how about|what about)\b.{{0,60}}?(?:\b(?:an?|any|"
            rf"some|other|another)\b.{{0,30}}?\b{ONE}|\b(?:apartments|homes|places|houses|"
            rf"condos)\b)",
            rf"(?:are there|is there|do you have|have you got|got|any)\b.{{0,40}}?\b{ONE}",
            r"looking (?:to (?:move|rent|relocate)|for)|(?:i'm|i am|we're|we are) (?:moving|"
            r"relocating)",
            r"new place|place to (?:live|stay|rent)|(?:find|search)(?:ing)?(?! out)",
        ),
    ),
)
_LEAVES = (
    r"bye+|good ?bye|see (?:you|ya)(?! (?:at|on|tomorrow))|farewell|good night|"
    r"let (?:me|us) (?:think|sleep)|(?:i'll|i will|need to|have to|going to) (?:think|sleep on)|"
    r"(?:i'll|i will|we'll) (?:get back|be in touch|come back to you)"
)
MANNERS = (
    Phrase("leaves", Intent.GOODBYE, words(_LEAVES)),
    Phrase(
        "thanks",
        Intent.THANKS,
        words(r"thanks?(?: you| u)?|thankyou|appreciated?|grateful|cheers"),
    ),
    Phrase(
        "says_goodbye",
        Intent.GOODBYE,
        words(
            r"take care",
            r"have an? (?:nice|good|great|lovely|wonderful)|talk (?:to you )?later|all set|"
            r"nothing else",
            r"that(?:'s| is|'ll be| will be| would be) (?:all|it|enough|everything)(?! (?:right|"
            r"good|correct|great))",
            r"all (?:i|we) (?:need|want)\w*|everything i need\w*|all (?:the )?(?:help|information|"
            r"info)",
            r"(?:i'm|we're) (?:done|good)|all for now",
        ),
    ),
    Phrase(
        "greets",
        Intent.GREET,
        opening(
            r"hi+|hello+|hey+|good (?:morning|afternoon|evening|day)|greetings|howdy|yo|hiya|hola"
        ),
    ),
    Phrase(
        "makes_smalltalk",
        Intent.SMALLTALK,
        words(
            r"how(?: are|'s| is) (?:you|it going)|nice to meet|what(?:'s| is) your name|"
            r"who are you|tell me a joke",
        ),
    ),
    Phrase(
        "laughs",
        Intent.SMALLTALK,
        whole(r"(?:lol|(?:ha)+h?|lmao|rofl|funny)(?:[ ,]+(?:okay|nice|good one))?"),
    ),
)
