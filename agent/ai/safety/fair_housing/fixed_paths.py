"""FH5 and FH8: animals, adjustments, vouchers, records and papers have one answer, by a person."""

from agent.ai.safety.fair_housing.table import refused

_NEVER = (
    r"(?:no|not|never|unfortunately|sorry|unable|only|refuse|refuses|refused|deny|denied|decline|"
    r"declined|"
    r"require|requires|required|prefer|extra|additional|except|exclude|excluded|stop|stopped|"
    r"neither|nor|"
    r"without|too much|end of|separate|list|last|higher|double|elsewhere|another property|instead|"
    r"less|later|must)"
)
_TERMS = (
    r"(?:fee|fees|deposit|deposits|pet rent|rent|charge|charges|pay|breed|breeds|pounds|lbs|"
    r"weight|limited|limit|"
    r"certified|certification|registered|register|registration|proof|prove|permitted|allowed|"
    r"count as pets|treated as|are pets|considered pets|pet policy|pit bulls|must|have to|only|"
    r"not|local doctor|diagnosis|trained to)"
)
_REFUSED = (
    r"(?:can not|will not|not allowed|not permitted|denied|deny|refuse|refused|declined|rejected|"
    r"not have to|"
    r"not able|unable|not required|extra|fee|pay|cost|costs|charge|charged|out of the question|"
    r"not possible|not install|not make|move out|on the lease|no)"
)

ANIMALS_AND_VOUCHERS = (
    *refused(
        "FH5",
        rf"{{VOUCHER}}(?: [^ .?!;]+){{0,12}}? {_NEVER}",
        rf"{_NEVER} ~12 {{VOUCHER}}",
        r"(?:prefer|rather) not ~6 {VOUCHER}",
        r"{VOUCHER} (?:are|is|holders?|tenants?) (?:fine|ok|okay|accepted|taken) (?:only )?in "
        r"(?:building|one|some)",
        r"(?:paperwork|inspections) ~6 {VOUCHER}",
    ),
    *refused(
        "FH5",
        rf"{{ANIMAL}}(?: [^ .?!;]+){{0,12}}? {_TERMS}",
        rf"(?:{_TERMS}|no|certify|fees? for) ~10 {{ANIMAL}}",
        r"proof ~4 {HEALTH}",
        r"diagnosis|what task",
    ),
    *refused(
        "FH5",
        r"(?:pet|pets|animal|dog) (?:fee|fees|deposit|deposits|rent|charge|charges|limit|policy)",
        r"(?:deposit|fee|charge|rent|extra|\$) ~6 for ~2 (?:dog|cat|animal|pet)",
        r"(?:weight|breed) (?:limit|limits|list|restriction|restrictions|policy)|(?:aggressive|"
        r"restricted|banned) breeds?",
        r"pit bulls?|(?:[0-9]+|fifty|forty|sixty) (?:pounds|lbs|pound)|pets? per (?:home|unit|"
        r"apartment)|"
        r"(?:two|one|three|2|1) pets",
        when="assistance_animal",
    ),
    *refused(
        "FH5",
        rf"{_REFUSED} ~10 {{CHANGE}}",
        rf"{{CHANGE}}(?: [^ .?!;]+){{0,8}}? {_REFUSED}",
        r"(?:not|never) (?:have to|need to|going to|required to|obligated to) accommodate|"
        r"(?:for|due to|because of) (?:your )?(?:medical|health) ~5 (?:out of the question|not|"
        r"denied)|"
        r"medical reasons ~4 (?:out of|not|denied)",
        r"move out if ~6 {CHANGE}",
    ),
)

_KIND = r"(?:a|an|any|your|the|no|our|of|with)"
RECORD_AND_PAPERS = (
    *refused("FH8", r"{RECORD}"),
    *refused(
        "FH8",
        r"(?:prison|jail|any record|criminal|a record|your record) ~4 (?:reject|rejected|problem|"
        r"no|not|fine)|"
        r"your background would|your arrest|your conviction|your (?:criminal )?record(?! of)",
    ),
    *refused(
        "FH8",
        r"{PAPERS} ~6 (?:not|no|never|must|need|require|required|check|status|valid|only|have|"
        r"longer|qualify|"
        r"turned|pay|proof|here|\?)",
        r"(?:not|no|never|must|need|require|required|check|report|your|valid|proof of|only|are "
        r"you|are you a|"
        r"have|without|show me|see|be|to|anyone|any|lease to|or) ~6 {PAPERS}",
        r"(?:through|with|by|to) (?:immigration|ice)|in the country (?:lawfully|with papers)",
        r"(?:in|into) the country (?:legally|illegally)|(?:here|country) (?:il)?legally|what "
        r"visa|your visa|"
        r"(?:do you have|without|no|have) papers|born here|passport and visa",
    ),
)
