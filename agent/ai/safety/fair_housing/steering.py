"""FH2: no words about who lives where, or how good an area is for whom."""

from agent.ai.safety.fair_housing.table import refused

_VERY = (
    r"(?:very|really|quite|so|pretty|super|extremely|a|an|the|more|most|such|one|of|"
    r"generally|also|not|it) "
)
_PEOPLE = (
    r"(?:professionals|young professionals|students|families|singles|couples|retirees|seniors|"
    r"immigrants|foreigners|veterans|older couples|single people|working people|older people|"
    r"young people|old people|white collar|blue collar|christians|muslims|jews|whites|blacks|"
    r"asians|hispanics|latinos|mexicans|indians|hipsters|yuppies|empty nesters|locals|kids|"
    r"children|college kids|babies|women|men|adults)"
)
_WHERE = (
    r"(?:here|there|nearby|around|over there|in (?:this|that|the|our)|(?:the|this|that|our) "
    r"(?:building|area|neighborhood|community|complex|property)|(?:on|of) the)"
)

STEERING = (
    *refused(
        "FH2",
        r"{SAFE} (?:(?!apartment|propert|home|unit|place|one|condo|option|deal|listing|complex|"
        r"building|for|to|in|on)"
        r"[a-z]+ ){0,3}(?:neighborhoods?|area|areas|part of (?:town|the city)|parts of "
        r"(?:town|the city)|side of town|zip code|zone|suburb|street to|district|location for you)",
        r"(?:family|kid|child|gay|lgbt|senior|student|christian|muslim) friendly",
        r"(?:neighborhood|area|part of town|part of the city|side of town|zip code|zone|district|"
        r"community|building|complex|town|it|that|this|here|there)(?: [^ .?!;]+){0,4} "
        rf"(?:is|are|was|feels|seems|used to be|has become|gets|looks) (?:{_VERY}){{0,3}}(?:safe|"
        rf"safer|safest|"
        r"unsafe|dangerous|rough|bad|sketchy|shady|seedy|ghetto|exclusive|traditional|diverse|"
        r"integrated|changing|up and coming|decent|homogeneous|classy|family oriented|wholesome|"
        r"ethnic|urban)",
        r"(?:feel|be|stay|keep) (?:very |really |completely |perfectly )?(?:safe|safer|unsafe)",
        r"(?:a certain|certain|that kind of|the wrong|wrong) (?:element|crowd|kind|type|sort|"
        r"people)|"
        r"if you know what i mean|not a ghetto|a ghetto|find (?:any )?trouble|walk there|walk "
        r"alone|"
        r"stay away from|welfare cases|decent folks|good people|nice people|quiet people",
        r"{CRIME} (?:rate|rates|level|is|are|has|here|there|compared|in)",
        r"(?:low|lower|high|little|less|fewer|much|more|no|any|of|the) ~2 {CRIME}",
        r"(?:sketchy|dangerous|unsafe|quiet|busy|rough|bad) {CRIME}",
        r"(?:would|will) not ~2 (?:walk|go|live|move|send) ~6 {CRIME}",
    ),
    *refused(
        "FH2",
        r"{GRADE} (?:[a-z]+ ){0,2}{SCHOOL}",
        r"{SCHOOL} ~6 {GRADE}",
        r"{SCHOOL} ~5 (?:[0-9]+(?: out of |/)[0-9]+|stars)",
        r"(?:would|will|can) (?:not )?send ~6 {SCHOOL}",
    ),
    *refused(
        "FH2",
        rf"{{MUCH}} (?:of )?(?:the |our )?(?:[a-z]+ ){{0,3}}{_PEOPLE}",
        r"{MUCH} ~3 {FAITH} (?:families|people|folks|community|households|residents|neighbors)",
        r"{MUCH} ~1 {RACE}",
        r"{MUCH} ~1 {NATION}",
        r"{MUCH} ~2 {AGE}",
        r"{RACE} (?:community|neighborhood|people|area|families|folks|part|residents|neighbors|"
        r"population)",
        r"{FAITH} (?:community|neighborhood|people|area|families|folks|residents|neighbors)",
        r"{NATION} (?:community|neighborhood|people|area|families|folks|residents|neighbors|live)",
        r"(?:our|the|most|most of our|all|other|your) (?:residents|tenants|neighbors|people)(?: "
        r"[^ .?!;]+){0,5} "
        r"(?:are|tend to be|is) (?:all |mostly |mainly |very |quite |predominantly |generally "
        r")?(?:professional|"
        r"professionals|clean cut|quiet|decent|educated|respectable|older|younger|young|retired|"
        r"working|wealthy|affluent|good|nice|students|families|couples|singles|from|single|upscale|"
        r"well behaved|civilized|friendly families)",
        r"clean cut|select clientele|(?:select|exclusive|certain|upscale|right) (?:clientele|crowd|"
        r"community|residents)|(?:mid|early|late) (?:twenties|thirties|forties|fifties)|"
        r"college town crowd",
        rf"(?:{_PEOPLE}|{{CHILD?}}) (?:live|lives|tend|love|prefer|usually|really love|stay|like "
        rf"it|"
        rf"feel|move|choose|flock)(?: [^.!?;]*)?",
        r"(?:young|hip|older|old|retired|rich|poor|wealthy|educated|working) (?:[a-z]+ "
        r")?(?:people|folks|couples|"
        r"crowd|residents|neighbors) (?:live|here|there|love|in)",
        r"the {GROUP} (?:here|there|is|are|of|in)|the demographics?|demographically",
    ),
    *refused(
        "FH2",
        r"{LIKE}",
        r"(?:bit|little|kind of|sort of|pretty|very|somewhat) (?:iffy|dodgy|sketchy|rough|shady|"
        r"seedy)|steer clear of|"
        r"(?:leave|keep) your (?:door|doors|car) unlocked|not the (?:best|greatest|nicest|"
        r"safest) (?:part|area|side|"
        r"neighborhood|block)|stand out (?:there|here)|well off people|well to do|high class|low "
        r"class|"
        r"where the (?:rich|poor|wealthy|well off)|very (?:churchgoing|religious|conservative|"
        r"liberal|traditional)",
        r"(?:big|large|small|growing|strong|sizable|vibrant) {NATION} (?:population|community|"
        r"presence|crowd)",
        r"(?:people|someone|somebody|others|families|folks|residents|tenants) (?:just )?like "
        r"(?:you|"
        r"yourself|yourselves|us)|your own (?:people|kind|sort)|"
        r"(?:of|with|from) your (?:background|culture|kind)|"
        r"(?:fit|fits) (?:right )?in (?:with|here|well|great)|more comfortable (?:in|at|with|"
        r"there|here|"
        r"somewhere|living)|(?:with|among|near|around) (?:other|more) (?:families|people|"
        r"christians|"
        r"muslims|couples|students|seniors|moms|professionals)",
        r"(?:suited|suitable|better|best) (?:to|for) ~2 {SINGLE} ~1 people",
        r"(?:fewer|no|without|hardly any|not many) ~2 {CHILD} ~3 (?:building|here|there|around|"
        r"so|floor)",
        r"(?:families|couples|singles|seniors|students|professionals|people with [a-z]+) (?:tend|"
        r"usually|"
        r"generally|often|always) ~2 (?:prefer|like|choose|go|live|pick|end up)",
        r"(?:different|another|other) (?:area|neighborhood|building|community|property) (?:for|"
        r"would) "
        r"(?:someone|people|you)",
        r"(?:residents|tenants|neighbors|people) (?:on|in|of) ~4 (?:are|is) ~2 {NATION}",
    ),
)
