"""Score a tiny-chat folder, for its training_log.json: `python -m training.chat.evaluate models/tiny-chat`.

Greedy decoding in fp32.  Paraphrases frozen before training are graded by their answer keys, beside a look-up of the
nearest trained question; memory, sums, tools, facts and stories are drawn here with values that training never used.
"""

import argparse
import datetime
import json
import math
import pathlib
import random
import re
import time
from collections import defaultdict
from dataclasses import dataclass, field, replace

import torch
from torch.nn import functional as F
from tqdm import tqdm

from training.chat.talk import arithmetic, extract, memory, tools
from training.files import record, record_evaluation
from training.model import TinyChat, load
from training.tokenizer import EOS, IM_END, THINK_START, encode_chat, encode_plain, load_tokenizer

from . import mix, texts, thinking
from .baseline import NearestQuestion

BATCH = 192
MAX_NEW_TOKENS = 640
AIM = 0.95  # right of each category, in each language
THINKING_WAYS = {'several steps, at once': False, 'several steps, thinking': True}
SKILLS = ('tools: call', 'tools: two steps', 'tools: answer', 'tools: not needed', 'extraction')


@dataclass(frozen=True)
class Case:
    """A conversation up to the question, and what a right answer holds."""

    category: str
    language: str
    messages: list[dict]
    key: tuple[tuple[str, ...], ...]
    characters: tuple[int, int] | None = None
    id: str = ''
    user_turns: list[str] = field(default_factory=list)  # the model answers these itself before the last
    calls: list[dict] | None = None  # the tools' calls that a right answer is; [] for none
    fields: dict | None = None  # the JSON object that a right answer is


def user(text: str) -> dict:
    """A message of the user."""
    return {'role': 'user', 'content': text}


def length(text: str) -> int:
    """Characters of an answer; for Chinese without white space."""
    return len(re.sub(r'\s', '', text)) if texts.language_of(text) == 'zh' else len(text.strip())


def is_correct(case: Case, answer: str | None) -> bool:
    """Whether `answer` holds the key and has the length asked for; it is None when it did not end."""
    if answer is None or not texts.is_right(answer, case.key):
        return False
    if case.calls is not None and tools.calls_of(answer) != case.calls:
        return False
    if case.fields is not None:
        try:
            return json.loads(answer) == case.fields
        except ValueError:
            return False
    return case.characters is None or case.characters[0] <= length(answer) <= case.characters[1]


class Chat:
    """The model of a folder in fp32 on `device`, with its tokenizer."""

    def __init__(self, folder: pathlib.Path, device: str):
        self.model: TinyChat = load(folder, device)
        self.tokenizer = load_tokenizer(folder)
        self.device = device

    def answers(
        self, conversations: list[list[dict]], temperature: float = 0.0, seed: int = 0, progress: str = ''
    ) -> list[str | None]:
        """An answer to each conversation (messages up to the question); None where none ended in MAX_NEW_TOKENS."""
        return [text for text, _ in self.generated(conversations, temperature, seed, progress)]

    def generated(
        self,
        conversations: list[list[dict]],
        temperature: float = 0.0,
        seed: int = 0,
        progress: str = '',
        think: bool = False,
    ) -> list[tuple[str | None, int]]:
        """As `answers`, each with its number of tokens; `think`: behind a thought, which stands before the answer."""
        prompts = [encode_chat(self.tokenizer, messages, think) for messages in conversations]
        order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
        generator = torch.Generator(self.device).manual_seed(seed)
        begin = f'{THINK_START}\n' if think else ''  # the template's
        found: list[tuple[str | None, int]] = [(None, 0)] * len(prompts)
        for at in tqdm(range(0, len(order), BATCH), desc=progress, disable=not progress, unit='batch'):
            rows = order[at : at + BATCH]
            out = self.model.generate(
                [prompts[row] for row in rows], MAX_NEW_TOKENS, {EOS, IM_END}, temperature, generator
            )
            for row, tokens in zip(rows, out, strict=True):
                text = self.tokenizer.decode(tokens, skip_special_tokens=False).strip()  # a call's tokens are shown
                found[row] = (begin + text if len(tokens) < MAX_NEW_TOKENS else None), len(tokens)
        return found


def category_of(item: texts.HeldOut) -> str:
    """The row of its scores: those of another set than the first have rows of their own."""
    return item.category if item.set == 'first' else f'{item.set} set: {item.category}'


def set_of(category: str) -> str:
    """The frozen set that a row of the scores belongs to."""
    which, later, _ = category.partition(' set: ')
    return which if later else 'first'


def held_out_cases(chosen: tuple[str, ...] = tuple(texts.HELD_OUT)) -> list[Case]:
    """The frozen paraphrases of the `chosen` sets."""
    return [
        Case(category_of(item), item.language, [user(item.question)], item.key, id=item.id)
        for which in chosen
        for item in texts.heldout(which)
    ]


def context_cases(rng: random.Random, number: int) -> list[Case]:
    """Of the first set again, behind a system prompt and one or two other questions with their answers."""
    cases = []
    for item in rng.sample(texts.heldout('first'), min(number, len(texts.heldout('first')))):
        messages = [{'role': 'system', 'content': rng.choice(mix.SYSTEM_PROMPTS)}] if rng.random() < 0.5 else []
        for _ in range(rng.choice((1, 2))):
            messages += mix.filler(rng, item.language)
        cases.append(Case('in a conversation', item.language, [*messages, user(item.question)], item.key, id=item.id))
    return cases


def memory_cases(rng: random.Random, number: int) -> list[Case]:
    """A fact told one to three turns before; half of them names that training never used."""
    cases = []
    for index in range(number):
        language = texts.LANGUAGES[index % 2]
        fact = 'name' if index % 4 < 2 else rng.choice(list(memory.FACTS))
        held = memory.HELD_OUT[language]
        value = rng.choice(held) if fact == 'name' else memory.draw_value(rng, fact, language)
        words = memory.FACTS[fact][language]
        messages = memory.turn(
            memory.fill(rng.choice(words['tell']), value), memory.fill(rng.choice(words['reply']), value)
        )
        for _ in range(index // 4 % 3):
            messages += mix.filler(rng, language)
        messages.append(user(rng.choice(words['ask'])))
        key = ((memory.fill(words['answer'], value),),)
        cases.append(Case('memory', language, messages, key, id=f'{fact} {value}'))
    return cases


def arithmetic_cases(rng: random.Random, number: int) -> list[Case]:
    """Sums and differences whose numbers training never put together, and the multiplication table."""
    cases = []
    for index in range(number):
        language = texts.LANGUAGES[index % 2]
        a, sign, b, result = arithmetic.draw(rng, kept_back=True)
        if index % 5 == 4:
            a, sign, b = rng.randint(0, 12), '*', rng.randint(0, 12)
            result = a * b
        question = arithmetic.question(rng, a, sign, b, language)
        expected = arithmetic.answer(a, sign, b, result, question)
        cases.append(Case('arithmetic', language, [user(question)], ((expected,),), id=expected))
    return cases


def tool_cases(rng: random.Random, number: int) -> list[Case]:
    """`number` of each: a call; one of two calls; the answer behind a result; frozen paraphrases that need no tool.

    Half of the first are asked as training never asks; tools are listed in all.
    """
    cases = []
    for index in range(number):
        language = texts.LANGUAGES[index % 2]
        listed = tools.draw_tools(rng, language, ('add', 'mul'))
        by_kind = {tool.kind: tool for tool in listed}
        start = [tools.tool_message(listed)]
        kind = rng.choice(('add', 'mul'))
        a, b = tools.number(rng), tools.number(rng)
        if index % 4 < 2:
            question = rng.choice(tools.HELD_OUT[kind][language]).format(a=a, b=b)
        else:
            question = tools.ask(rng, kind, a, b, language)
        wanted = {'name': by_kind[kind].name, 'parameters': by_kind[kind].arguments(a, b)}
        cases.append(Case('tools: call', language, [*start, user(question)], (), id=kind, calls=[wanted]))

        result = tools.number(rng) * tools.number(rng)  # to be read, not computed
        call = tools.call(wanted['name'], wanted['parameters'])
        said = [{'role': 'assistant', 'content': call}, {'role': 'tool', 'content': tools.shown(rng, result)}]
        cases.append(
            Case('tools: answer', language, [*start, user(question), *said], ((str(result),),), id=kind, calls=[])
        )

        messages = tools.two_sums(rng, by_kind, language)
        upto = 1 if index % 4 < 2 else 3  # the first call or the second
        calls = tools.calls_of(messages[upto]['content'])
        cases.append(
            Case('tools: two steps', language, [*start, *messages[:upto]], (), id=str(upto // 2 + 1), calls=calls)
        )
    for item in rng.sample(texts.heldout('first'), min(number, len(texts.heldout('first')))):
        if item.category == 'unknown' and re.search(r'\d', item.question):
            continue  # a sum perhaps
        listed = tools.draw_tools(rng, item.language, ('add', 'mul'))
        messages = [tools.tool_message(listed), user(item.question)]
        cases.append(Case('tools: not needed', item.language, messages, item.key, id=item.id, calls=[]))
    return cases


def extraction_cases(rng: random.Random, number: int) -> list[Case]:
    """Facts out of a sentence as JSON; where it has a person, half of the names are those that training never used."""
    cases = []
    for index in range(number):
        language = texts.LANGUAGES[index % 2]
        name = rng.choice(memory.HELD_OUT[language]) if index % 4 < 2 else None
        question, fields, _ = extract.item(rng, language, name)
        cases.append(Case('extraction', language, [user(question)], (), fields=fields))
    return cases


def several_steps(chat: Chat, quick: bool = False) -> dict:
    """The held-out sums of several steps, asked without and with thinking, and how that changed each of them.

    {way: {language: {'right', 'number', 'tokens' (mean of an answer, its thought too), 'ended'}}}, and under 'gained'
    and 'lost', by language, the sums that only thinking has right, or has wrong.
    """
    sums = thinking.held_out_sums()[:: 20 if quick else 1]
    messages = [[user(problem.question)] for _, problem in sums]
    right, found = {}, {}
    for way, think in THINKING_WAYS.items():
        answers = chat.generated(messages, progress=way, think=think)
        right[way] = [thinking.answer_number(text) == p.result for (text, _), (_, p) in zip(answers, sums, strict=True)]
        found[way] = {}
        for language in texts.LANGUAGES:
            rows = [row for row, (spoken, _) in enumerate(sums) if spoken == language]
            if rows:
                found[way][language] = {
                    'right': sum(right[way][row] for row in rows),
                    'number': len(rows),
                    'tokens': round(sum(answers[row][1] for row in rows) / len(rows), 1),
                    'ended': sum(answers[row][0] is not None for row in rows),
                }
    before, behind = right.values()
    for name, wins, loses in (('gained', behind, before), ('lost', before, behind)):
        found[name] = {
            language: sum(
                won and not lost for won, lost, (spoken, _) in zip(wins, loses, sums, strict=True) if spoken == language
            )
            for language in texts.LANGUAGES
        }
    return found


def prompt_cases() -> list[Case]:
    """The prompts of the source documents."""
    cases = []
    for item in texts.prompts():
        *user_turns, question = item['turns']
        system = [{'role': 'system', 'content': item['system']}] if 'system' in item else []
        cases.append(
            Case(
                category=f'prompts: {item["category"]}',
                language=texts.language_of(question),
                messages=[*system, user(question)],
                key=tuple(tuple(str(a) for a in group) for group in item['key']),
                characters=tuple(item['characters']) if 'characters' in item else None,
                id=item['id'],
                user_turns=user_turns,
            )
        )
    return cases


def with_history(chat: Chat, case: Case) -> Case:
    """`case` with the model's own answers to its earlier turns."""
    messages = [m for m in case.messages if m['role'] == 'system']
    for text in case.user_turns:
        messages.append(user(text))
        messages.append({'role': 'assistant', 'content': chat.answers([messages])[0] or ''})
    return replace(case, messages=[*messages, case.messages[-1]])


def variety(chat: Chat, prompt: str, seeds: int, limits: tuple[int, int] | None = None) -> dict:
    """Stories of different seeds at temperature 0.8: how many differ, how many end, how long they are."""
    stories = chat.answers([[user(prompt)]] * seeds, temperature=0.8, seed=1)
    whole = [story for story in stories if story]
    lengths = sorted(length(story) for story in whole)
    first = [re.split(r'[.。!！?？]', story)[0] for story in whole]
    found = {
        'prompt': prompt,
        'seeds': seeds,
        'ended': len(whole),
        'different': len(set(whole)),
        'different_openings': len(set(first)),
        'shortest': lengths[0] if lengths else 0,
        'longest': lengths[-1] if lengths else 0,
        'example': whole[0] if whole else '',
    }
    if limits:
        found['asked'] = list(limits)
        found['within'] = sum(limits[0] <= number <= limits[1] for number in lengths)
    return found


@torch.inference_mode()
def paraphrase_perplexity(chat: Chat) -> float | None:
    """Of the reference answers behind the frozen FAQ paraphrases."""
    answers = {(entry.id, entry.language): entry.answer for entry in texts.faq()}
    total = count = 0
    for item in texts.heldout('first'):
        if (item.id, item.language) not in answers:
            continue
        prompt = encode_chat(chat.tokenizer, [user(item.question)])
        answer = [*encode_plain(chat.tokenizer, [answers[item.id, item.language]])[0], IM_END]
        tokens = torch.tensor([prompt + answer], device=chat.device)
        logits = chat.model(tokens[:, :-1])[0, len(prompt) - 1 :].float()
        total += F.cross_entropy(logits, tokens[0, len(prompt) :], reduction='sum').item()
        count += len(answer)
    return math.exp(total / count) if count else None


def known_pairs(seed: int = 0, talks: int = 6000) -> list[tuple[str, str]]:
    """For the baseline: every trained phrasing of the FAQ, and single turns of the talk."""
    pairs = [(ask, entry.answer) for entry in texts.faq() for ask in entry.asks]
    rng = random.Random(seed)
    for _ in range(talks):
        turns = [turn for turn in mix.talk_turns(rng) if turn.role != 'system']
        if len(turns) >= 2 and texts.normalise(turns[0].content) not in texts.forbidden():
            pairs.append((turns[0].content, turns[1].content))
    return list(dict(pairs).items())


def miss(case: Case, answer: str | None) -> dict:
    """What the log keeps of a wrong answer."""
    return {
        'category': case.category,
        'language': case.language,
        'id': case.id,
        # who writes texts reads the misses: of the sets after the first they hear the topic alone
        'question': case.messages[-1]['content'] if set_of(case.category) == 'first' else '',
        'answer': (answer or '(did not end)')[:300],
        'key': case.fields or case.calls or case.key,
    }


def graded(cases: list[Case], answers: list[str | None]) -> tuple[dict, list[dict]]:
    """{category: {language: [right, all]}}, and the misses."""
    scores: dict = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    misses = []
    for case, answer in zip(cases, answers, strict=True):
        good = is_correct(case, answer)
        scores[case.category][case.language][0] += good
        scores[case.category][case.language][1] += 1
        if not good:
            misses.append(miss(case, answer))
    return {category: dict(languages) for category, languages in scores.items()}, misses


def evaluate_set(folder: pathlib.Path, which: str, device: str | None = None) -> dict:
    """One frozen set alone, of a model that is older than the set; graded by the keys of today's texts."""
    device = device or ('cuda' if torch.cuda.is_available() else 'cpu')
    cases = held_out_cases((which,))
    answers = Chat(folder, device).answers([case.messages for case in cases], progress=f'{which} set')
    scores, misses = graded(cases, answers)
    return {
        'scores': scores,
        'topics_missed': sorted({f'{missed["id"]} {missed["language"]}' for missed in misses}),
        'date': datetime.date.today().isoformat(),
        'device': torch.cuda.get_device_name() if device == 'cuda' else 'CPU',
    }


def evaluate(folder: pathlib.Path, device: str | None = None, quick: bool = False) -> dict:
    """All scores, by category and language; `quick`: some of the cases, for a test."""
    device = device or ('cuda' if torch.cuda.is_available() else 'cpu')
    start = time.perf_counter()
    chat = Chat(folder, device)
    rng = random.Random('evaluate')
    many = 20 if quick else 200
    cases = [
        *held_out_cases(),
        *context_cases(rng, many),
        *memory_cases(rng, many),
        *arithmetic_cases(rng, many),
        *prompt_cases(),
        *tool_cases(rng, many),
        *extraction_cases(rng, many),
    ]
    if quick:
        cases = cases[::7]
    cases = [with_history(chat, case) if case.user_turns else case for case in cases]
    answers = chat.answers([case.messages for case in cases], progress='evaluation')
    scores, misses = graded(cases, answers)
    frozen = held_out_cases()
    lookup = NearestQuestion(known_pairs())
    baseline, _ = graded(frozen, [lookup.answer(case.messages[-1]['content']) for case in frozen])
    seeds = 4 if quick else 48
    perplexity = paraphrase_perplexity(chat)
    return {
        'scores': scores,
        'baseline': baseline,
        'paraphrase_perplexity': round(perplexity, 3) if perplexity else None,
        'thinking': several_steps(chat, quick),
        'stories': [
            variety(chat, '请给我讲一个小故事吧', seeds),
            variety(chat, 'Tell me a story', seeds),
            variety(chat, '写一个300字的小故事', seeds, (270, 330)),
        ],
        'samples': [
            {'question': ' / '.join([*case.user_turns, case.messages[-1]['content']]), 'answer': answer or ''}
            for case, answer in zip(cases, answers, strict=True)
            if case.category.startswith('prompts')
        ],
        'misses': misses,
        'frozen_files_sha256': texts.frozen_hashes(),
        'texts_sha256': texts.digest(),
        'date': datetime.date.today().isoformat(),
        'device': torch.cuda.get_device_name() if device == 'cuda' else 'CPU',
        'time_s': round(time.perf_counter() - start, 1),
    }


def totals(scores: dict, categories: list[str] | None = None) -> dict[str, tuple[int, int]]:
    """Right and all, by language, over `categories` (default: all)."""
    found = {}
    for language in texts.LANGUAGES:
        pairs = [
            languages[language]
            for category, languages in scores.items()
            if language in languages and (categories is None or category in categories)
        ]
        found[language] = (sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs))
    return found


def sets(scores: dict, categories: list[str]) -> dict[str, list[str]]:
    """Those of `categories` (frozen ones) that are in `scores`, by set."""
    found = defaultdict(list)
    for category in categories:
        if category in scores:
            found[set_of(category)].append(category)
    return dict(found)


def summary(log: dict) -> dict | None:
    """Of a model's log, to stand beside the next model's scores: totals of each set, and what it declined."""
    result = log.get('evaluation')
    if not result:
        return None
    scores, frozen = dict(result['scores']), list(result['baseline'])
    for later in log.get('later_sets', {}).values():
        scores |= later['scores']
        frozen += list(later['scores'])
    declined = [category for category in frozen if category.endswith('unknown')]
    return {
        'commit': log.get('commit'),
        'date': log['date'],
        'totals': {which: totals(scores, names) for which, names in sets(scores, frozen).items()},
        'declined': {which: totals(scores, names) for which, names in sets(scores, declined).items()},
    }


def show(result: dict) -> str:
    """The scores as text, every miss listed."""
    lines = []
    for category, languages in result['scores'].items():
        for language, (good, number) in languages.items():
            base = result['baseline'].get(category, {}).get(language)
            beside = f'   look-up {base[0]}/{base[1]} = {base[0] / base[1]:.1%}' if base else ''
            lines.append(f'{category:24} {language}  {good}/{number} = {good / number:.1%}{beside}')
    for which, names in sets(result['scores'], list(result['baseline'])).items():
        model, lookup = totals(result['scores'], names), totals(result['baseline'], names)
        for language in texts.LANGUAGES:
            good, number = model[language]
            if number:
                share = lookup[language][0] / lookup[language][1]
                title = f'ALL OF THE {which.upper()} SET'
                lines.append(f'{title:24} {language}  {good}/{number} = {good / number:.1%}   look-up {share:.1%}')
    lines.append(f'perplexity of the reference answers behind them: {result["paraphrase_perplexity"]}')
    lines += [
        f'{way:24} {language}  {counted["right"]}/{counted["number"]}, {counted["tokens"]} tokens'
        for way in THINKING_WAYS
        for language, counted in result.get('thinking', {}).get(way, {}).items()
    ]
    lines += [json.dumps(story, ensure_ascii=False) for story in result['stories']]
    lines += [
        f'MISS {wrong["category"]} {wrong["language"]} {wrong["id"]}: {wrong["question"]} -> {wrong["answer"][:120]!r}'
        for wrong in result['misses']
    ]
    lines += [f'Q {sample["question"]}\nA {sample["answer"]}' for sample in result['samples']]
    return '\n'.join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', type=pathlib.Path)
    parser.add_argument('--device', default=None)
    parser.add_argument('--quick', action='store_true')
    parser.add_argument('--no-record', action='store_true', help='only print')
    parser.add_argument(
        '--set', choices=texts.HELD_OUT, help='that frozen set alone, for a model older than it: beside its scores'
    )
    arguments = parser.parse_args()
    if arguments.set:
        result = evaluate_set(arguments.folder, arguments.set, arguments.device)
        print(json.dumps(result, ensure_ascii=False))
        if not arguments.no_record:
            record(arguments.folder, 'later_sets', {arguments.set: result})
        return
    result = evaluate(arguments.folder, arguments.device, arguments.quick)
    print(show(result))
    if not arguments.no_record:
        record_evaluation(arguments.folder, result)


if __name__ == '__main__':
    main()
