"""The words of street addresses in the United States, and the words that are never part of one."""

_SHORT = {
    "street": "st str",
    "avenue": "ave av",
    "road": "rd",
    "boulevard": "blvd boul",
    "lane": "ln",
    "parkway": "pkwy pky",
    "highway": "hwy",
    "expressway": "expy",
    "turnpike": "tpke",
    "freeway": "fwy",
    "alley": "aly",
    "drive": "dr drv",
    "court": "ct crt",
    "place": "pl",
    "terrace": "ter terr",
    "circle": "cir circ",
    "square": "sq",
    "trail": "trl",
    "crescent": "cres",
    "crossing": "xing",
    "plaza": "plz",
    "heights": "hts",
    "cove": "cv",
    "point": "pt",
    "causeway": "cswy",
    "junction": "jct",
    "ridge": "rdg",
    "hollow": "holw",
    "way": "wy",
}
_EVERYDAY = """
    row loop run walk path pass pike mews commons landing view vista bend glen grove green gardens
    park hill hills close quay wharf bypass pathway promenade mall overlook meadow meadows manor
    estates knoll oval rise spur station terminal valley village trace track gate gateway bluff
    creek lake harbor haven canyon island isle club forest field fields shore shores spring springs
    crest trafficway skyway
"""
_STRONG = "street avenue road boulevard lane parkway highway turnpike alley"
_ALONE = "broadway embarcadero esplanade bowery"
_BEFORE_NAME = """
    avenue ave highway hwy route rte rt interstate fm calle avenida via camino paseo corte rue rua
    piazza plaza
"""
_SPANISH = "calle avenida camino paseo corte via"
_ROAD_OF = "county state us u.s old"
_MIDDLE = "the of and de la las los del el du des san santa st"
_NOT_AFTER = "parking view views level lights noise facing access side food"
_NEVER_STREET = """
    a an the and or but so to of in on at by for from with without near is are was were be been
    am i you he she it we they my your his her its our their this that these those there here
    bed beds bedroom bedrooms br bd bdr bdrm bath baths bathroom bathrooms ba room rooms studio
    min mins minute minutes hour hours hr hrs day days week weeks month months year years yr yrs
    mile miles mi km block blocks feet foot ft sqft sq acre acres pm am o'clock
    people person persons adult adults kid kids child children dog dogs cat cats pet pets car cars
    unit units apartment apartments apt home homes house houses condo condos listing listings
    option options place spot spots parking garage story stories floor floors level levels
    dollars dollar usd bucks k percent deposit rent price prices budget credits points
    more less other different nice good great new better best big small quick short long easy
    times time tours tour visits visit applications application keys copies way
    available open per each total max maximum minimum about around under over between up within
    minus plus out off until till before after since than then as if when which who what where how
    would could can will should do does did have has had need want see take get like looking
    january february march april june july september october november december
    jan feb apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday
    saturday sunday mon tue wed thu fri
"""
_NEVER_CITY = """
    hi hello hey thanks thank thx please yes no ok okay sure call text email phone cell name my
    let just also because while and i'm i'd i'll i've it's that's let's not only right now may
    august today tomorrow tonight
"""
_ALSO_CITY = "bath home best garage new big great good long short open place"
_STATE_NAMES = """
    alabama alaska arizona arkansas california colorado connecticut delaware florida georgia hawaii
    idaho illinois indiana iowa kansas kentucky louisiana maine maryland massachusetts michigan
    minnesota mississippi missouri montana nebraska nevada new_hampshire new_jersey new_mexico
    new_york north_carolina north_dakota ohio oklahoma oregon pennsylvania rhode_island
    south_carolina south_dakota tennessee texas utah vermont virginia washington west_virginia
    wisconsin wyoming
"""
_STATES = """
    AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY
    NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC PR
"""
_WORDS = "AL DE HI ID IN LA MA ME MO OH OK OR PA"

KINDS = (
    {full: full for full in _SHORT}
    | {short: full for full, shorts in _SHORT.items() for short in shorts.split()}
    | {word: word for word in _EVERYDAY.split()}
)
"""What a street name ends with -> its long form."""
STRONG = frozenset(_STRONG.split())
"""Kinds that say little else in a chat about homes."""
ALONE = frozenset(_ALONE.split())
"""Streets without a kind."""
BEFORE_NAME = frozenset(_BEFORE_NAME.split())
"""Kinds that stand before the name: Calle Luna, Avenue B."""
SPANISH = frozenset(_SPANISH.split())
"""Those of them that say nothing else in English."""
ROAD_OF = frozenset(_ROAD_OF.split())
"""Whose a numbered road is: County Road 12."""
MIDDLE = frozenset(_MIDDLE.split())
"""Never the first word of a street name, but maybe a later one."""
NOT_AFTER = frozenset(_NOT_AFTER.split())
"""Nouns before which "street" is no street: street parking."""
NEVER_STREET = frozenset(_NEVER_STREET.split())
"""What a number counts or stands by without being a house number."""
NEVER_CITY = (NEVER_STREET - frozenset(_ALSO_CITY.split())) | frozenset(_NEVER_CITY.split())
DIRECTIONS = {
    "n": "north",
    "s": "south",
    "e": "east",
    "w": "west",
    "ne": "northeast",
    "nw": "northwest",
    "se": "southeast",
    "sw": "southwest",
}
EVERY_DIRECTION = DIRECTIONS.keys() | set(DIRECTIONS.values())
STATES = "|".join(_STATES.split())
"""A pattern."""
NO_WORD_STATES = "|".join(state for state in _STATES.split() if state not in _WORDS.split())
"""Those whose letters are no English word."""
STATE_NAMES = "|".join(name.replace("_", r"\ ") for name in _STATE_NAMES.split())
"""A pattern for verbose expressions."""
