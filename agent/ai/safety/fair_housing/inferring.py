"""FH6 and FH7: nothing is concluded from who a lead is, and no terms depend on it."""

from agent.ai.safety.fair_housing.table import refused

_STATUS = (
    r"(?:pregnant|disabled|deaf|blind|autistic|gay|lesbian|straight|transgender|trans|bisexual|"
    r"muslim|christian|jewish|hindu|catholic|mormon|sikh|buddhist|religious|black|white|asian|"
    r"hispanic|"
    r"latino|latina|mexican|indian|chinese|russian|african|arab|foreign|immigrants?|"
    r"elderly|retired|old|married|divorced|recently divorced|single|widowed|hiv positive|in "
    r"recovery|"
    r"handicapped|expecting|seniors?|students?|veterans?|newlyweds?|on section 8|"
    r"on welfare|a voucher holder|mentally ill|a (?:single )?(?:mom|mother|dad|father|parent)|"
    r"parents|low income|newly?wed|a newlywed|a couple|a family|a lesbian couple|a wheelchair user|"
    r"from (?:mexico|india|china|africa|abroad|overseas|another country|russia|the south))"
)
_HAVE = (
    r"(?:have|having|use|using|wear|expect|expecting|raise|raising|travel with|come with|came "
    r"with) "
    r"(?:a |an |your |two |three |four |five |2 |3 |4 |several |young |little |small |the )*"
    r"(?:kids?|child|children|baby|babies|toddlers?|daughters?|sons?|autism|disability|"
    r"wheelchair|hijab|"
    r"turban|mental illness|cancer|voucher|diabetes|infant|teenagers?|newborn|ptsd|walker|oxygen)"
)
_YOURS = (
    r"your (?:age|disability|religion|race|ethnicity|pregnancy|nationality|accent|children|kids|"
    r"daughter|son|"
    r"baby|sons|daughters|wheelchair|mental illness|condition|background|culture|skin|sexuality|"
    r"gender|faith|heritage|"
    r"[a-z]+ background|wife and children|husband|immigration status|family situation|diagnosis|"
    r"marital status|family status|illness|autism|voucher|section 8)"
)

INFERRING = (
    *refused(
        "FH6",
        rf"(?:{{YOU}}) (?:(?:are|being|must|be|seem|sound|look|appear|to|like|might|may|two|"
        rf"people|probably|clearly|"
        rf"all|both|also|obviously|an?|the|is|recently|say|says|as|so) ){{0,5}}{_STATUS}",
        rf"(?:you|we|they) {_HAVE}",
        r"you (?:sound|look|seem) (?:like )?(?:you are )?from|you are not from|not from (?:here|"
        r"around here)|"
        r"you people|from your (?:name|accent|looks|voice|photo)|your (?:name|accent|voice) tells|"
        r"you do not speak english|speak english well",
        rf"(?:since|because|as|given|considering|due to|knowing|seeing|with|based on|by|noted|"
        rf"of) {_YOURS}",
        rf"{_YOURS} (?:tells|means|suggests|is noted|will love|noted)",
        r"(?:since|because|as|being) you (?:are|were) ~2 {NATION}",
        r"because of the {CHILD}",
        r"(?:baby|child|little one) on the way|at your age|(?:your|for someone "
        r"your) age",
    ),
    *refused(
        "FH6",
        r"as (?:a|an|two|the)? ?~2 {FAITH} ~1 (?:you|i|we|may|might)",
        r"as (?:a|an|two) (?:[a-z]+ ){0,2}?(?:mom|mother|dad|father|woman|man|couple|senior|"
        r"student|veteran|retiree|"
        r"parent|christian|muslim|jew|hindu|catholic|immigrant|foreigner|american|lady|widow|"
        r"newlywed couple|family|wheelchair user|voucher holder|refugee|black woman|black "
        r"man)(?! 's)",
        r"as (?:immigrants|foreigners|muslims|christians|jews|newlyweds|seniors|parents|students|"
        r"veterans|retirees|"
        r"women|men|a family|refugees|mexicans|indians|asians)",
        r"for a (?:[a-z]+ )?(?:man|woman|guy|lady|mom|mother|senior|couple|person|family|"
        r"student) (?:like you|your age|in your)",
        r"being ~2 {AGE}",
        r"being (?:a |an )?(?:[a-z]+ )?(?:veteran|student|muslim|christian|jew|senior|immigrant|"
        r"woman|man|mother|mom|pregnant|"
        r"disabled|gay|black|asian|hispanic|deaf|blind)",
    ),
    *refused(
        "FH6",
        *(
            rf"{{NOTED}} ~8 {{{topic}}}"
            for topic in (
                "CHILD",
                "FAITH",
                "RACE",
                "NATION",
                "HEALTH",
                "LOVE",
                "PARTNER",
                "VOUCHER",
            )
        ),
        r"(?:noted|tagged|listed|recorded|profile|summary|put down|added|saved|lead is|got it|"
        r"okay so|lead) ~8 "
        r"(?:family with|family of|elderly|low income|male|female|single (?:mother|mom|dad|"
        r"parent|woman|man)|retired|"
        r"wheelchair|veteran|senior)",
    ),
)

_CLASS = (
    r"(?:families|couples with (?:children|kids)|single (?:men|women|mothers|moms|parents|"
    r"people)|women|"
    r"men|seniors|students|veterans|married couples|unmarried couples|professionals|retirees|"
    r"immigrants|foreigners|people (?:from|with|on)|gay couples|couples|non citizens|people who|"
    r"applicants who do not|church members|locals|newcomers|elderly|adults|disabled|(?:residents|"
    r"tenants) with (?:children|kids|disabilities|a disability|vouchers?))"
)
TERMS = (
    *refused(
        "FH7",
        *(rf"{{{topic}}} [^.?!;]*?{{FEE}}" for topic in ("NATION", "RACE", "FAITH", "LOVE")),
        r"{VOUCHER} [^.?!;]*?(?:waiting list|deposit|separate|wednesdays?|opening|guarantor|co "
        r"?signer|score|"
        r"upfront|in advance|entrance|appointment)",
        *(
            rf"{{FEE}} ~10 (?:for|if|because|to|per|due|from|given|by|of) ~8 {{{topic}}}"
            for topic in ("CHILD", "NATION", "RACE", "FAITH", "LOVE", "HEALTH", "AGE")
        ),
        rf"(?:for )?{_CLASS} [^.?!;]*?{{FEE}}",
        rf"{{FEE}} ~6 (?:for|to|from|by) (?:[a-z]+ )?{_CLASS}",
        r"(?:with|because of|since you have|if you have|due to|per|have|has|given) (?:a |your |"
        r"the |any |young |small )*"
        r"{CHILD} [^.?!;]*?{FEE}",
        r"(?:with|because of|since you have|if you have|due to|you are|have|given) (?:a |your |"
        r"the |any )*"
        r"{HEALTH} [^.?!;]*?{FEE}",
        r"{CHILD} (?:can|may|must|only|pay|cost|have|are|under) [^.?!;]*?(?:agreement|fee|"
        r"deposit|waiver|can not|"
        r"not|floor|roof|extra|first floor)",
    ),
    *refused(
        "FH7",
        r"(?:extra|additional|higher|bigger|larger|double|more) (?:deposit|rent|fee|charge|"
        r"[a-z]+) (?:per|for|because of|from|if) "
        r"(?:each |every |your |a |you have )*(?:child|children|kids|families|you given|"
        r"disability|baby)",
        r"(?:only|just) (?:have |available |show |for |offer )?(?:units? )?(?:available )?for "
        r"(?:adults|women|men|families|"
        r"singles|professionals|seniors|couples)",
        r"(?:not|no longer) (?:be )?(?:available|offered|open) (?:to|for) (?:a )?(?:families|"
        r"family|people with|children|kids|couples|students|women|men)",
        r"but not (?:for|to) (?:a )?(?:families|family|kids|children|couples|students|people)",
        r"only for (?:women|men|families|adults|couples|singles|seniors|professionals|christians)",
        r"(?:can not|will not|not) (?:show|offer|rent|lease|give) [^.?!;]*? (?:because|since|"
        r"with|to) [^.?!;]*?(?:children|kids|deaf|"
        r"blind|disab[a-z]+|pregnant|a baby|voucher|wheelchair)",
        r"(?:because|since|if) you (?:are|have) ~3 (?:deaf|blind|pregnant|disabled|children|kids|"
        r"a baby|child|on section 8|muslim|gay|married|"
        r"a student|retired) [^.?!;]*?(?:can|only|not|must|need|have to|higher|lower)",
        r"different (?:sexes|genders)|(?:couples|women|men|families|professionals|seniors|"
        r"veterans|members) (?:go|get|come) (?:first|priority|a discount|preference)|"
        r"(?:priority|preference) to|shown the other|locals go first",
        r"(?:special|offer|discount) (?:is|are) not available to",
    ),
)
