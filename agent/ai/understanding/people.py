"""What a person of the office has to settle; the rule that fired says what it is about."""

from .models import Intent
from .patterns import words
from .phrases import Phrase

_LANGUAGES = (
    r"(?:espa[nñ]ol|spanish|french|chinese|mandarin|cantonese|russian|vietnamese|korean|arabic|"
    r"portuguese|tagalog|german|hindi|polish)"
)

FOR_PEOPLE = (
    Phrase(
        "refuses_bot",
        Intent.HUMAN,
        words(
            r"(?:don't|do not|not|won't|hate|sick of|tired of|stop|no more)\b.{0,16}?\b"
            r"(?:talk|speak|chat|deal|mess)\w* (?:to|with)\b.{0,20}?\b"
            r"(?:bots?|robots?|machines?|computers?|ai|chatbots?)",
        ),
    ),
    Phrase(
        "complains",
        Intent.HUMAN,
        words(
            r"(?:this|that|it)(?:'s| is) (?:\w+ )?(?:ridiculous|unacceptable|outrageous|a joke|"
            r"bullshit|infuriating)",
            r"(?:you|you are|you're|you people|you guys|this bot|this chat)(?: are| is)? "
            r"(?:\w+ )?(?:useless|incompetent|a joke|no help|the worst|not helping)",
            r"(?:file|make|have) a complaint|fed up|still (?:haven't|have not) (?:heard|gotten)",
            r"worst (?:service|experience)|waste of (?:my )?time",
            r"(?:nobody|no one) (?:calls?|called|answers?|answered)",
        ),
    ),
    Phrase(
        "asks_erasure",
        Intent.HUMAN,
        words(
            r"(?:delete|erase|remove|wipe|forget|destroy)\b.{0,16}?\b(?:my|our) (?:personal |"
            r"contact |private )?(?:data|info\w*|details|records?|account|chats?|messages|"
            r"conversations?|history|e-?mail(?: address)?|(?:phone )?number)",
            r"forget (?:about )?me|right to be forgotten|gdpr|ccpa",
            r"delete (?:this chat|me|everything about me)",
        ),
    ),
    Phrase(
        "negotiates",
        Intent.HUMAN,
        words(
            r"negotia\w+|wiggle room|come down (?:(?:on|in) (?:the )?(?:price|rent)|a (?:bit|"
            r"little))",
            r"(?:lower|reduce) (?:the|your|this|that|its) (?:rent|price)",
            r"knock (?:\w+ ){0,3}off|(?:can|could|would|will) (?:you|they) (?:do|take|accept|"
            r"go (?:down )?to) (?:it )?(?:for )?\$?\d[\d,]{2,5}(?! ?(?:am|pm|sq|square|months?)\b)",
        ),
    ),
    Phrase(
        "asks_application",
        Intent.HUMAN,
        words(
            r"(?:status|news|update|word|decision|heard|hear|hearing)\b.{0,20}?\b(?:on|of|about|"
            r"regarding|for) (?:my|our|the) application",
            r"(?:did|was|is|has|have|when will) (?:my|our) application",
        ),
    ),
    Phrase(
        "other_language",
        Intent.HUMAN,
        words(
            rf"(?:speak|talk|write|chat|text|understand) (?:\w+ )?{_LANGUAGES}",
            r"(?:habla|hablas|hablan)(?: \w+)? (?:espa[nñ]ol|castellano)",
            r"(?:busco|buscamos|quiero|queremos|necesito|necesitamos|quisiera|estoy|estamos|"
            r"tienen|tiene|cu[aá]nto|puedo|podemos|me gustar[ií]a)\b.{0,40}?\b(?:un|una|el|la|los|"
            r"las|de|con|para|que|verlo|verla|ver|dos|tres|algo|disponible|mascotas|cuesta|"
            r"buscando|interesad[oa])",
        ),
    ),
)
