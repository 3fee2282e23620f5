"""What people say and write around a name, and the words that are none."""

import re

MY_NAME_IS = re.compile(
    r"(?:\bmy (?:full |legal |first |last )*name(?:'s| is)|\bi am called"
    r"|\bunder the name(?: of)?|\b(?<!property )(?<!community )(?<!building )(?<!street )"
    r"(?<!company )(?<!complex )(?<!pet )name *[:=]|(?:^|[^\w\s] *|\n)the name(?:'s| is)) +",
    re.IGNORECASE,
)
I_AM = re.compile(
    r"(?:\b(?P<alone>call me)|\b(?P<greets>hi|hello|hey)\b[,!. ]+(?:it's|its|it is|this is)"
    r"|\b(?:i'm|i am|im|(?P<this>this is))) +",
    re.IGNORECASE,
)
ENDS = re.compile(
    r" *(?:$|[^\w ]|(?:and|from|with|here|again|please|by|thanks|thank|thx|but|so|who|speaking"
    r"|calling|texting|writing|looking|is|i|i'm|we|my|can|could|do)\b)",
    re.IGNORECASE,
)
HERE = re.compile(r" (?:speaking|here|again|from|calling|texting|with)\b", re.IGNORECASE)
TITLED_HERE = re.compile(
    r"(?:^|\n|[^\w\s'’-] *|\b(?:[Hh]i|[Hh]ello|[Hh]ey|[Oo]k)\b[ ,!.]*)"
    r"(?P<name>[A-Z][\w'’.-]+(?: [A-Z][\w'’-]*\.?){0,2}) here\b"
    r"(?=\s*(?:[,.!;:\n–-]|$|and\b|from\b|again\b))"
)
SIGNED = re.compile(
    r"(?:\b(?:thanks(?: so much| again)?|thank you|best(?: wishes)?"
    r"|(?P<strong>(?:best |kind |warm )?regards|cheers|sincerely|yours(?: truly)?|signed"
    r"|respectfully))"
    r"[ ,.!]{0,8}(?:\s|[-–—~])\s{0,4}[-–—~]?\s{0,4}|\n\s{0,4}[-–—~]\s{0,4})(?=[^\W\d_])",
    re.IGNORECASE,
)
_RELATION = (
    r"(?:room-?mate|wife|husband|partner|spouse|fianc[eé]e?|boyfriend|girlfriend|brother|sister"
    r"|mother|mom|mum|father|dad|son|daughter|cousin|aunt|uncle|friend|co-?signer|guarantor"
    r"|landlord|boss|manager|supervisor|employer|grandmother|grandfather)"
)
LABEL = re.compile(
    r"\b(?:contact|attn\.?|attention|tenant|applicant|co-?applicant|resident|occupant|lessee"
    rf"|lessor|caller|customer|client|guest|lead|prospect|reference|holder|{_RELATION})"
    r"(?:'s)?(?: person| name)? *[:=] *",
    re.IGNORECASE,
)
OTHERS = re.compile(
    rf"\b(?:(?:my|our|his|her|their|the)(?: \w+)? {_RELATION}(?:'s name(?: is|,)?"
    r"| is (?:named|called)| (?P<is>is)|,)?|ask(?:ing|ed)? for|attn|c/o|care of"
    r"|(?:speak|spoke|speaking|talk|talked|talking|chatted|met|meet|meeting) (?:with|to)"
    r"|emergency contact is|(?:lease|account|booking|reservation) is under"
    r"|(?:put|book|reserve|file) (?:it|that|this|me)(?: down)? under) +",
    re.IGNORECASE,
)
HONORIFIC = re.compile(r"\b(?:Mr|Mrs|Ms|Mx|Dr|Prof|mr|mrs|ms)\b\.? +|\bMiss +")
GREETING = re.compile(
    r"\b(?:hi|hello|hey|dear|good (?:morning|afternoon|evening))\b,? +", re.IGNORECASE
)
GREETED = re.compile(r" *(?:[,!.:;\n–-]|$)")
LINE_END = re.compile(r"[ .!,]*(?:\n|$)")
SIGNING = ("thank", "best", "regards", "cheers", "sincerely", "yours", "signed", "respect", "\n")
OTHERS_WORDS = (
    "ask", "attn", "c/o", "care of", "spe", "spok", "talk", "chat", "met ", "meet", "contact is",
    "under ", "mate", "wife", "husband", "partner", "spouse", "fianc", "friend", "brother",
    "sister", "mother", "father", "mom", "mum", "dad", "son", "daughter", "cousin", "aunt",
    "uncle", "signer", "guarantor", "landlord", "boss", "manager", "supervisor", "employer",
)  # fmt: skip
"""Of which OTHERS needs one, in lower case."""
GREETING_WORDS = ("hi ", "hi,", "hello", "hey", "dear", "good ")
_ORDINARY = """
    a an the and or but so i i'm im me my mine you your it its it's is was are am be on at by in of
    to for from with without not no yes yeah ok okay sure please thanks thank here there this that
    what who why when where how which if as well also just still only about after before all any
    name called email e-mail mail phone cell mobile number text call best reach contact address work
    home office works fine good great sorry happy glad ready done back new free busy interested
    looking searching hoping trying calling writing moving renting asking wondering planning
    available we he she they can could would will do does did have has had need want
    like prefer see tour visit rent lease apply book cancel stop help person human agent anyone
    maybe later now soon today tomorrow tonight anytime morning afternoon evening noon
    monday tuesday wednesday thursday friday saturday sunday january february march july
    september october november december
    hi hello hey dear attn attention tenant applicant contact resident irish
    team everyone everybody all folks guys sir madam friend ma'am somebody someone nobody anybody
    much many lots again very really also best better regards cheers sincerely mr mrs ms miss dr
    your his her our their leasing management manager office front desk property apartment
    apartments unit house condo studio loft townhouse building complex place pm am ps tbd na
    """
NO_NAME = frozenset(_ORDINARY.split())
_CAPITAL = re.compile(r"[ \n\t]([^a-z\W\d_][^\W\d_][\w'’]*|Jo\b)")
_CUE_WORDS = """
    me i'm im am it's its thanks again much best wishes regards cheers sincerely yours truly
    signed respectfully attn c/o under mr mrs ms mx dr prof miss hi hello hey dear morning
    afternoon evening named roommate room-mate wife husband partner spouse fiancé fiancée fiance
    fiancee boyfriend girlfriend brother sister mother mom mum father dad son daughter cousin aunt
    uncle friend cosigner co-signer guarantor landlord boss manager supervisor employer
    grandmother grandfather - – — ~
"""
_CUE = frozenset(_CUE_WORDS.split())
"""What stands right before a name that somebody introduces."""
_NAMING = re.compile(r"name(?: is|'s|,| ?[:=]| of)")
_COLONS = frozenset(":=")
_CUE_PAIRS = {
    "is": ("this is", "my ", "our ", "contact is", "her ", "his "),
    "you": ("thank you",),
    "for": ("ask",),
    "with": ("spea", "spok", "talk", "chat", "meet", "met "),
    "to": ("spea", "spok", "talk"),
    "of": ("care of",),
    "called": ("i am called", "my ", "our "),
}
"""The same for everyday words, with what must stand somewhere else."""


def may_hold_name(text: str, lower: str) -> bool:
    """A quick look that lets most texts pass by."""
    if " here" in lower or " speaking" in lower:
        return True
    if "name" in lower and _NAMING.search(lower):
        return True
    absent: set[str] = set()
    for word in _CAPITAL.finditer(text):
        if word[1].lower() in NO_NAME and word[1] != "Will":
            continue
        at = word.start()
        before = lower[max(0, at - 14) : at]
        cue = before[before.rfind(" ") + 1 :].rpartition("\n")[2]
        bare = cue.strip(",.!")
        if bare not in _CUE and cue[-1:] not in _COLONS:
            if bare not in _CUE_PAIRS or bare in absent:
                continue
            if not any(pair in lower for pair in _CUE_PAIRS[bare]):
                absent.add(bare)
                continue
        return True
    return False
