"""FH3: no preference and no limit by who people are, in replies and listings."""

from agent.ai.safety.fair_housing.table import refused

_WHO = (
    r"(?:families|family|couples?|singles|students?|professionals?|young professionals?|seniors?|"
    r"retirees|retired|newlyweds|empty nesters|women|men|woman|man|females?|males?|ladies|lady|"
    r"gentlem[ae]n|girls?|guys?|bachelors?|christians?|catholics?|muslims?|jews|jewish|immigrants|"
    r"foreigners|americans|veterans|whites|asians?|adults?|active adults|mature|elderly|children|"
    r"kids|parents|moms?|mothers?|grandparents|older (?:couple|person|woman|man|people|adults)|"
    r"young (?:people|"
    r"couple|family|families|adults|man|woman|person)|single (?:person|people|man|woman|guy|mom|"
    r"mother|"
    r"dad|parent|occupant|gentleman|lady|professional)|physically fit|healthy|able bodied|"
    r"fit people|roommates who are|christian|bachelor)"
)
_BAR = (
    r"(?:allowed|accepted|permitted|welcome|suitable|considered|apply|desired|wanted|tolerated|"
    r"appropriate|encouraged)"
)

PREFERRING = (
    *refused(
        "FH3",
        rf"{{PRAISE}} (?:(?:for|to|as|home|place|apartment|unit|choice|option|spot|pad|fit|with) "
        rf"){{0,3}}(?:[a-z0-9']+ ){{0,4}}?{_WHO}",
        r"(?:suits|fits) ~2 (?:older|young|single|mature|quiet) ~1 (?:woman|man|person|couple|"
        r"people|lady|tenant)",
        r"bachelor pad|man cave for|(?:best|ideally) suited (?:for|to) a family",
    ),
    *refused(
        "FH3",
        r"(?:no|without|minus|not any|zero|never any|free of|not have|not want|not take|not "
        r"accept|not allow|"
        r"not rent to|not for|not suitable for|not appropriate for|not recommended for|not set "
        r"up for|"
        r"not designed for|not meant for|not ideal for|not good for|not a place for|rather not "
        r"have|"
        r"not have any|nor|not accommodate|not lease to|not good with) (?:[a-z]+ ){0,3}?{CHILD}",
        r"{CHILD} (?:(?:are|is|under|over|[0-9]+|and|or|younger|of|any|age|in|the|unit|simply) "
        r"){0,4}(?:not|prohibited|"
        r"banned|excluded|discouraged|need not)",
        r"{CHILD} (?:would|will|can|may|should|do|must) not",
        r"{CHILD} ~3 (?:would|will|might|may) (?:bother|disturb|annoy|upset)|rent to (?:adults|"
        r"singles|professionals)",
        r"(?:not|never) ~4 (?:keen on|fond of|happy with|big on|a fan of|excited about|thrilled "
        r"about|open to|into) ~2 {CHILD}",
        r"(?:not|never) (?:to )?(?:take on|rent to|want|accept|take|choose) ~3 with ~2 {CHILD}",
        r"{AGE} (?:would|will) (?:love|adore|enjoy|like|prefer)",
        r"cater(?:s|ing)? to (?:[a-z]+ ){0,2}?(?:mature|adult|adults|older|younger|professional|"
        r"upscale|select|certain)",
        r"(?:child|kid|kids|children|baby) free|{CHILD} free",
        r"(?:no|not|never) ~3 (?:families|family with|students|couples|singles|immigrants|"
        r"foreigners|"
        r"seniors|elderly|women|men|males|females|single (?:moms?|mothers?|parents?|men|women)|"
        r"christians|"
        r"muslims|jews|gays|lesbians|blacks|whites|mexicans|hispanics|asians|welfare|"
        r"wheelchairs?|handicapped|disabled|teenagers|veterans|mental)(?! 's)",
        rf"(?:{_WHO}|{{CHILD?}}|handicapped|disabled|gays?|lgbtq?|lesbians?|section 8|"
        rf"wheelchairs?|blacks|hispanics|mexicans) (?:[a-z]+ ){{0,2}}?(?:not|need not) {_BAR}",
        r"without ~2 (?:children|kids|mental|a disability|disabilities|religion)",
    ),
    *refused(
        "FH3",
        r"adults? only|adult (?:community|building|complex|living|place|environment|atmosphere|"
        r"property|"
        r"lifestyle|park)|only adults|all adult|more of an adult|mature (?:persons?|people|adults?|"
        r"couples?|tenants?|individuals?|atmosphere|lady|woman|gentleman|man|responsible|community|"
        r"professionals?|residents?|household|student|environment|single|quiet)|active adults?",
        rf"(?:{_WHO}|females?|males?|{{RACE?}}|{{NATION?}}|{{FAITH?}}) (?:tenants? |households? |"
        rf"applicants? |residents? |"
        r"family |families |roommates? |renters? |couples? )?(?:only|preferred|wanted|please|"
        r"welcome only)",
        r"straight ~1 (?:only|preferred)|(?:straight|gay) couples",
        rf"{{PREFER}} (?:(?:to|tenants|tenant|rent|a|an|the|someone|somebody|who|are|is|people|"
        rf"for|our|quiet|working|"
        rf"responsible|clean|nice|renters|applicants|residents|that|have|be|lease|older|very|"
        rf"like|minded|homes|"
        rf"garden|all|by|of|good) ){{0,7}}(?:{_WHO}|white|black|hispanic|english speak[a-z]+|"
        rf"native|married)",
        r"{PREFER} ~2 {RACE}(?: or ~2)? (?:tenants?|people|renters?|family|families|residents?)",
        r"(?:prefer|prefers|seeking|seeks|wants?|only|looking for) ~3 {FAITH}",
        r"(?:prefer|prefers|seeking|seeks|wants?|only|looking for|favor) ~3 {NATION}",
        r"{FAITH} (?:home|household|family|owned|landlord|owner|tenant|tenants|roommate|values|"
        r"environment|house)",
        r"members of (?:our|the|my) (?:faith|church|congregation|religion|parish)|like minded "
        r"(?:tenant|people|roommate)|"
        r"(?:gainfully|fully) employed|(?:married|straight) couples|exclusive adult",
        r"(?:only|must|restricted|limited|reserved) ~4 aged? [0-9]+|aged? [0-9]+ (?:to|and|or)|"
        r"under (?:30|35|40|25) only|ages? [0-9]+ (?:to|and) [0-9]+",
    ),
    *refused(
        "FH3",
        r"{ENGLISH} (?:speakers? |speaking |speaker )?(?:only|required|preferred|a must|fluently)",
        r"(?:must|should|need to|have to|required to) (?:be able to )?(?:speak|understand|know|"
        r"have) "
        r"~2 {ENGLISH}",
        r"(?:fluent|only speak|speak only|only) english",
        r"able bodied|physically fit|healthy (?:tenants?|people|persons?|adults?|individuals?)|"
        r"independent living|"
        r"live (?:on their own|independently|alone without)|must be (?:healthy|mobile|able to "
        r"(?:climb|walk|live))",
        r"(?:{LOVE}) ~3 (?:not|need not|unwelcome|elsewhere)",
    ),
    *refused(
        "FH3",
        r"(?:55|62|50|60|65)\+|(?:55|62|50|60|65) (?:and|or|years) (?:over|older|better|up|above|"
        r"of age|and)|"
        r"over (?:55|62|50|60|65)|older persons|senior (?:community|living|housing|only|building|"
        r"apartments)|"
        r"(?:no one|nobody|noone) younger",
        unless="senior_housing",
    ),
)
