"""What the fair-housing classes keep out of a profile, and the paths a mention of them opens."""

import re

from .entities.features import ANIMAL_AS_AID
from .models import Intent

_PROTECTED = re.compile(
    r"\b(?:church|mosque|synagogue|temple|christian|catholic|jewish|muslim|hindu|religio\w*|"
    r"kids?|child(?:ren)?|family|families|pregnan\w*|baby|single (?:mom|mother|dad|father)|married|"
    r"gay|lesbian|transgender|lgbt\w*|black|white|asian|latin[oax]|hispanic|african|mexican|chinese|indian|"
    r"race|racial|ethnic\w*|immigrants?|nationality|disab\w*|wheelchair|handicap\w*|blind|deaf|"
    r"seniors?|elderly|veterans?|section 8|vouchers?|women|men|female|male)\b"
)

PATHS: tuple[tuple[str, re.Pattern[str], Intent], ...] = (
    ("path_animal", ANIMAL_AS_AID, Intent.ANIMAL),
    (
        "path_voucher",
        re.compile(
            r"\b(?:section[- ]?8|housing (?:choice )?vouchers?|vouchers?|hcv|hud[- ]?vash|rental assistance|rent subsid\w+|"
            r"housing assistance|source of income)\b"
        ),
        Intent.VOUCHER,
    ),
    (
        "path_accommodation",
        re.compile(
            r"\b(?:reasonable (?:accommodation|modification)s?|wheelchair[- ]?(?:accessib\w+|user|ramp)?|grab bars?|"
            r"(?:because of|due to) my (?:disability|condition|health|mobility)|i(?:'m| am) disabled|my disability|disabilit(?:y|ies)|"
            r"ada (?:unit|accessible|compliant)|accessible (?:unit|apartment|parking)|mobility (?:issue|impair)\w*|"
            r"handicap\w*|hearing[- ]impaired|visually impaired|live-?in aide|caregiver)\b"
        ),
        Intent.ACCOMMODATION,
    ),
    (
        "path_steering",
        re.compile(
            r"\b(?:what (?:kind|kinds|sort|type) of (?:people|residents?|neighbo(?:u)?rs?|tenants?|families)|who lives? (?:there|here|in)|"
            r"(?:is|are) (?:it|the (?:area|neighbo(?:u)?rhood|place|complex|building|community|schools?)|there|this)\b[^?]{0,30}?\b(?:safe|dangerous|sketchy|crime|ghetto|"
            r"family[- ]friendly|good schools?|diverse|white|black|hispanic|asian|jewish|christian|muslim|kids|children)|"
            r"(?:safe|good|bad|nice|rough|sketchy|family[- ]friendly) (?:area|neighbo(?:u)?rhood|part of town)|crime(?: rates?)?|how safe|"
            r"good schools?|school (?:quality|ratings?|district)|best schools?|people like (?:me|us)|my kind of people|demographics?|"
            r"(?:lots? of|many|any|mostly|other) (?:families|kids|children|students|young professionals|seniors|foreigners|immigrants|"
            r"christians|muslims|jews|jewish|whites?|blacks?|asians?|latinos?|hispanics?|mexicans|indians)(?: (?:there|here|living|in))?)\b"
        ),
        Intent.STEERING,
    ),
    (
        "path_screening",
        re.compile(
            r"\b(?:(?:would|will|do|can|could|am|might) (?:i|we) (?:be )?(?:qualif\w+|approved|eligible|accepted|get approved|pass)|"
            r"(?:approve|accept|deny|reject) (?:me|us|my application)|my credit|credit score (?:is|of)|bad credit|low credit|no credit|"
            r"evict(?:ed|ion)|chances of (?:getting )?(?:approv\w+|accepted)|am i (?:qualified|approved|eligible)|if i(?:'d| would)? qualify|"
            r"make \w+ (?:times|x) the rent|bankruptcy)\b"
        ),
        Intent.SCREENING,
    ),
    (
        "path_record",
        re.compile(
            r"\b(?:criminal|felon(?:y|ies)?|felons?|misdemeanou?rs?|convict(?:ed|ion)s?|my record|arrest(?:ed)?|jail|prison|probation|parole|"
            r"background check)\b"
        ),
        Intent.RECORD,
    ),
    (
        "path_immigration",
        re.compile(
            r"\b(?:immigra\w+|undocumented|visa(?: status)?|green ?card|citizen(?:ship)?|non-?citizen|no (?:ssn|social security)|itin|"
            r"work permit|refugee|asylum|daca|h-?1b)\b"
        ),
        Intent.IMMIGRATION,
    ),
)


def is_protected(words: str) -> bool:
    return bool(_PROTECTED.search(words.lower()))
