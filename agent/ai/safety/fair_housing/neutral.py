"""Words that look like a refusal and are none: places, parts of a home, the law, what is left open.

They are taken out of a sentence before the rules read it.
"""

_OPEN = (
    r"(?:(?:you|we|it|they|your|the|an|any|our|this|team|office|application|request|is|are|was|"
    r"were|has|have|had|been|would|will|can|not|get|gets|be|a|home|person) ){0,6}"
)
_ON = (
    r"(?:(?!but |however |except |though |they |there |it is |you are |you will |you would )[^ "
    r".;?!]+ ){0,22}"
)
_END = r"(?:[^ .;?!]+)?"
PLACES = (
    r"(?:family|great|master|mud|single|multi) (?:room|rooms|bedroom|bedrooms|family|story|level|"
    r"size|sized|style)(?: home| homes| house| building| room)?",
    r"(?:family size|family sized|single car|two car|double vanity|single bedrooms?)",
    r"(?:bachelor|mother in law|in law|granny|nanny) (?:suites?|units?|apartments?|flats?|"
    r"and studio|or studio|cottages?)",
    r"(?:children|kids|kid|women|men|teen) 's (?:and women 's )?(?:[a-z]+ )?(?:area|section|room|"
    r"rooms|pool|playground|museum|hospital|library|books|shelter|shelters|park|center|corner)",
    r"(?:the )?(?:nearest|closest|next) (?:[a-z']+ ){0,3}?(?:church|mosque|synagogue|temple|school|"
    r"hospital|daycare)(?: is| 0?\.?[0-9]| half| two| one)?",
    r"(?:{FAITH}|{RACE}|{NATION}) (?:[a-z]+ )?(?:street|st|avenue|ave|road|rd|lane|trail|drive|"
    r"boulevard|blvd|museum|station|academy|bar|park|creek|plaza|square|way|court|hill)",
    r"(?:gift|meal|parking|travel) vouchers?|section 8 of the|section 8\.[0-9]+",
    r"wheelchair accessible(?: route| entrance| unit| units| home| homes)?",
    r"handicap(?:ped)? (?:stall|parking|space|spaces|entrance)",
    r"(?:white|black|gray|grey)(?: and| or|) (?:[a-z]+ )?(?:kitchen|cabinets?|counters?|granite|"
    r"trim|walls?|"
    r"tiles?|appliances|building|quartz|marble|paint|doors?|oak|gray|shutters?|marker|floors?)",
    r"(?:in |or )?(?:white|gray|black) (?:gray|grey|white|or black trim|or black|or white)",
    r"visa (?:card|mastercard|payment|debit|credit|and mastercard|or)",
    r"senior (?:leasing|team|manager|member|staff|associate|agent|maintenance)(?: [a-z]+)?",
    r"mature (?:garden|trees?|oaks?|oak trees|landscaping|plants|planting)",
    r"(?:single|double|triple) (?:story|level|car|sink|vanity|garage|bed|hung|pane|minded)",
    r"(?:a )?(?:last )?couple (?:more|of (?:homes|units|these|those|them|others|days|minutes|"
    r"blocks|"
    r"weeks|hours|options|questions|times|things|steps|bedrooms|floors|years|months))",
    r"the couple of",
    r"cat 's|straight (?:to|away|from|ahead|into|across|through)|race track|foreign exchange|"
    r"sick (?:of|leave)|blind (?:spot|spots|corner)|window blinds|stop sign",
    r"active lifestyle amenities|orthodox church of",
    r"for your safety|safe to say|kept safe|keeps? (?:it|them|your [a-z]+) safe|a safe in|"
    r"safe(?:ly)? (?:stored|deposit|box|harbor)|fire safe",
    r"good question|(?:a )?good choice|perfect time|good news|good time|better deal|great question|"
    r"good (?:schools )?of thought|schools of thought|good schools of thought|school supplies",
    r"students of all schools|(?:near|by|beside|behind|opposite) the (?:old )?(?:jail|prison|"
    r"courthouse)",
)
LAW = (
    rf"(?:do|does|will|can|may|must) not discriminate {_ON}{_END}",
    rf"(?:fair housing|the law|federal law|state law|laws?) (?:[a-z]+ )?(?:protects?|covers?|"
    rf"forbids?|"
    rf"prohibits?|bans?) {_ON}{_END}",
    rf"(?:illegal|unlawful|against the law|prohibited by law) to {_ON}{_END}",
    r"equal housing opportunity(?: provider| lender)?",
    rf"regardless of {_ON}{_END}",
    r"(?:do|does|will|can|could|would|must) not (?:ever )?(?:refuse|turn away|turned away|reject) "
    r"(?:housing )?(?:voucher|vouchers|section 8)(?: holders)?",
    r"(?:in accordance with|under) the housing for older persons act",
)
OPEN = (
    rf"(?:i|we|our team|anyone here|they) (?:can|could|do|does|may|will|must|am|are) not (?:able "
    rf"to |"
    rf"allowed to |really |make |need to |have to )?(?:say|tell|judge|promise|ask|describe|"
    rf"characterize|comment|predict|decide|guess|know|approval|need|want|advise|speak to|share|"
    rf"steer|discuss) {_ON}{_END}",
    rf"you (?:do|need|must) not (?:have|need)? ?(?:to )?(?:tell|share|say|disclose|mention|explain|"
    rf"prove|justify) {_ON}{_END}",
    rf"(?:if|once|whether|when|after|until|unless|as soon as|should) {_OPEN}(?:{{VERDICT}})",
    r"(?:if|whether) (?:you|anyone|one|i|they|he|she|an applicant|applicants|somebody|someone|a "
    r"person) "
    r"(?:would |will |can |may |do |does )?(?:qualif(?:y|ies)|pass|passes)",
    r"after approval|upon approval|approval decisions?|subject to approval|pending approval|"
    r"approval process|for approval|waiting for approval|await(?:s|ing)? approval",
    r"qualify (?:the|your) (?:search|results|list)|(?:meets?|match|matches|fits?) your (?:criteria|"
    r"requirements|wishes)|not meet your (?:criteria|requirements)",
    r"(?:your )?(?:tour|visit|request|time|move|appointment|message)(?: request)? (?:for [a-z]+ |"
    r"to [a-z]+ )?"
    r"(?:is|was|has been|are) (?:not )?(?:approved|accepted|declined)",
    r"everyone (?:else )?is welcome|anyone who meets the|everyone else are welcome",
    r"crime (?:statistics|data|maps?|figures|numbers|reports) (?:[^ .;?!]+ ){0,6}(?:published|"
    r"available|"
    r"police|website|city|public|county|online)",
    r"for school information|school (?:district|board) (?:'s )?(?:website|office|site|page|map)|"
    r"criminal (?:background )?(?:check|screening)s? (?:is|are) (?:a )?(?:part|included|required|"
    r"run)|"
    r"reviewed by our team|by local code|all lawful income|lawful source of income",
)
ANIMALS = (
    r"(?:is|are) (?:not|never) (?:considered )?(?:a )?pets?",
    r"(?:no|without|not (?:pay|owe|charge|charged)(?: a| any| the)?|any|free of) (?:extra |"
    r"additional )?"
    r"(?:pet )?(?:fee|fees|deposit|deposits|rent|charge|charges)(?: (?:or|and) (?:pet )?(?:fee|"
    r"fees|deposit|deposits|"
    r"rent|charge|charges))?(?: is due| applies| apply)?",
    r"pet (?:fees?|deposits?|rent|rules|limits)(?: and [a-z]+)? (?:do|does) not apply",
)

NEUTRAL = (*LAW, *OPEN, *PLACES, *ANIMALS)
