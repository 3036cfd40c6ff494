"""Score a tiny-vlm folder: `python -m training.vision.evaluate models/tiny-vlm`.  The scores go to training_log.json.

Greedy answers in fp32 about pictures drawn with other seeds, at places, in sizes and in fonts that training never uses.
An answer is right if the whole sentence is.  Descriptions are measured both ways: how much of what is there is named,
and how much is named that is not there.
"""

import argparse
import functools
import pathlib
import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from training.files import record_evaluation

from . import model as models
from . import scenes, talk
from .feed import Encoder
from .tokenizer import IM_END, load_tokenizer
from .words import DIGITS, LETTERS, NOUNS

AIM = 0.95
BATCH = 256
MAX_NEW_TOKENS = 140


@dataclass(frozen=True)
class Case:
    """Pictures, turns that went before, the question, and the answer that is right."""

    category: str
    language: str
    pictures: tuple[scenes.Picture, ...]
    turn: talk.Turn
    before: tuple[talk.Turn, ...] = ()


def _counting(rng: random.Random, picture: scenes.Picture, language: str) -> talk.Turn:
    """How many there are of what there is most of."""
    name, number = Counter(t.name for t in picture.things).most_common(1)[0]
    return talk._how_many(rng, picture, language, NOUNS[name], '', number)


def _any(rng: random.Random) -> scenes.Picture:
    return rng.choices([kind for kind, _ in scenes.KINDS], [weight for _, weight in scenes.KINDS])[0](rng, True)


Draw = Callable[[random.Random], scenes.Picture]
TASKS: dict[str, tuple[Draw, talk.Question]] = {
    'colour': (
        lambda rng: rng.choice((scenes.shapes, scenes.shapes, scenes.animals, scenes.glyph))(rng, True),
        talk.colour,
    ),
    'shape': (lambda rng: scenes.shapes(rng, True), talk.shape),
    'count': (lambda rng: scenes.counts(rng, True), _counting),
    'left, right, above, below': (lambda rng: scenes.shapes(rng, True, number=2), talk.where),
    'digit': (lambda rng: scenes.glyph(rng, True, DIGITS), talk.read),
    'letter': (lambda rng: scenes.glyph(rng, True, LETTERS), talk.read),
    'animal': (lambda rng: scenes.animals(rng, True), talk.what),
    'place in the picture': (_any, talk.position),
    'yes or no': (_any, talk.exists),
    'what is not there': (_any, talk.missing),
    'size': (_any, talk.size),
    'background, time, ground': (_any, talk.surroundings),
}
AIMED = ('colour', 'shape', 'count', 'left, right, above, below', 'digit')
WATCHED = ('letter', 'place in the picture', 'yes or no')  # while training, beside those


def cases(number: int, seed: int) -> list[Case]:
    """`number` of each task, half of each language; as many questions that come third in a conversation; and about
    two pictures."""
    made = []
    for category, (draw, question) in TASKS.items():
        rng = random.Random(f'held out {category} {seed}')
        while sum(case.category == category for case in made) < number:
            language = talk.LANGUAGES[len(made) % 2]
            picture = draw(rng)
            if picture.things and (turn := question(rng, picture, language)):
                made.append(Case(category, language, (picture,), turn))
    rng = random.Random(f'held out conversations {seed}')
    while sum(case.category == 'in a conversation' for case in made) < number:
        language = talk.LANGUAGES[len(made) % 2]
        picture = _any(rng)
        turns = talk.conversation(rng, picture, language, 3) if picture.things else []
        if len(turns) == 3 and all(turn.answer != talk.description(picture, language) for turn in turns):
            made.append(Case('in a conversation', language, (picture,), turns[2], tuple(turns[:2])))
    while sum(case.category == 'two pictures' for case in made) < number:
        language = talk.LANGUAGES[len(made) % 2]
        pair = (_any(rng), _any(rng))
        if all(picture.things for picture in pair):
            made.append(Case('two pictures', language, pair, talk.of_two(rng, *pair, language)[0]))
    return made


def descriptions(number: int, seed: int) -> list[Case]:
    """Pictures of every kind to be described."""
    rng, made = random.Random(f'held out descriptions {seed}'), []
    while len(made) < number:
        picture = _any(rng)
        if picture.things:
            language = talk.LANGUAGES[len(made) % 2]
            made.append(Case('description', language, (picture,), talk.describe(rng, picture, language)))
    return made


class Eyes:
    """A model with its tokenizer, and greedy answers."""

    def __init__(self, model: nn.Module, tokenizer):
        self.model, self.encoder, self.tokenizer = model, Encoder(tokenizer), tokenizer

    def prompt(self, case: Case) -> list[int]:
        ids: list[int] = []
        for turn in case.before:
            said = [*self.encoder.encode(turn.answer), IM_END, *self.encoder.encode('\n')]
            ids += self.encoder.question(turn.question, 0 if ids else len(case.pictures)) + said
        return ids + self.encoder.question(case.turn.question, 0 if ids else len(case.pictures))

    @torch.no_grad()
    def answers(self, asked: list[Case], limit: int = MAX_NEW_TOKENS, progress: str = '') -> list[str]:
        """The greedy answer to each; what did not end in `limit` tokens ends in '…'."""
        prompts = [self.prompt(case) for case in asked]
        order = sorted(range(len(asked)), key=lambda i: (len(asked[i].pictures), len(prompts[i])))
        found = [''] * len(asked)
        for at in tqdm(range(0, len(order), BATCH), desc=progress, disable=not progress, unit='batch'):
            rows = order[at : at + BATCH]
            out = self._greedy([prompts[i] for i in rows], [p for i in rows for p in asked[i].pictures], limit)
            for i, tokens in zip(rows, out, strict=True):
                ended = IM_END in tokens
                tokens = tokens[: tokens.index(IM_END)] if ended else tokens
                found[i] = self.tokenizer.decode(tokens) + ('' if ended else '…')
        return found

    def _greedy(self, prompts: list[list[int]], pictures: list[scenes.Picture], limit: int) -> list[list[int]]:
        """No cache, no left padding: the rows are short, and behind a row's end nothing is looked at."""
        device = next(self.model.parameters()).device
        lengths = torch.tensor([len(p) for p in prompts], device=device)
        ids = torch.zeros(len(prompts), int(lengths.max()) + limit, dtype=torch.long)
        for row, prompt in zip(ids, prompts, strict=True):
            row[: len(prompt)] = torch.tensor(prompt)
        ids = ids.to(device)
        pixels = torch.from_numpy(np.stack([p.pixels for p in pictures])).to(device)
        features = models.see(self.model, models.normalise(pixels))
        ended = torch.zeros(len(prompts), dtype=torch.bool, device=device)
        rows = torch.arange(len(prompts), device=device)
        for _ in range(limit):
            hidden = models.read(self.model, ids[:, : int(lengths.max())], features)
            token = self.model.lm_head(hidden[rows, lengths - 1]).argmax(-1)
            ids[rows, lengths] = torch.where(ended, ids[rows, lengths], token)
            ended |= token == IM_END
            lengths = torch.where(ended, lengths, lengths + 1)
            if bool(ended.all()):
                break
        return [row[len(prompt) :].tolist() for row, prompt in zip(ids, prompts, strict=True)]


def named(text: str, language: str) -> set[str]:
    """The things that a description names."""
    found = set()
    for name, noun in NOUNS.items():
        if language == 'en':
            if re.search(rf'\b({noun.en}|{noun.plural})\b', text):
                found.add(name)
        elif noun.zh in text:
            found.add(name)
    pattern = r'\b(?:digit|letter) ([0-9A-Z])\b' if language == 'en' else r'(?:数字|字母) ?([0-9A-Z])'
    return found | set(re.findall(pattern, text))


def phrases(picture: scenes.Picture, language: str) -> set[str]:
    """What a description says of the things with their numbers and colours."""
    groups = Counter((t.name, t.colour) for t in picture.things)
    return {talk.several(name, colour, number, language) for (name, colour), number in groups.items()}


def score_descriptions(asked: list[Case], answers: list[str]) -> dict:
    """Counts over all descriptions."""
    there = right = wrong = said = with_number = groups = ended = perfect = 0
    for case, answer in zip(asked, answers, strict=True):
        facts = {t.name for t in case.pictures[0].things}
        names = named(answer, case.language)
        if case.pictures[0].extra:  # stars in the sky are no star
            names.discard('star')
        wanted = phrases(case.pictures[0], case.language)
        there, said = there + len(facts), said + len(names)
        right, wrong = right + len(facts & names), wrong + len(names - facts)
        groups, with_number = groups + len(wanted), with_number + sum(phrase in answer for phrase in wanted)
        ended += not answer.endswith('…')
        perfect += answer == case.turn.answer
    return {
        'pictures': len(asked),
        'things_there': there,
        'things_there_named': right,
        'things_named': said,
        'things_named_not_there': wrong,
        'groups_there': groups,
        'groups_with_right_number_and_colour': with_number,
        'ended': ended,
        'as_the_facts_say_it': perfect,
    }


def quick(model: nn.Module, tokenizer, number: int = 40) -> dict[str, float]:
    """Share of right answers of the categories that have an aim, and of some others, of `number` each."""
    asked = cases_of((*AIMED, *WATCHED), number, 7)
    answers = Eyes(model, tokenizer).answers(asked, limit=32)
    hits: Counter = Counter()
    for case, answer in zip(asked, answers, strict=True):
        hits[case.category] += answer == case.turn.answer
    return {category: round(hits[category] / number, 3) for category in (*AIMED, *WATCHED)}


@functools.lru_cache(2)
def cases_of(categories: tuple[str, ...], number: int, seed: int) -> list[Case]:
    """Cases of some tasks alone."""
    made = []
    for category in categories:
        draw, question = TASKS[category]
        rng, found = random.Random(f'quick {category} {seed}'), 0
        while found < number:
            picture = draw(rng)
            if picture.things and (turn := question(rng, picture, talk.LANGUAGES[found % 2])):
                made.append(Case(category, talk.LANGUAGES[found % 2], (picture,), turn))
                found += 1
    return made


def evaluate(folder: pathlib.Path, number: int = 400, device: str | None = None, limit: int = MAX_NEW_TOKENS) -> dict:
    """All scores of a folder, with `number` cases a task and answers of up to `limit` tokens."""
    device = device or ('cuda' if torch.cuda.is_available() else 'cpu')
    eyes = Eyes(models.load(folder, device), load_tokenizer(folder))
    seed = 0
    asked = cases(number, seed)
    answers = eyes.answers(asked, limit, progress='questions')
    scores: dict[str, dict[str, list[int]]] = {}
    misses = []
    for case, answer in zip(asked, answers, strict=True):
        pair = scores.setdefault(case.category, {}).setdefault(case.language, [0, 0])
        pair[0] += answer == case.turn.answer
        pair[1] += 1
        if answer != case.turn.answer and sum(m['category'] == case.category for m in misses) < 6:
            misses.append(
                {'category': case.category, 'question': case.turn.question, 'right': case.turn.answer, 'answer': answer}
            )
    shown = descriptions(number, seed)
    texts = eyes.answers(shown, limit, progress='descriptions')
    by_language = {
        language: score_descriptions(
            [case for case in shown if case.language == language],
            [text for case, text in zip(shown, texts, strict=True) if case.language == language],
        )
        for language in talk.LANGUAGES
    }
    samples = [{'facts': case.turn.answer, 'answer': text} for case, text in list(zip(shown, texts, strict=True))[:16]]
    return {'cases_each': number, 'scores': scores, 'descriptions': by_language, 'samples': samples, 'misses': misses}


def show(result: dict) -> str:
    """The scores as lines of text."""
    lines = []
    for category, languages in result['scores'].items():
        right, number = (sum(pair[i] for pair in languages.values()) for i in (0, 1))
        lines.append(f'{category:28} {right / number:6.1%}')
    for language, found in result['descriptions'].items():
        named_share = found['things_there_named'] / max(1, found['things_there'])
        wrong_share = found['things_named_not_there'] / max(1, found['things_named'])
        lines.append(f'descriptions, {language}: {named_share:.1%} of what is there is named; ')
        lines.append(f'    {wrong_share:.1%} of what is named is not there')
    return '\n'.join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', type=pathlib.Path, nargs='?', default=pathlib.Path('models/tiny-vlm'))
    parser.add_argument('--number', type=int, default=400, help='cases of each task')
    arguments = parser.parse_args()
    result = evaluate(arguments.folder, arguments.number)
    record_evaluation(arguments.folder, result)
    print(show(result))


if __name__ == '__main__':
    main()
