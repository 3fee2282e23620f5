"""Made-up personal data in the spellings people use; nobody's numbers, domains or homes."""

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

from agent.privacy.pii import Kind

T = TypeVar("T")
Made = tuple[str, str | None]
"""As it is written, and what all spellings share."""

FIRST = """
    Dana Marcus Priya Tomás Aiko Liam Fatima Chloe Nnamdi Ingrid Wei Sofia Jamal Hannah Rafael Yuki
    Aoife Omar Beatriz Kofi Elena Dmitri Amara Noah Leila Grace Hiro Zanele Pablo Ruth Ivan Mei
    Carlos Esther Bao Simone Andre Greta Tariq Naomi Felix Rosa Kwame Lucia Hugo Nadia Owen Salma
    Theo Vera April Summer Jean-Luc Mary DeShawn Siobhán Will Mark Faith Jo
"""
LAST = """
    Whitcomb Okafor Nguyen Patel García O'Brien Kowalski Haddad Lindqvist Tanaka Moreau Silva Ivanov
    Johnson Reyes Cohen Abebe Schmidt Park Dubois Rossi McAllister Fernández Yamamoto Singh Novak
    Brown Castillo Bergström Achebe Hoffman Diaz Chen Murphy Osei Petrov Nakamura Young Rivera
    Vandenberg Wójcik St.Clair Baker Hill Banks Delgado-Ruiz Khan Price Lane Mbeki
"""
STREETS = """
    Oak Maple Juniper Alder Willow Larkspur Harbor Mission Jackson Birch Cedar Sycamore Foundry
    Prospect Quarry Tillman Delancey Ashford Pemberton Kestrel Orchard Meridian Lincoln Madison
    Cypress Elm Pine Walnut Chestnut Spruce Canal Mill Bayview Glenwood Fairmont Hawthorne Stanton
    Belmont Camelia Rosewood Winding_Creek Stone_Mill Old_Mill Lake_View Martin_Luther_King_Jr
    La_Brea Van_Ness San_Pablo St._Helens O'Farrell Two_Rivers King_George Park Court North_Star
    Dr._Hayes Vista_del_Mar MLK High_Ridge Fort_Washington John_F._Kennedy McKinley Mt._Vernon
"""
ORDINALS = "1st 2nd 3rd 5th 23rd 42nd 104th 181st First Second Third Fifth Ninth Twelfth"
KINDS = (
    ("Street", 20), ("St", 16), ("St.", 4), ("Avenue", 12), ("Ave", 12), ("Ave.", 3), ("Road", 6),
    ("Rd", 6), ("Drive", 7), ("Dr", 6), ("Dr.", 1), ("Lane", 5), ("Ln", 4), ("Boulevard", 4),
    ("Blvd", 5), ("Court", 4), ("Ct", 3), ("Place", 3), ("Pl", 2), ("Way", 4), ("Circle", 2),
    ("Cir", 1), ("Terrace", 2), ("Parkway", 2), ("Pkwy", 2), ("Trail", 1), ("Row", 1), ("Loop", 1),
    ("Square", 1), ("Plaza", 1), ("Alley", 0.5), ("Crossing", 0.5), ("Run", 0.5), ("Cove", 0.5),
    ("Path", 0.5), ("Highway", 0.5), ("Walk", 0.3), ("Crescent", 0.3), ("Bend", 0.3), ("Pike", 0.3),
    ("Point", 0.3), ("Commons", 0.2), ("Gardens", 0.2), ("Mews", 0.2), ("Causeway", 0.1),
)  # fmt: skip
CITIES = """
    Ashford Brookhaven Cedar_Falls Dunmore Eastfield Fairview Glen_Arbor Hollis Ironwood Jasper
    Kingsley Lakemont New_Harmony Oakridge Port_Ellis San_Marcelo St._Alban Westbrook Winfield
    El_Paraiso Fort_Marion Bath
"""
STATES = """
    OR CA TX NY WA CO IL FL GA NC OH IN ME AZ MA PA Oregon California Texas New_York Washington
    North_Carolina
"""
DOMAINS = """
    example.com example.com example.com example.org example.net mail.example.com example.co.uk
    post.example.org my-mail.example uni.example.edu lee-family.example example.io
    studio.photography.example example.dev
"""


def _of(words: str) -> list[str]:
    return [word.replace("_", " ") for word in words.split()]


_FIRST, _LAST, _STREETS = _of(FIRST), _of(LAST), _of(STREETS)
_CITIES, _STATES, _DOMAINS, _ORDINALS = _of(CITIES), _of(STATES), _of(DOMAINS), _of(ORDINALS)
_DIGITS = _of("zero one two three four five six seven eight nine")


def email(rng: random.Random) -> Made:
    first, last = _plain(rng.choice(_FIRST)), _plain(rng.choice(_LAST))
    number = rng.randrange(1, 99)
    local = rng.choice(
        (
            f"{first}.{last}", f"{first}{last}", f"{first}_{last}", f"{first}{number}",
            f"{first[0]}{last}", f"{first[0]}.{last}{number}", f"{first}-{last}", first,
            f"{first}.{last}+rent", f"{last}{first[0]}19{number:02}", f"{first[0]}.{last[0]}",
            f"the.{last}s", f"{first}{number}.{last}",
        )
    )  # fmt: skip
    domain = rng.choice(_DOMAINS)
    value = f"{local}@{domain}"
    spelled = domain.replace(".", " dot ")
    bracketed = domain.replace(".", " [dot] ")
    written = _weighted(
        rng,
        (
            (value, 70), (value.upper(), 4), (value.title(), 6), (f"{local.title()}@{domain}", 8),
            (f"{local} @ {domain}", 1.2), (f"{local}@ {domain}", 0.6),
            (f"{local} at {spelled}", 1.2), (f"{local} [at] {bracketed}", 0.6),
            (f"{local}(at){domain}", 0.6), (f"{local} AT {spelled.upper()}", 0.3),
            (value.replace("@", "＠"), 0.15), (value.replace(".", " . "), 0.05),
            (value.replace(".", ",", 1) if "." in local else value, 0.1),
        ),
    )  # fmt: skip
    return written, value


def phone(rng: random.Random) -> Made:
    a = f"{rng.randrange(2, 10)}{rng.randrange(0, 9)}{rng.randrange(0, 10)}"
    e, n = "555", f"01{rng.randrange(0, 100):02}"
    formats = (
        (f"({a}) {e}-{n}", 18), (f"({a}){e}-{n}", 7), (f"{a}-{e}-{n}", 22), (f"{a}.{e}.{n}", 8),
        (f"{a} {e} {n}", 9), (f"{a}{e}{n}", 12), (f"{a} {e}-{n}", 4), (f"+1 {a} {e} {n}", 3),
        (f"+1{a}{e}{n}", 4), (f"+1 ({a}) {e}-{n}", 4), (f"+1-{a}-{e}-{n}", 3),
        (f"1-{a}-{e}-{n}", 3), (f"1 {a} {e} {n}", 1), (f"1{a}{e}{n}", 1.5),
        (f"1 ({a}) {e}-{n}", 1), (f"1.{a}.{e}.{n}", 0.7), (f"+1.{a}.{e}.{n}", 0.7),
        (f"({a}) {e} {n}", 2), (f"({a}) {e}.{n}", 0.7), (f"({a})-{e}-{n}", 1.5),
        (f"({a}) - {e} - {n}", 0.5), (f"{a} - {e} - {n}", 0.8), (f"{a}-{e}{n}", 0.7),
        (f"{a} {e}{n}", 1), (f"({a}) {e}{n}", 0.7), (f"{a}/{e}-{n}", 0.5), (f"{a}–{e}–{n}", 0.7),
        (f"{a}-{e}-{n} x{rng.randrange(9, 999)}", 0.8),
        (f"({a}) {e}-{n} ext. {rng.randrange(9, 999)}", 0.8),
        (f"{a}-{e}-{n}, extension {rng.randrange(2, 99)}", 0.4), (f"{a}-{e}-{n}#2", 0.1),
        (f"{a}_{e}_{n}", 0.1), (f"{a}\u2011{e}\u2011{n}", 0.4), (f"{a}—{e}—{n}", 0.2),
        (f"{a}) {e}-{n}", 0.2), (f"({a} {e}-{n}", 0.1), (f"( {a} ) {e}-{n}", 0.1),
        (f"{a}.{e}-{n}", 0.2), (f"{a} {e[:2]} {e[2]}{n[0]} {n[1:]}", 0.05),
        (f"001 {a} {e} {n}", 0.05), (f"{a}·{e}·{n}", 0.1), (f"{a}-{e}- {n}", 0.05),
        (f"{_spelled(a)} {e} {n}", 0.05), (f"{a} {e} {n[:2]} {n[2:]}", 0.05),
    )  # fmt: skip
    if rng.random() < 0.02:
        return rng.choice(
            (
                (f"+44 20 7946 0{rng.randrange(100, 1000)}", None),
                (f"+44 (0)20 7946 0{rng.randrange(100, 1000)}", None),
                (f"+49 30 23125 {rng.randrange(100, 1000)}", None),
                (f"+61 2 5550 {rng.randrange(1000, 9999)}", None),
                (f"+33 1 99 00 {rng.randrange(10, 99)} {rng.randrange(10, 99)}", None),
            )
        )
    return _weighted(rng, formats), f"+1{a}{e}{n}"


def local_phone(rng: random.Random) -> Made:
    """Seven digits, as between neighbours."""
    n = f"01{rng.randrange(0, 100):02}"
    return rng.choice((f"555-{n}", f"555-{n}", f"555{n}", f"555 {n}", f"555.{n}")), None


def ssn(rng: random.Random) -> Made:
    """Of areas that are never given out."""
    a, b = rng.choice(("000", "666", f"{rng.randrange(900, 1000)}")), f"{rng.randrange(1, 100):02}"
    c = f"{rng.randrange(1, 10_000):04}"
    formats = ((f"{a}-{b}-{c}", 70), (f"{a} {b} {c}", 14), (f"{a}.{b}.{c}", 2), (f"{a}–{b}–{c}", 2))
    return _weighted(rng, formats), a + b + c


def labelled_ssn(rng: random.Random) -> Made:
    written, value = ssn(rng)
    assert value
    odd = f"{value[:3]}-{value[3:]}"
    return _weighted(rng, ((value, 50), (written, 50), (odd, 2))), value


def card(rng: random.Random) -> Made:
    prefix, length = rng.choice(
        (("4", 16), ("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("34", 15), ("37", 15),
         ("6011", 16), ("65", 16), ("3530", 16), ("36", 14), ("4", 13))
    )  # fmt: skip
    digits = prefix + "".join(rng.choice("0123456789") for _ in range(length - len(prefix) - 1))
    digits += next(check for check in "0123456789" if _luhn(digits + check))
    sizes = {16: (4, 4, 4, 4), 15: (4, 6, 5), 14: (4, 6, 4), 13: (4, 3, 3, 3)}[length]
    groups, start = [], 0
    for size in sizes:
        groups.append(digits[start : start + size])
        start += size
    formats: list[tuple[str, float]] = [
        (" ".join(groups), 45),
        (digits, 35),
        ("-".join(groups), 18),
        (".".join(groups), 1),
    ]
    if length == 13:
        formats = [(digits, 1)]
    if length == 16:
        formats.append(("  ".join(groups), 0.3))
    return _weighted(rng, formats), digits


def name(rng: random.Random) -> Made:
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    written = _weighted(
        rng,
        (
            (f"{first} {last}", 70), (first, 16),
            (f"{first} {rng.choice('ABCDEJKLMR')}. {last}", 5),
            (f"{first} {rng.choice(_FIRST)} {last}", 4), (f"{first} {last[0]}.", 2),
            (f"{first} {last} Jr.", 1),
        ),
    )  # fmt: skip
    return _weighted(rng, ((written, 84), (written.lower(), 13), (written.upper(), 3))), None


def full_name(rng: random.Random) -> Made:
    return f"{rng.choice(_FIRST)} {rng.choice(_LAST)}", None


def first_name(rng: random.Random) -> Made:
    return rng.choice(_FIRST), None


def last_name(rng: random.Random) -> Made:
    return rng.choice(_LAST), None


def address(rng: random.Random) -> Made:
    street = _weighted(rng, ((_street, 88), (_unusual_street, 12)))(rng)
    unit = _unit(rng) if rng.random() < 0.4 else ""
    tail = _tail(rng) if rng.random() < 0.5 else ""
    written = street + unit + tail
    if rng.random() < 0.14:
        written = written.lower()
    elif rng.random() < 0.04:
        written = written.upper()
    return written, None


def street_line(rng: random.Random) -> str:
    """A street without a number, which is nobody's address."""
    return f"{rng.choice(_STREETS)} {_weighted(rng, KINDS)}"


def _street(rng: random.Random) -> str:
    number = str(_weighted(rng, ((rng.randrange(100, 9999), 70), (rng.randrange(1, 100), 20),
                                 (rng.randrange(10_000, 30_000), 10))))  # fmt: skip
    before = rng.choice(("N", "S", "E", "W", "NW", "SE", "North", "West", "N.", "SW"))
    named = rng.choice(_ORDINALS) if rng.random() < 0.17 else rng.choice(_STREETS)
    kind = _weighted(rng, KINDS)
    parts = [number, *([before] if rng.random() < 0.22 else []), named, kind]
    if rng.random() < 0.05:
        parts.append(rng.choice(("NW", "SE", "N", "SW", "East")))
    return " ".join(parts)


def _unusual_street(rng: random.Random) -> str:
    n = rng.randrange(10, 9999)
    named = rng.choice(_STREETS)
    return str(
        _weighted(
            rng,
            (
                (f"P.O. Box {n}", 8), (f"PO Box {n}", 10), (f"P O Box {n}", 1),
                (f"po box #{n}", 1), (f"{n} Broadway", 6), (f"{n} Avenue {rng.choice('ABCD')}", 3),
                (f"{n} County Road {rng.randrange(2, 90)}", 2),
                (f"{n} Highway {rng.randrange(2, 400)}", 3),
                (f"{n} US Hwy {rng.randrange(2, 400)}", 1),
                (f"{n} State Route {rng.randrange(2, 400)}", 1),
                (f"{n}{rng.choice('ABC')} {named} St", 3), (f"{n} 1/2 {named} Ave", 3),
                (f"{n % 89 + 10}-{rng.randrange(10, 99)} {rng.randrange(24, 99)}th Ave", 3),
                (f"{n} Calle {named}", 2), (f"{n} Camino Real", 1), (f"{n} Avenue of the Arts", 1),
                (f"One {named} Street", 1), (f"{n} N {named}", 2), (f"{n} The Alameda", 0.5),
                (f"RR {n % 9 + 1} Box {n}", 0.5), (f"{n} W 5th", 2), (f"{n} Rue {named}", 0.3),
                (f"N{n} W{n + 31} {named} Rd", 0.3),
            ),
        )
    )  # fmt: skip


def _unit(rng: random.Random) -> str:
    n = rng.choice((rng.randrange(1, 40), rng.randrange(100, 2400)))
    letter = rng.choice("ABCDEF")
    return str(
        _weighted(
            rng,
            (
                (f" Apt {n}", 12), (f", Apt {n}", 12), (f" Apt. {n}{letter}", 4), (f" #{n}", 12),
                (f", #{n}{letter}", 4), (f" Unit {n}", 8), (f", Unit {letter}", 5),
                (f" Ste {n}", 3), (f", Suite {n}", 4), (f" apt {letter}", 4),
                (f", Apartment {n}", 4), (f" apt#{n}", 2), (f", Bldg {letter}, Apt {n}", 2),
                (f", {n % 20 + 2}th Floor", 1.5), (f", Floor {n % 20 + 1}", 1.5), (f"\nApt {n}", 2),
                (f" # {n}", 1.5), (f", Lot {n}", 1), (f" Rm {n}", 1), (f", Unit {letter}-{n}", 1),
                (f" No. {n}", 0.5), (f", PH {n % 9}", 0.3), (", rear unit", 0.2),
            ),
        )
    )  # fmt: skip


def _tail(rng: random.Random) -> str:
    city, state = rng.choice(_CITIES), rng.choice(_STATES)
    code = f"{rng.randrange(10_000, 99_999)}"
    return str(
        _weighted(
            rng,
            (
                (f", {city}, {state} {code}", 40), (f", {city} {state} {code}", 14),
                (f", {city}, {state}", 14), (f" {city}, {state} {code}", 6), (f", {city}", 10),
                (f"\n{city}, {state} {code}", 8), (f" {city} {state} {code}", 4),
                (f", {city}, {state}, {code}", 2), (f", {city} {code}", 2), (f", {code}", 2),
                (f", {city}, {state} {code}-{rng.randrange(1000, 9999)}", 3),
                (f", {city}, {state} {code}, USA", 1), (f" in {city}", 1),
            ),
        )
    )  # fmt: skip


def _plain(written: str) -> str:
    swaps = str.maketrans("áéíóúñöüşàèçą", "aeiounousaeca")
    return "".join(s for s in written.lower().translate(swaps) if s.isascii() and s.isalpha())


def _spelled(digits: str) -> str:
    return " ".join(_DIGITS[int(digit)] for digit in digits)


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _weighted(rng: random.Random, choices: Sequence[tuple[T, float]]) -> T:
    return rng.choices([c for c, _ in choices], [weight for _, weight in choices])[0]


MAKERS: dict[str, tuple[Kind, Callable[[random.Random], Made]]] = {
    "email": ("email", email),
    "phone": ("phone", phone),
    "local_phone": ("phone", local_phone),
    "ssn": ("ssn", ssn),
    "labelled_ssn": ("ssn", labelled_ssn),
    "card": ("card", card),
    "address": ("address", address),
    "name": ("name", name),
    "full_name": ("name", full_name),
    "first_name": ("name", first_name),
    "last_name": ("name", last_name),
}
"""Placeholder of a sentence -> kind of span and maker."""
