"""Words of leasing that mean the same, and those that say little."""

from agent.ai.search.lexical import terms

_SAME = (
    "gym fitness",
    "package parcel delivery deliveries deliver",
    "fee charge",
    "trash garbage rubbish waste",
    "car vehicle auto",
    "guest visitor friend girlfriend boyfriend",
    "internet wifi",
    "repair maintenance fix broken",
    "electricity electric power",
    "reserve book",
    "collect pick",
    "apply application applicant",
    "pay payment",
    "sublet subletting sublease airbnb",
    "automatic autopay",
    "deny denied reject rejected",
    "end ending break terminate",
    "lockout locked",
    "drill drilling",
    "roommate flatmate housemate",
    "video virtual",
    "electric ev",
    "renew renewal renewing",
    "heat heating",
)
_CANONICAL = {stem: terms(group)[0] for group in _SAME for stem in terms(group)}
_COMMON = frozenset(
    terms(
        "apartment home house unit place building community property lease get go need want take "
        "make use give know tell much many long any some thing someone somebody there available "
        "possible allow allowed okay have do happen work usual like good still also when what "
        "policy rule way question really ever here"
    )
)
_COMMON_WEIGHT = 0.35


def meanings(text: str) -> list[str]:
    """The stems of the telling words, in order; words that mean the same are one."""
    return [_CANONICAL.get(stem, stem) for stem in terms(text)]


def weight(meaning: str) -> float:
    """How much a word says about what a text is about."""
    return _COMMON_WEIGHT if meaning in _COMMON else 1.0


def rephrased(text: str) -> str:
    """`text` with the words beside it that mean the same, for a search by words."""
    stems = set(terms(text))
    more = [group for group in _SAME if stems & set(terms(group))]
    return " ".join([text, *more])


def overlap(one: str, other: str) -> float:
    """How much two texts say in the same words: 0 nothing, 1 all of it."""
    first, second = set(meanings(one)), set(meanings(other))
    together = sum(map(weight, first | second))
    return sum(map(weight, first & second)) / together if together else 0.0


def covered(asked: str, text: str) -> float:
    """How much of the words of `asked` the text has: 0 nothing, 1 all of it."""
    wanted, held = set(meanings(asked)), set(meanings(text))
    total = sum(map(weight, wanted))
    return sum(map(weight, wanted & held)) / total if total else 0.0
