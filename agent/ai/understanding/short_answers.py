"""Answers too short to be read without the question: "none", "2", "the cheapest", "1st"."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from .message import Message
from .models import Candidate, Context, Entities, Intent, Understanding
from .patterns import listed, opening, whole, words

_SWITCHES = ("pets", "furnished", "parking", "in_unit_laundry")
_NOTHING = whole(
    r"(?:none|nothing|nada|zero|zilch|n/?a|not? ?one|nope|nah|nein|negative|neither)"
    r"(?:[ ,]+(?:at all|for (?:me|us|now)|right now|at the moment|thanks?|thank you|here|sorry|"
    r"whatsoever|of (?:that|those)|yet|i'm afraid))*",
    r"(?:just|only) (?:me|us|myself|the (?:two|three) of us)(?: and my \w+)?",
)
_YES = opening(
    r"y|ya|yah|yuh|yas|yes+|yess?ir|yessum|yea|yeah|yep|yup|aye|mhm|uh[- ]?huh|k|kk|bet|100",
    r"for sure|go on(?: then)?|go for it|(?:please )?(?:send|do|book|request) (?:it|that)",
    r"let's go|of course|absolutely|certainly|sounds like a plan",
)
_MORE = whole(
    r"(?:any |some |show |show me |see )?(?:more|others?|next)(?: ones?| homes?| options?)?"
    r"(?: please| pls)?|what else(?: is there| do you have)?|keep going"
)
_NOT_YET = words(r"no|not|but|don't|wait|can't|later|instead|other|another|different|change")
_ANIMALS = listed(
    """
    pitbull pitbulls pit-bull lab labs labrador labradoodle retriever golden poodle doodle
    goldendoodle terrier yorkie bulldog frenchie husky beagle chihuahua corgi dachshund pug boxer
    rottweiler shepherd collie mastiff dane pomeranian shih-tzu maltipoo mutt pup puppy hound tabby
    siamese kitten kitty turtle tortoise ferret hedgehog guinea-pig gerbil iguana gecko lizard
    snake parakeet cockatiel goldfish fish aquarium bird birds doggo pooch feline canine
    """
)
_WORD = re.compile(r"[a-z][a-z'-]*")
_WEIGHED = words(r"not|no|without|never|don't|hate|allergic")

_SOFT = listed(
    """
    a an and apartment apt at available be best can check choice choose could da definitely do
    favorite fine for free go good great guess have haha home honestly how i i'd i'll i'm
    if in interested is it it's its let's like listing lol look looks love maybe me my nice number
    obviously of oh ok okay on one ones oo ooh ooo open option out perfect pick place please pls
    plz possible prefer probably see seems slot sounds still suppose sure take thank thanks that
    that's the them then these think those time to too tour ty um unit us view visit want we we'd
    well what will with works would yea yeah yep yes you
    """
)
"""Words around a choice that change nothing of it."""
_PLACES: tuple[tuple[int, frozenset[str], frozenset[str]], ...] = (
    (0, frozenset({"1", "#1", "one"}), listed("first frist fisrt 1st top former")),
    (1, frozenset({"2", "#2", "two"}), listed("second secnd scond 2nd middle")),
    (2, frozenset({"3", "#3", "three"}), listed("third thrid 3rd")),
    (-1, frozenset(), listed("last latter bottom")),
)
"""Place, the numbers that name it when nothing else is said, the words that do anywhere."""
_TOKEN = re.compile(r"[#a-z0-9']+")
_SHORT = 12
"""Words in a message that may still be an answer and no more."""
_Size = Callable[[Candidate], float | None]
_EXTREMES: tuple[tuple[_Size, bool, re.Pattern[str]], ...] = (
    (
        lambda home: home.rent,
        False,
        words(r"cheap(?:er|est|y)?", r"lowest|least (?:expensive|pricey)|(?:most )?affordable"),
    ),
    (lambda home: home.rent, True, words(r"(?:most expensive|priciest|fanciest|nicest)")),
    (lambda home: home.bathrooms, True, words(r"(?:more|most|two|2|extra) bath\w*")),
    (lambda home: home.bedrooms, True, words(r"bigg(?:er|est)|larg(?:er|est)")),
)
_DATED = words(r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*|week|month|floor")
_LAST_TIME = words(r"latest|last|later|end of (?:the )?(?:day|list)")
_FIRST_TIME = words(r"earliest|soonest|first|sooner|asap|any|whichever|either|whatever")
_QUESTION = opening(
    r"(?:what|what's|whats|which|where|where's|who|when|why|how|how's|is|are|r|do|does|did|can|"
    r"could|will|would|has|have|any)",
    after=r"and|also|so|ok|okay|but|oh|wait|hm+|um+|hey|hi|actually|quick question|btw|"
    r"by the way|sorry|before that|first",
)


def with_short_answer(found: Understanding, message: Message, context: Context) -> Understanding:
    """What the question before makes of a message that says little by itself."""
    asked, low = {*context.agent.asked}, message.low
    found = _switched(found, low, asked)
    if asked & {"confirm", "tour", "contact"} and _plain_yes(low) and "leaves" not in found.rules:
        found = _yes(found, asked)
    if context.shortlist and _MORE.match(low):
        found = replace(found, intents=tuple(dict.fromkeys((Intent.MORE, *found.intents))))
    if asked & {"property", "tour"} and not found.slot_ids and not _DATED.search(low):
        found = _home(found, low, context)
    if "slot" in asked and not found.slot_ids:
        found = _time(found, low, context)
    return _unanswered(found, low)


def _switched(found: Understanding, low: str, asked: set[str]) -> Understanding:
    """A bare "none", or the kind of animal, to the question about it."""
    open_switches = [name for name in _SWITCHES if name in asked and name not in found.entities]
    entities: Entities = {}
    if _NOTHING.match(low):
        entities = dict.fromkeys(open_switches, False)
    elif "pets" in open_switches and _names_animal(low):
        entities = {"pets": True}
    return _adding(found, entities, "short_answer") if entities else found


def _plain_yes(low: str) -> bool:
    short = len(low.split()) <= _SHORT // 2
    return short and bool(_YES.match(low)) and not _NOT_YET.search(low)


def _yes(found: Understanding, asked: set[str]) -> Understanding:
    """A yes in few or odd words; to the offer of a visit it is the wish for one."""
    meant = [Intent.AFFIRM, *([Intent.TOUR] if "tour" in asked else [])]
    new = [intent for intent in meant if intent not in found.intents]
    if not new:
        return found
    return replace(found, intents=(*new, *found.intents), rules=(*found.rules, "short_yes"))


def _names_animal(low: str) -> bool:
    return bool(_ANIMALS & {*_WORD.findall(low)}) and not _WEIGHED.search(low)


def _home(found: Understanding, low: str, context: Context) -> Understanding:
    """The home a bare ordinal or superlative picks from what was offered last."""
    if found.references:
        return found
    recent = [home for home in context.shortlist if home.listing_id in context.agent.offered]
    homes = recent or list(context.shortlist)
    place = _place(low, len(homes))
    if place is not None:
        return _chosen(found, homes[place])
    if found.topics:
        return found
    for size, most, pattern in _EXTREMES:
        sized = [(value, home) for home in homes if (value := size(home)) is not None]
        if pattern.search(low) and len({value for value, _ in sized}) > 1:
            return _chosen(found, (max if most else min)(sized, key=lambda pair: pair[0])[1])
    return found


def _place(low: str, count: int) -> int | None:
    """The place the message names, if it names exactly one."""
    said = _TOKEN.findall(low)
    left = [word for word in said if word not in _SOFT] or said[:1]
    named = [
        index
        for index, numbers, ordinals in _PLACES
        if index < count
        and (
            (len(left) == 1 and left[0] in numbers) or (len(said) <= _SHORT and {*said} & ordinals)
        )
    ]
    return named[0] if count and len(named) == 1 else None


def _chosen(found: Understanding, home: Candidate) -> Understanding:
    return replace(
        found,
        entities=_without_nth(found),
        references=(home.listing_id,),
        intents=tuple(dict.fromkeys((*found.intents, Intent.SELECT))),
        accepted={**found.accepted, "property": home.name},
        rules=(*found.rules, "short_answer_home"),
    )


def _without_nth(found: Understanding) -> Entities:
    """ "1st" was the first of the list then, not of the month."""
    if not any(rule.endswith("_date_nth") for rule in found.rules):
        return found.entities
    return {k: v for k, v in found.entities.items() if k not in ("tour_date", "move_date")}


def _time(found: Understanding, low: str, context: Context) -> Understanding:
    slots: Sequence[str] = [slot.slot_id for slot in context.slots]
    if not slots or found.has(Intent.NEGATE, Intent.CANCEL) or found.topics:
        return found
    place = _place(low, len(slots))
    if place is None and not (found.entities.keys() & {"tour_date"} or found.tour_time):
        if _LAST_TIME.search(low):
            place = -1
        elif _FIRST_TIME.search(low):
            place = 0
    if place is None:
        return found
    return replace(
        found,
        entities=_without_nth(found),
        references=(),
        slot_ids=(slots[place],),
        rules=(*found.rules, "short_answer_slot"),
    )


def _unanswered(found: Understanding, low: str) -> Understanding:
    """A question about something there is no rule for is still a question."""
    asks = "?" in low or bool(_QUESTION.match(low))
    silent = not (
        {*found.intents} - {Intent.GREET, Intent.THANKS}
        or found.entities
        or found.cleared
        or found.references
        or found.slot_ids
        or found.tour_time
    )
    if not asks or not silent or len(low.split()) < 3:
        return found
    return replace(
        found,
        topics=(*found.topics, "other"),
        intents=(*found.intents, Intent.ASK),
        rules=(*found.rules, "asks_other"),
    )


def _adding(found: Understanding, entities: Entities, rule: str) -> Understanding:
    return replace(found, entities={**found.entities, **entities}, rules=(*found.rules, rule))
