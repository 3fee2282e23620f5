"""The words that the rules turn on, by what they are about; no rule."""

from collections.abc import Mapping

from agent.ai.understanding.patterns import listed

_WORDS: Mapping[str, str] = {
    "CHILD": """
        kid|kids|kiddo|child|children|childs|toddler|toddlers|infant|infants|baby|babies|newborn|
        newborns|teen|teens|teenager|teenagers|minor|minors|little ones|little one|youngsters|
        offspring|son|sons|daughter|daughters|grandchildren|kidz|dependents|under 18|little feet|
        the young ones|
        school age""",
    "FAMILY": "family|families|household|familys|household with|households with|parents|parent",
    "PARTNER": """
        couple|couples|married|unmarried|newlywed|newlyweds|husband|wife|spouse|boyfriend|
        girlfriend|divorced|widow|widowed|widower|engaged|separated|divorcee""",
    "SEX": """
        woman|women|man|men|male|males|female|females|lady|ladies|gentleman|gentlemen|guy|guys|
        girl|girls|boy|boys|bachelor|bachelors|bachelorette|mom|moms|mother|mothers|dad|dads|
        father|fathers""",
    "LOVE": """
        gay|gays|lesbian|lesbians|lgbt|lgbtq|queer|transgender|trans|homosexual|
        homosexuals|heterosexual|bisexual|sexual orientation|same sex""",
    "AGE": """
        senior|seniors|elderly|retiree|retirees|retired|empty nesters|empty nester|old people|
        older people|older couple|older couples|older woman|older man|older persons|aged|
        young people|young person|young adults|young adult|millennials|active adults|active adult|
        pensioner|pensioners|senior citizen|senior citizens|mid twenties|middle aged|grandparents|
        grandparent|
        older folks|older crowd|young folks|mature crowd|elders""",
    "WORK": """
        professional|professionals|student|students|white collar|blue collar|working people|
        veteran|veterans|welfare cases|college kids|yuppies|working class""",
    "SINGLE": "single|singles",
    "RACE": """
        black|blacks|white|whites|asian|asians|african|africans|caucasian|caucasians|hispanic|
        hispanics|latino|latinos|latina|latinas|latinx|negro|negroes|arab|arabs|colored|
        people of color|minority|minorities|ethnic|ethnicity|race|racial|native american""",
    "NATION": """
        mexican|mexicans|indian|indians|chinese|russian|russians|african american|
        african americans|american|americans|nigerian|nigerians|korean|koreans|vietnamese|
        filipino|filipinos|ukrainian|pakistani|pakistanis|iranian|somali|somalis|syrian|syrians|
        immigrant|immigrants|foreigner|foreigners|foreign|refugee|refugees|nationality|
        new to this country|new to the country|foreign nationals|central american|
        middle eastern|eastern european|south american|
        national origin|newcomers|expats|overseas|abroad|international students|from india|
        from mexico|from china|from africa|locals|non citizen|non citizens|noncitizen|noncitizens|
        other countries|another country|migrants|migrant""",
    "FAITH": """
        christian|christians|catholic|catholics|muslim|muslims|islamic|jew|jews|jewish|hindu|
        hindus|buddhist|buddhists|mormon|mormons|orthodox|protestant|atheist|atheists|religious|
        religion|religions|devout|church|churches|churchgoing|mosque|mosques|synagogue|synagogues|
        temple|
        temples|hijab|faith|sikh|sikhs|evangelical|parish|congregation""",
    "HEALTH": """
        disability|disabilities|disabled|handicap|handicapped|handicaps|wheelchair|wheelchairs|
        deaf|blind|autism|autistic|mental|mentally|mental illness|diagnosis|diagnoses|medication|
        medications|medical|hospitalized|pregnant|pregnancy|hiv|aids|crippled|illness|recovery|
        special needs|health issues|health problems|
        mobility problems|mobility issues|health condition|
        addiction|addict|addicts|sick|able bodied|physically fit|healthy|fit people|
        live independently|live alone|walk up stairs|climb stairs|baby on the way|expecting""",
    "VOUCHER": """
        voucher|vouchers|section 8|section eight|sec 8|hcv|hud vash|housing choice|
        rental assistance|housing assistance|government assistance|public assistance|subsidy|
        subsidies|subsidized|housing authority|welfare|earned income|disability income|
        disability benefits|alimony|child support|ssi|ssdi|voucher people|job income|
        social security income""",
    "RESIDENT": """
        resident|residents|tenant|tenants|renter|renters|neighbor|neighbors|applicant|applicants|
        people|folks|crowd|clientele|household|households|occupant|occupants|roommate|individuals|
        person|persons|someone|somebody|anyone|everyone|those|lead|holders|holder|community|
        types""",
    "AREA": """
        neighborhood|neighborhoods|area|areas|part of town|part of the city|parts of town|
        parts of the city|side of town|zip code|zone|district|suburb|suburbs|block|streets|
        community|communities|building|complex|town|side|location""",
    "SAFE": """
        safe|safer|safest|unsafe|dangerous|rough|bad|sketchy|shady|seedy|good|nice|nicest|nicer|
        decent|respectable|exclusive|upscale|traditional|integrated|diverse|changing|
        up and coming|desirable|undesirable|family|ghetto|iffy|dodgy|better|worse|great|wonderful|
        classy|wholesome|select|homogeneous|mixed""",
    "FRIENDLY": "friendly",
    "CRIME": """
        after sundown|crime|crimes|break ins|break in|burglaries|robberies|gang|gangs|drugs|ghetto|
        shootings|
        shooting|violence|violent|muggings|after dark|at night|prostitution|criminals""",
    "SCHOOL": "school|schools|elementary|high school|middle school",
    "GRADE": """
        good|great|excellent|best|better|top|top rated|highly rated|rated|rating|ratings|bad|poor|
        poorly|failing|outstanding|fantastic|wonderful|strong|amazing|superb|terrible|worst|
        out of 10|out of ten|award winning|high performing|send""",
    "MUCH": """
        mostly|mainly|predominantly|largely|primarily|mix|full of|lot of|lots of|plenty of|many|
        few|hardly any|no|all|most|majority|dominated by|heavily|mixture|nothing but|
        concentration|population""",
    "ARE": "are|is|be|tend|live|lives|love|loves|prefer|like|likes|move|stay|were|have",
    "LIKE": """
        like you|your kind|your own kind|your own people|your people|your background|you people|
        fit right in|fit in|feel at home|more comfortable|better off|be happier|
        certain element|the wrong people|wrong people|if you know what i mean|
        decent folks|wrong element|riffraff|riff raff|looks out for each other|
        your own age|your own people|your own kind""",
    "GROUP": "demographic|demographics|clientele|twenties|thirties|crowd",
    "PRAISE": """
        perfect|ideal|ideally|great|best|suited|suitable|suit|suits|geared|designed|meant|made|
        tailored|good|excellent|wonderful|nice|appropriate|starter|fits|targeted|catering|caters|
        intended""",
    "PREFER": """
        prefer|prefers|preferred|preference|seeking|seeks|seek|looking for|want|wants|wanted|
        restricted|reserved|reserve|reserves|limited|only|exclusively|favor|favors|desired|
        priority|welcome members|strictly|must be|required|should be|rather""",
    "NO": """
        no|not|never|without|nor|neither|none|nothing|unfortunately|sorry|unable|free|ban|
        banned|prohibited|excluded|exclude|excluding|refuse|refuses|refused|deny|denied|decline|
        declined|cannot|minus|except|nobody""",
    "ADULT": "adult|adults|grown ups|mature|kid|child",
    "ENGLISH": "english|fluent|accent|language|first language|native speaker|native speakers",
    "OLDER": "55+|62+|55|62|50+|over 55|over 62|older persons|years",
    "VERDICT": """
        approve|approves|approved|approving|approval|qualify|qualifies|qualified|eligible|
        ineligible|accept|accepted|accepts|reject|rejected|rejects|rejection|deny|denied|denies|
        denial|decline|declined|declining|declines|disqualify|disqualifies|disqualified|
        turned down|turn down|turning down|guaranteed|selected|unqualified|preapproved|move forward|
        pre qualified|prequalified""",
    "YOU": "you|your|yours|yourself",
    "MEASURE": """
        income|credit|score|salary|file|application|chance|chances|eviction|evictions|bankruptcy|
        screening|background|history|criteria|requirement|requirements|candidate|cosigner|
        co signer|applying|afford|enough|too little|good fit|you are in|references|employment|
        rental history""",
    "ANIMAL": """
        service animal|service animals|service dog|service dogs|support animal|support animals|
        support dog|support dogs|support cat|therapy dog|therapy dogs|therapy animal|
        therapy animals|assistance animal|assistance animals|assistance dog|emotional support|
        esa|esas|companion animal|companion animals|guide dog|guide dogs""",
    "PETS": """
        pet|pets|breed|breeds|pit bull|pit bulls|pounds|lbs|weight|rottweiler|rottweilers|
        aggressive""",
    "CHANGE": """
        accommodation|accommodations|accommodate|modification|modifications|grab bar|grab bars|
        ramp|ramps|live in aide|live in caregiver|caregiver|caregivers|disability|wheelchair|
        medical reasons|medical reason|accessible|aide|disabilities""",
    "FEE": """
        fee|fees|deposit|deposits|rent|charge|charges|cost|costs|pay|pays|paid|price|prices|more|
        extra|additional|discount|higher|lower|double|guarantor|guarantors|co signer|cosigner|
        reference|priority|preference|first|waiver|waiting list|separate|up front|upfront|cash|
        in advance|appointment|translator|proof|available|opening|lease|special|specials|floor|
        show|shown|tour|tours|sign|in person|twice|wait|last|only|placed|must|need|playground|
        building|units|unit|larger|roof|parking|share|use|caregiver|agreement""",
    "RECORD": """
        felon|felons|felony|felonies|criminal|criminals|conviction|convictions|convicted|convict|
        convicts|arrest|arrested|arrests|misdemeanor|misdemeanors|jail|prison|probation|parole|
        parolee|ex con|ex cons|dui|offender|offenders|charged with|old charges|do time|did time|
        did you do time|served time|incarcerated|incarceration|sealed record|record like|
        background would|violent crime|crime free|rap sheet|priors|locked up|behind bars|
        run ins with the law|run in with the law|trouble with the law|criminal past|ex offender|
        ex offenders""",
    "PAPERS": """
        immigration|undocumented|citizen|citizens|citizenship|green card|visa status|your visa|
        what visa|and visa|visa are|visa type|work permit|refugee|refugees|asylum|daca|h1b|h 1b|
        itin|papers|legally|here legally|ice|illegal immigrants|illegals|illegal alien|
        illegal aliens|permanent residents|permanent resident|social security number|ssn|
        immigrants|foreigners|passport|noncitizen|noncitizens""",
    "NOTED": """
        noted|note|saved|got it|summary|profile|tagged|listed|put down|on file|recorded|
        remember|remembered|remembering|assume|assumed|understand|okay|ok|added|add|
        i see|i can tell|tells me|sounds|guess|lead is""",
    "BECAUSE": """
        since|because|as|given|considering|being|knowing|seeing|with|for|due|based|if""",
}


def _phrases(name: str) -> list[str]:
    return [" ".join(phrase.split()) for phrase in _WORDS[name].split("|")]


VOCABULARY: Mapping[str, tuple[str, ...]] = {
    name: tuple(sorted(_phrases(name), key=len, reverse=True)) for name in _WORDS
}
"""Topic -> its words and phrases, the longest first."""


def _topics(*, words: int) -> dict[str, frozenset[str]]:
    topics: dict[str, set[str]] = {}
    for name, phrases in VOCABULARY.items():
        for phrase in phrases:
            parts = phrase.split()
            if min(len(parts), 2) == words:
                topics.setdefault(" ".join(parts[:words]), set()).add(name)
    return {phrase: frozenset(names) for phrase, names in topics.items()}


TOPICS: Mapping[str, frozenset[str]] = _topics(words=1)
"""Word -> the topics it is a phrase of."""
PAIRS: Mapping[str, frozenset[str]] = _topics(words=2)
"""The first two words of a phrase -> the topics it is one of."""
FIRSTS = frozenset(pair.split()[0] for pair in PAIRS)

_LONG = 7
_MISREAD = listed("professionals marred")
_PERSONAL = "CHILD FAMILY PARTNER SEX AGE RACE NATION FAITH HEALTH VOUCHER VERDICT RECORD PAPERS"
NEAR: Mapping[str, str] = {
    word[:at] + word[at + 1 :]: word
    for name in _PERSONAL.split()
    for phrase in VOCABULARY[name]
    for word in phrase.split()
    if len(word) >= _LONG
    for at in range(1, len(word) - 1)
    if word[:at] + word[at + 1 :] not in TOPICS and word[:at] + word[at + 1 :] not in _MISREAD
}
"""A long word with a letter lost -> that word."""

_SMALL = listed("no not only for the and you are we all any without do have")
_KNOWN = frozenset(
    word for phrases in VOCABULARY.values() for phrase in phrases for word in phrase.split()
) | frozenset({"friendly", "neighborhood"})


def is_known(word: str) -> bool:
    """Whether a rule may turn on it."""
    return word in _KNOWN or word in _SMALL
