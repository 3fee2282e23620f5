"""FH4: nobody is told here that an application will, or will not, be approved."""

from agent.ai.safety.fair_housing.table import refused

_BE = (
    r"(?:(?:are|is|be|been|was|were|have|has|had|will|would|should|could|can|may|might|must|do|"
    r"does|did|"
    r"not|never|get|gets|got|getting|all|set|now|already|certainly|definitely|probably|likely|"
    r"surely|"
    r"automatically|easily|usually|also|still|just|most|almost|pre|not be|to|no|trouble|gone|"
    r"ahead|and|"
    r"easily|always|that|really|fully|officially|well|only|have to) ){0,6}"
)
_VERDICT = (
    r"(?:approved|pre approved|preapproved|qualify|qualifies|qualified|eligible|ineligible|"
    r"accepted|rejected|"
    r"denied|declined|disqualified|turned down|guaranteed|unqualified|prequalified|a strong "
    r"candidate|"
    r"a (?:good|great|perfect|weak|strong|solid) (?:candidate|applicant)|selected|a (?:good|"
    r"great|bad|poor) fit|"
    r"able to rent|our tenant)"
)

DECIDING = (
    *refused(
        "FH4",
        rf"(?:you|applicants? like you|people with your [a-z]+|people like you|applicants|u) "
        rf"{_BE}{_VERDICT}(?! the search)",
        r"(?:you|your [a-z]+) (?:(?:do|does|did|will|would|not|automatically|easily|clearly|"
        r"definitely|certainly|"
        r"just|probably|already|also) ){0,4}(?:pass|passed|fail|failed|meet|meets|make|makes|"
        r"qualify|qualifies|"
        r"earn|earns|satisfy|exceed) (?:[a-z]+ ){0,3}?(?:criteria|requirements?|screening|check|"
        r"enough|"
        r"too little|cutoff|threshold|minimum|our standards?|qualify|qualifies|times the rent)",
        rf"your (?:application|file|credit|income|score|credit score|chances?|rental history|"
        rf"salary|background|"
        rf"history|record|case|references)(?: of [0-9]+)? {_BE}(?:approved|approval|denied|"
        rf"rejected|accepted|declined|"
        r"turned down|too low|too weak|high enough|good enough|fine|okay|sufficient|insufficient|"
        r"below|"
        r"above|looks? (?:good|fine|great|bad)|strong|weak|very good|very low|good|excellent|"
        r"high|low|slim|"
        r"great|bad|not enough|disqualif[a-z]+|an? (?:problem|issue))",
        r"(?:application|apartment|unit|home|lease) (?:is|has been|was) (?:already )?(?:approved|"
        r"denied|rejected|"
        r"accepted|yours|turned down|declined) ?(?:for you)?",
        r"{YOU} ~3 {VERDICT} (?:for|to rent|because|due|with|without|by|up|today|now|the "
        r"apartment)",
        r"(?:approve|approved|approving|reject|rejecting|deny|denying|decline|declining|declined|"
        r"accept|"
        r"accepted|turned down|turning down|turn down|denied|rejected) (?:you|your "
        r"(?:application|file|request to rent)|"
        r"the application|u)",
        r"(?:{MEASURE}) ~5 (?:automatic denial|means denial|disqualif[a-z]+|is a denial|not be "
        r"approved)",
        r"(?:automatic|instant|guaranteed|immediate) (?:denial|approval|rejection|acceptance)|"
        r"disqualifies you|"
        r"(?:disqualif[a-z]+|rules you out|rule you out)|chances? of (?:approval|getting)|% chance|"
        r"your chances (?:are|look)|(?:you are|you will get|you will be|you get|get you) in "
        r"(?:\.|!|$)|"
        r"you are in (?:\.|!)|think you will get in|(?:apartment|home|unit|place) is yours|"
        r"not bother applying|no point (?:in )?applying|waste of (?:time|money) to apply",
        r"(?:with|because of|due to|given|considering|based on|for) (?:your|that|this|those|two|"
        r"an?|[0-9]+) ~3 "
        r"{MEASURE} ~8 (?:rejected|denied|approved|not rent|can not|will not|no trouble|no "
        r"problem|not be|"
        r"qualify|accepted|turned down|in)",
        r"you (?:can|could|would) not (?:ever )?(?:afford|rent (?:from us|here)|get (?:approved|"
        r"this|it))",
        r"you make (?:too little|enough|plenty)|enough to (?:get|qualify|rent|be approved)|"
        r"income is too low|"
        r"below what we accept|(?:co ?signer|guarantor) because",
        r"not (?:going to )?(?:accept|take|approve) you|not a good fit|right tenant|"
        r"(?:decided|choose|chose|have) not to move forward|not move forward with your",
        r"(?:evictions?|bankruptcy|foreclosure|collections) ~4 (?:can not|not|denial|denied|"
        r"disqualif[a-z]+|rejected|"
        r"no problem|fine|ok|okay|automatic)",
        r"passed the (?:background|credit) check|failed the (?:background|credit) check|you "
        r"(?:pass|fail|passed|failed)",
        r"(?:get|have|give you|got) (?:the|a) green light|tick (?:all|every) (?:of )?(?:the "
        r")?box(?:es)?|"
        r"(?:is|are) (?:basically|practically|as good as|all but|already) yours|(?:consider|"
        r"call) it (?:approved|yours|done)|"
        r"(?:turn|turned|turning) you (?:down|away)|say (?:yes|no) to you|falls? short|would not "
        r"(?:even )?apply|"
        r"not cut it|deal ?breakers?|not bother to apply",
        r"be turned down|selected as our|we have selected you|chosen as our",
    ),
)
