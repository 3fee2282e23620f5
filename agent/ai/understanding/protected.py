"""What fair housing keeps out of a profile, and the fixed paths that a mention of it opens."""

from .entities.features import ANIMAL_AS_AID
from .models import Intent
from .patterns import words

_PROTECTED = words(
    r"church\w*|mosques?|synagogues?|temples?|christian\w*|catholic|jew(?:s|ish)?|muslims?|"
    r"hindu\w*|religio\w*",
    r"kids?|child(?:ren)?|famil(?:y|ies)|pregnan\w*|bab(?:y|ies)|single (?:mom|mother|dad|father)|"
    r"married",
    r"gay|lesbian|trans(?:gender)?|lgbt\w*|women|men|female|male",
    r"black|white|asians?|latin[oax]s?|hispanics?|africans?|mexicans?|chinese|indians?",
    r"race|racial|ethnic\w*|immigrants?|nationality|foreign\w*",
    r"disab\w*|wheelchair|handicap\w*|blind|deaf|seniors?|elderly|veterans?|section 8|vouchers?",
)
_PEOPLE = (
    r"(?:families|kids|children|students|young professionals|seniors|foreigners|immigrants|"
    r"singles|christians|muslims|jews|jewish|whites?|blacks?|asians?|latinos?|hispanics?|mexicans|"
    r"indians)"
)

PATHS = (
    ("path_animal", ANIMAL_AS_AID, Intent.ANIMAL),
    (
        "path_voucher",
        words(
            r"section[- ]?(?:8|eight)|(?:housing (?:choice )?)?vouchers?|hcv|hud[- ]?vash|"
            r"source of income",
            r"rental assistance|rent(?:al)? subsid\w+|housing assistance|subsidi[sz]ed",
        ),
        Intent.VOUCHER,
    ),
    (
        "path_accommodation",
        words(
            r"(?:reasonable )?(?:accommodation|modification)s? (?:request|for)|"
            r"reasonable (?:accommodation|modification)s?",
            r"wheelchairs?(?:[- ]?(?:accessib\w+|user|ramp))?|grab bars?|live-?in aide|caregiver",
            r"(?:because of|due to) my (?:disability|condition|health|mobility|illness)",
            r"disab(?:led|ility|ilities)|handicap\w*|ada (?:unit|accessible|compliant)",
            r"accessible (?:unit|apartment|parking|bathroom)|mobility (?:issue|impair|problem)\w*",
            r"(?:hearing|visually)[- ]impaired",
        ),
        Intent.ACCOMMODATION,
    ),
    (
        "path_steering",
        words(
            r"(?:what|which) (?:kinds?|sorts?|types?) of (?:people|residents?|neighbou?rs?|"
            r"tenants?|families|crowd)",
            r"who lives? (?:there|here|in|around)|people like (?:me|us)|my kind of people|"
            r"demographics?",
            r"(?:safe|good|bad|nice|rough|sketchy|dangerous|family[- ]friendly|diverse) (?:area|"
            r"neighbou?rhood|part of (?:town|the city))",
            r"(?:is|are) (?:it|that|this|the (?:\w+ )?(?:area|neighbou?rhood|place|complex|"
            r"building|community)|there)\b[^?]{0,24}?\b(?:safe|dangerous|sketchy|crime|ghetto|"
            r"diverse|family[- ]friendly)",
            r"crime(?: rates?)?|how safe|(?:good|best|bad) schools?|school (?:quality|ratings?|"
            r"district)",
            r"(?:section[- ]?8|voucher|low[- ]income) (?:people|residents?|tenants?|families|"
            r"folks)",
            rf"(?:lots? of|many|any|mostly|other|mainly) {_PEOPLE}(?: (?:there|here|living|in|"
            rf"around))?",
        ),
        Intent.STEERING,
    ),
    (
        "path_screening",
        words(
            r"(?:would|will|do|can|could|am|might|should) (?:i|we) (?:still |even |get |"
            r"be )*(?:qualif\w+|approved|eligible|accepted|pass)",
            r"(?:approve|accept|deny|reject) (?:me|us|my application)|if i(?:'d| would)? qualify",
            r"(?:bad|low|no|poor|my) credit|credit score (?:is|of)|evict(?:ed|ions?)|bankruptcy",
            r"chances of (?:getting |being )?(?:approv\w+|accepted)",
        ),
        Intent.SCREENING,
    ),
    (
        "path_record",
        words(
            r"criminal|felon(?:y|ies|s)?|misdemeanou?rs?|convict(?:ed|ions?)|my record|"
            r"arrest(?:ed|s)?",
            r"jail|prison|probation|parole|background checks?",
        ),
        Intent.RECORD,
    ),
    (
        "path_immigration",
        words(
            r"immigra\w+|undocumented|visa(?: status)?(?! (?:card|debit|credit|gift))|"
            r"green ?card|(?:non-?)?citizen(?:ship|s)?",
            r"no (?:ssn|social security)|(?:without|don't have) (?:an? )?(?:ssn|"
            r"social security)\w*",
            r"itin|work permit|refugee|asylum|daca|h-?1b",
        ),
        Intent.IMMIGRATION,
    ),
)


def is_protected(text: str) -> bool:
    return bool(_PROTECTED.search(text.lower()))


def without_protected(text: str) -> str:
    """The text in lower case, without any word that fair housing keeps out."""
    low = text.lower()
    for pattern in (_PROTECTED, *(pattern for _, pattern, _ in PATHS)):
        low = pattern.sub(" ", low)
    return low


def touches_protected(text: str) -> bool:
    """Whether it speaks of people of a kind, or opens one of the fixed paths."""
    low = text.lower()
    return is_protected(low) or any(pattern.search(low) for _, pattern, _ in PATHS)
