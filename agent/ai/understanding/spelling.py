"""Undoes chat abbreviations and one-letter typos in the words the rules rely on."""

import re
from collections.abc import Iterator
from functools import lru_cache

from .patterns import listed

_ABBREVIATIONS = {
    short: long
    for line in """
        2day=today | 2moro=tomorrow | 2morrow=tomorrow | abt=about | aply=apply
        apmt=apartment | appt=appointment | apt=apartment | apts=apartments
        avail=available | bdrm=bedroom | bdrms=bedrooms | btw=by the way
        cant=can't | cya=bye | doesnt=doesn't | dont=don't | fisrt=first
        frist=first | gimme=give me | gonna=going to | helo=hello | idk=i don't know
        im=i'm | isnt=isn't | ive=i've | kinda=kind of | kk=okay | lemme=let me
        lets=let's | lookin=looking | mo=month | mos=months | nvm=never mind
        ok=okay | okey=okay | pics=pictures | pls=please | plz=please | r=are
        resched=reschedule | rom=room | roms=rooms | sched=schedule | scond=second
        secnd=second | teh=the | thats=that's | theres=there's | thnx=thanks
        thrid=third | thx=thanks | tmr=tomorrow | tmrw=tomorrow | tmw=tomorrow
        tomm=tomorrow | ty=thank you | u=you | undr=under | ur=your | w/=with
        w/d=washer and dryer | w/o=without | wanna=want to | wensday=wednesday
        wether=whether | whats=what's | wheres=where's | wk=week | wks=weeks
        wont=won't | yr=year | yrs=years""".splitlines()
    if line
    for short, long in (entry.strip().split("=") for entry in line.split("|"))
}
_RULE_WORDS = listed(
    """
april apartment apartments application appointment available availability bathroom bathrooms bedroom
bedrooms budget cancel december deposit documents february friday furnished furniture garage
january laundry monday november october parking property reschedule restaurant saturday schedule
scheduled september studio sunday thursday tomorrow tuesday unfurnished wednesday weekend
"""
)
_NEIGHBOURS = listed(
    """
apartment's apartments application applications appointments barking booking canceled cancels
depart deposits furnish garages gadget marking monday's mondays packing parting properties
restaurants schedules studios sundays visited weekends
"""
)
"""Words that look like a rule word with a typo and are none."""
_SHORTEST = 6
_WORD = re.compile(r"[A-Za-z0-9'/]+")


def _shortened(word: str) -> Iterator[str]:
    for position in range(len(word)):
        yield word[:position] + word[position + 1 :]


_BY_DELETION = {
    variant: word for word in sorted(_RULE_WORDS) for variant in (word, *_shortened(word))
}


def _rule_word(word: str) -> str | None:
    """The rule word that `word` misses by one letter (lost, added, wrong or swapped)."""
    if len(word) < _SHORTEST - 1 or word in _RULE_WORDS or word in _NEIGHBOURS:
        return None
    if near := _BY_DELETION.get(word):
        return near
    for variant in _shortened(word):
        near = _BY_DELETION.get(variant)
        if near and abs(len(near) - len(word)) <= 1 and len(near) >= _SHORTEST:
            return near
    return None


@lru_cache(4_096)
def _respelled(written: str) -> str:
    word = written.lower()
    return _ABBREVIATIONS.get(word) or _rule_word(word) or written


def one_letter_apart(word: str, other: str) -> bool:
    """Equal but for one letter that is lost, added, wrong or swapped with its neighbour."""
    return word == other or bool({word, *_shortened(word)} & {other, *_shortened(other)})


def respell(text: str) -> str:
    written = set(_WORD.findall(text))
    if written.issuperset(map(_respelled, written)):
        return text
    return _WORD.sub(lambda match: _respelled(match[0]), text)
