"""The people, places and things of the stories, in both languages: words/tales.yaml."""

from dataclasses import dataclass

from training.chat.words.read import read


@dataclass(frozen=True)
class Kind:
    """Who a hero can be.  `sort`: animal, sea, child, person, machine, magic."""

    en: str
    zh: str  # as the story names it
    topic_zh: str  # as people ask for it
    measure: str
    sort: str
    pronoun: str = ''  # 'he' or 'she' where the kind decides it


@dataclass(frozen=True)
class Place:
    topic_en: str
    at_en: str
    ref_en: str
    topic_zh: str
    at_zh: str
    ref_zh: str
    sort: str  # wild, built, sea


@dataclass(frozen=True)
class Helper:
    en: str  # 'an old tortoise'
    ref_en: str
    zh: str  # '一只老乌龟'
    ref_zh: str
    sort: str  # land, sea
    kind: str  # a hero of this kind does not meet it


_TALES = read('tales')
KINDS = tuple(Kind(*row[:4], *row[4].split()) for row in _TALES['heroes'])
ONLY = {kind: tuple(plots.split()) for kind, plots in _TALES['only']}  # plots, where not every one is for this hero
NAMES = _TALES['names']
PLACES = tuple(Place(*row) for row in _TALES['places'])
HELPERS = tuple(Helper(*row) for row in _TALES['helpers'])
# The columns of these rows are explained in the table.
THINGS, MAKEABLE, MORE_THINGS = _TALES['things'], _TALES['makeable'], _TALES['more_things']
SKILLS, SIGHTS, FEARS, PLANTS = _TALES['skills'], _TALES['sights'], _TALES['fears'], _TALES['plants']
LOST, LOST_SEA = _TALES['little'], _TALES['little_sea']
THEMES = tuple((en, zh, tuple(plots.split()), *morals) for en, zh, plots, *morals in _TALES['themes'])
MORALS = _TALES['morals']
