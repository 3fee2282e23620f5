"""FH1: what nobody is asked."""

from agent.ai.safety.fair_housing.table import refused

_ASK = (
    r"(?:do|does|are|is|have|has|will|would|can|could|may|how many|how|who|what|which|any|were|"
    r"did|where|tell me|please list|list|need to know|describe|share|let me know|why|when)"
)
_END = r" [^.!;]*\?"
_STATE = (
    r"(?:pregnant|expecting|married|single|divorced|separated|widowed|engaged|disabled|deaf|blind|"
    r"gay|straight|lesbian|transgender|trans|retired|religious|elderly|a couple|a student|"
    r"handicapped|autistic|sick|healthy|hispanic|black|white|asian|muslim|christian|jewish|"
    r"catholic|"
    r"hindu|a (?:man|woman|guy|girl|boy|veteran|senior|citizen|christian|muslim)|male|female|"
    r"native|foreign|mexican|american|a family|a single [a-z]+)"
)
_YOU = (
    r"(?:you|your|anyone|everyone|they|he|she|occupants|someone|roommate|guest|guests|"
    r"household|the [a-z]+)"
)

ASKING = (
    *refused(
        "FH1",
        rf"{_ASK} ~8 {{CHILD}}(?: [^.!;]*)? \?",
        r"(?:tell me|please (?:list|state|give|provide|share)|i need to know|need to know|let me "
        r"know|"
        r"may i know|name) ~10 {CHILD}",
        rf"{_ASK} (?:{_YOU} )?~2 (?:starting|planning|plan|want|have|having) ~3 {{FAMILY}}{_END}",
        rf"(?:is|are) {_YOU} ~4 {_STATE}(?: [^.!;]*)? \?",
        r"(?:are|is) (?:you|your) ~2 (?:family|wife|husband|parents) ~3 {NATION}(?: [^.!;]*)? \?",
        r"(?:are|is) (?:you|your) (?:family|wife|husband|parents) ~3 {RACE}(?: [^.!;]*)? \?",
        r"you ~1 pregnant \?",
    ),
    *refused(
        "FH1",
        r"(?:what|which|how) ~4 {FAITH}(?: [^.!;]*)? \?",
        r"(?:do|does|did|will|would) (?:you|your family|they) ~2 (?:go|attend|belong|observe|"
        r"practice|"
        r"pray|worship|visit|celebrate|follow) ~4 {FAITH}(?: [^.!;]*)? \?",
        r"(?:do|does|would|will) you ~3 (?:near|close to|by) ~2 {FAITH}(?: [^.!;]*)? \?",
        r"(?:do|did|will) you ~2 (?:pray|worship)(?: [^.!;]*)? \?",
        r"(?:your|what|which) ~4 {RACE}(?: [^.!;]*)? \?",
        r"(?:what|which) ~3 {NATION}(?: [^.!;]*)? \?",
        r"your (?:ethnicity|race|nationality|national origin|religion|ethnic background)",
    ),
    *refused(
        "FH1",
        r"where (?:are|is|were|was|did|do) (?:you|your family|your parents|they|your people) "
        r"(?:all |really |both )?"
        r"(?:originally|from|born|grow up|grew up)",
        r"(?:what|which) (?:country|part of the world) ~3 (?:you|your)",
        r"are you (?:originally |really )?from (?:around )?(?:here|there)|(?:what is|about|tell "
        r"me) your background|"
        r"were you born(?: [^.!;]*)? \?|what (?:kind|sort) of name|where does it come from|"
        r"your native (?:country|language|tongue)|mother tongue|your heritage",
        r"(?:is|what|which) ~3 {ENGLISH} ~2 (?:your|you)(?: [^.!;]*)? \?",
        r"(?:what|is) ~2 your ~2 {ENGLISH}(?: [^.!;]*)? \?|what languages? (?:do|does) (?:you|"
        r"your)",
    ),
    *refused(
        "FH1",
        r"(?:do|does|will|is|are|have|has|can|what|who) ~5 {PARTNER}(?: [^.!;]*)? \?",
        r"(?:your|what) (?:is )?(?:your )?(?:marital|family|relationship|familial) (?:situation|"
        r"status|"
        r"plans|life)|about your family|family situation|family status|who (?:lives|is) at home",
        r"(?:partner|roommate|spouse) ~4 {LOVE}(?: [^.!;]*)? \?",
        r"(?:what|is|are|do) ~4 {LOVE}(?: [^.!;]*)? \?",
        r"(?:are|is) (?:you|the [a-z]+|your [a-z]+) ~3 {SEX}(?: or ~4)? \?",
    ),
    *refused(
        "FH1",
        r"(?:do|does|are|is|have|has|can|what|why|how|which|when|would|will) ~1 (?:you|your|anyone|"
        r"someone) ~6 {HEALTH}(?: [^.!;]*)? \?",
        r"(?:what|how|why|which) ~5 {HEALTH}(?: [^.!;]*)? \?",
        r"do you take (?:any )?(?:medicine|pills|medication)|(?:what|which) tasks? (?:is|has|does)",
        r"how old (?:are|is) (?:you|your|they|everyone|the (?:occupants|tenants|residents))|"
        r"(?:may i ask|what is|tell me) your age|your (?:birth year|age) \?|ages of|"
        r"how old you are",
        r"(?:are|is) (?:you|your [a-z]+) ~4 {AGE}(?: [^.!;]*)? \?",
        r"(?:are|is|were) (?:you|your [a-z]+) ~3 (?:veteran|on active duty|in the military|a "
        r"student|retired)(?: [^.!;]*)? \?",
        r"(?:do|does|are|is|have|will) (?:you|your [a-z]+|anyone) ~6 {VOUCHER}(?: [^.!;]*)? \?",
    ),
)
