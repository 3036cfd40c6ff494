"""What is still missing in a task, in words that help.  It looks at what was collected, not at how good it is."""

import itertools
import re
from collections.abc import Callable, Iterator

from .checkpoint import is_w4a16
from .schema import Engine, Evidence
from .tasks import STORY_CHARACTERS, TASKS, characters
from .texts import Message, message

CASES = ('turbomind', 'w4a16', 'kv', 'w4a16+kv', 'transformers')
RATIO = 0.4


def missing(evidence: Evidence, language: str = 'en') -> list[str]:
    """Sentences on what is missing in the evidence of a task; [] when it is complete."""
    found = [*_out_of_order(evidence), *_NEEDS.get(evidence.task, lambda evidence: ())(evidence), *_pictured(evidence)]
    variable = evidence.task.replace('-', '_')  # as in the notebook
    return [re.sub(r'\btask\.(?=\w+\()', f'{variable}.', text.text(language)) for text in found]


def cells_out_of_order(evidence: Evidence) -> tuple[int, int, str] | None:
    """Execution counts of the first cell that ran before the one above it: the one above, its own, its step."""
    cells = [(step.step, step.cell) for step in evidence.run.steps if step.cell is not None]
    falls = ((above, cell, step) for (_, above), (step, cell) in itertools.pairwise(cells) if cell < above)
    return next(falls, None)


def quantised_kv(engine: Engine) -> bool:
    return engine.real.quant_policy in (4, 8)


def _out_of_order(evidence: Evidence) -> Iterator[Message]:
    if found := cells_out_of_order(evidence):
        before, cell, step = found
        yield message(
            'The cell of {step!r} ran before the one above it (In [{cell}] after In [{before}]): run this '
            "task's cells again from its begin_task() on, from top to bottom.",
            step=step, cell=cell, before=before,
        )  # fmt: skip


_OUTSIDE = {'terminal': message('the terminal'), 'page': message('the web page')}  # no cell sees what they show


def _pictured(evidence: Evidence) -> Iterator[Message]:
    """A screenshot for each place outside the notebook that the model answered in, and one where a document wants it.

    Evidence of the first edition, which asked for less, is held to that.
    """
    task = TASKS.get(evidence.task)
    wants = bool(task and task.pictured)
    answered = {answer.client for answer in evidence.answers if answer.text.strip()}
    places = [place for client, place in _OUTSIDE.items() if client in answered]
    wanted = max(len(places), wants) if evidence.edition > 1 else len(places) * wants
    if len(evidence.screenshots) >= wanted:
        return
    if not places:
        yield message(
            'A screenshot is missing, which the document asks for: take one while the answer is to be seen, then '
            'task.screenshot(FILE, …).'
        )
        return
    where = places[0] if len(places) == 1 else message('{one} and {other}', one=places[0], other=places[1])
    yield message(
        'A screenshot is missing (there: {found}, wanted: {wanted}, of {where}): take one while the answer is to be '
        'seen, then task.screenshot(FILE, …).',
        found=len(evidence.screenshots), wanted=wanted, where=where,
    )  # fmt: skip


_WAYS = {
    'pipeline': message('a pipeline'),
    'api_server': message('a server'),
    'cli': message('the command `lmdeploy chat`'),
}


def _one_engine(evidence: Evidence, *ways: str) -> Iterator[Message]:
    if any(not ways or engine.way in ways for engine in evidence.engines):
        return
    wanted = [_WAYS[way] for way in ways] or [message('an engine')]
    if len(wanted) == 2:
        wanted = [message('{one} or {other}', one=wanted[0], other=wanted[1])]
    yield message('No engine: start {wanted}, then note it with task.engine(LABEL, …).', wanted=wanted[0])


def _an_answer(evidence: Evidence, *clients: str) -> Iterator[Message]:
    given = {answer.client for answer in evidence.answers if answer.text.strip()}
    if not clients and not given:
        yield message('No answer: ask the model something, then task.answer(question, reply).')
    for client in clients:
        if client not in given:
            yield message(
                'No answer through client={client!r}: ask there too, then task.answer(…, client={client!r}).',
                client=client,
            )


def _w4a16_at_the_ratio(evidence: Evidence, *ways: str) -> Iterator[Message]:
    engines = [engine for engine in evidence.engines if not ways or engine.way in ways]
    if engines and not any(is_w4a16(engine.checkpoint) for engine in engines):
        yield message(
            'The checkpoint {name!r} has no 4-bit weights: quantise it (chapter 4) and start with that folder.',
            name=engines[-1].checkpoint.name,
        )
    if engines and not any(engine.real.cache_max_entry_count == RATIO for engine in engines):
        yield message(
            'cache_max_entry_count was {found}, not {wanted}: start the engine with that ratio.',
            found=engines[-1].real.cache_max_entry_count, wanted=RATIO,
        )  # fmt: skip


def _chat(evidence: Evidence) -> Iterator[Message]:
    if not evidence.checks:
        yield message('The environment was not checked: task.checks(check_environment()).')
    for check in evidence.checks:
        if check.state == 'FAIL':
            yield message(
                'The check {name!r} fails: {found}. `python -m helpers.environment` tells the mend.',
                name=check.name, found=check.found,
            )  # fmt: skip
    yield from _one_engine(evidence)
    yield from _an_answer(evidence)


def _story(evidence: Evidence) -> Iterator[Message]:
    yield from _one_engine(evidence)
    yield from _an_answer(evidence)
    longest = max((characters(answer.text) for answer in evidence.answers), default=None)
    if longest is not None and longest < STORY_CHARACTERS:
        yield message(
            'The longest answer has {longest} characters; {wanted} are asked for: allow more tokens (max_new_tokens), '
            'or ask for a longer story.',
            longest=longest, wanted=STORY_CHARACTERS,
        )  # fmt: skip


def _api_kv(evidence: Evidence) -> Iterator[Message]:
    yield from _one_engine(evidence, 'api_server')
    yield from _w4a16_at_the_ratio(evidence, 'api_server')
    if evidence.engines and not any(map(quantised_kv, evidence.engines)):
        yield message('The KV cache was not quantised: start the server with quant_policy=8 (int8) or 4 (int4).')
    yield from _an_answer(evidence)


def _chat_w4a16(evidence: Evidence) -> Iterator[Message]:
    yield from _one_engine(evidence, 'cli', 'pipeline')
    yield from _w4a16_at_the_ratio(evidence, 'cli', 'pipeline')
    yield from _an_answer(evidence)


def _server_w4a16(evidence: Evidence) -> Iterator[Message]:
    yield from _one_engine(evidence, 'api_server')
    yield from _w4a16_at_the_ratio(evidence, 'api_server')
    yield from _an_answer(evidence, 'terminal', 'page')


def _python_w4a16(evidence: Evidence) -> Iterator[Message]:
    yield from _one_engine(evidence, 'pipeline')
    yield from _w4a16_at_the_ratio(evidence, 'pipeline')
    yield from _an_answer(evidence, 'pipeline')


def _vision(evidence: Evidence) -> Iterator[Message]:
    yield from _one_engine(evidence, 'api_server')
    if evidence.engines and not any(engine.checkpoint.vision for engine in evidence.engines):
        yield message(
            '{name!r} is no vision model: serve one that takes pictures.', name=evidence.engines[-1].checkpoint.name
        )
    yield from _an_answer(evidence, 'page')
    if evidence.answers and not any(answer.image_sha256 for answer in evidence.answers):
        yield message('No picture: task.answer(…, image=FILE) with the picture that the model saw.')


def _memory_rows(evidence: Evidence, what: str, wanted: tuple[str, ...], batch: int, length: int) -> Iterator[Message]:
    rows = {row.get(what): row for row in evidence.rows}
    for value in wanted:
        if not any(name in rows for name in value.split(' or ')):
            yield message(
                'No row with {what}={value}: measure it, then task.memory_row(LABEL, …, {what}=…).',
                what=what, value=value,
            )  # fmt: skip
    for value, row in rows.items():
        found = row.get('batch'), row.get('length')
        if found != (batch, length):
            yield message(
                'The row {what}={value!r} is of batch {found_batch} and length {found_length}; asked for: {batch} '
                'and {length}.',
                what=what, value=value, found_batch=found[0], found_length=found[1], batch=batch, length=length,
            )  # fmt: skip
    labels = {engine.label for engine in evidence.engines}
    for row in rows.values():
        if row.get('engine') not in labels:
            yield message(
                'The row {row!r} names the engine {engine!r}, which was not noted: task.engine({engine!r}, pipe) '
                'while it runs.',
                row=row.get(what), engine=row.get('engine'),
            )  # fmt: skip


def _memory_w4a16(evidence: Evidence) -> Iterator[Message]:
    yield from _memory_rows(evidence, 'weights', ('16 bit', 'W4A16'), 1, 512)


def _memory_kv(evidence: Evidence) -> Iterator[Message]:
    yield from _memory_rows(evidence, 'kv', ('16 bit', 'int8 or int4'), 8, 2048)


def _benchmark(evidence: Evidence) -> Iterator[Message]:
    rows = {row.get('case'): row for row in evidence.rows}
    for case in CASES:
        if case not in rows:
            yield message('No row of case={case!r}: measure it, then task.row(case={case!r}, …).', case=case)
    for what in ('data_sha256', 'prompts', 'input_tokens', 'output_tokens'):
        if len({row.get(what) for row in rows.values()}) > 1:
            yield message(
                'The rows differ in {what}: give all five ways the same prompts and the same number of tokens.',
                what=what,
            )


def _tools(evidence: Evidence) -> Iterator[Message]:
    yield from _one_engine(evidence)
    calls = {call.name: call for answer in evidence.answers for call in answer.tool_calls}
    functions = {'add': lambda a, b: a + b, 'mul': lambda a, b: a * b}
    for name, function in functions.items():
        if name not in calls:
            yield message(
                'The model never called {name}: ask what needs it, and note task.answer(…, tool_calls=[…]).', name=name
            )
            continue
        call = calls[name]
        try:
            result = str(function(**call.arguments))
        except TypeError:
            result = None
        if result != str(call.result):
            yield message(
                '{name}({arguments}) gave {result!r}: run the function yourself, and note its result.',
                name=name, arguments=call.arguments, result=call.result,
            )  # fmt: skip


def _assistant(evidence: Evidence) -> Iterator[Message]:
    if not evidence.trainings:
        yield message('No training: train (chapter 8), then task.training(mine, lora, conversations, name=NAME).')
    examined = {exam.engine: exam for exam in evidence.examinations}
    for label in ('16 bit', 'W4A16'):
        engine = next((e for e in evidence.engines if e.label == label), None)
        if engine is None:
            yield message('No engine {label!r}: start it, then task.engine({label!r}, pipe).', label=label)
        elif (label == 'W4A16') != is_w4a16(engine.checkpoint):
            yield message(
                'The engine {label!r} runs {name!r}, whose weights are not of that kind.',
                label=label, name=engine.checkpoint.name,
            )  # fmt: skip
        if label not in examined:
            yield message(
                'No examination of {label!r}: ask it the questions of held_out(), then '
                'task.examination({label!r}, questions, replies, name=NAME, perplexity=…).',
                label=label,
            )
        elif examined[label].perplexity is None:
            yield message(
                'The examination of {label!r} lacks the perplexity of all else: what was forgotten?', label=label
            )
    yield from _an_answer(evidence)
    names = {training.says for training in evidence.trainings}
    answers = [answer.text for answer in evidence.answers if answer.engine == 'W4A16']
    if names and evidence.answers and not any(name in text for name in names for text in answers):
        yield message('No answer of the engine W4A16 says the name {name!r}: ask it who it is.', name=min(names))


def _publish(evidence: Evidence) -> Iterator[Message]:
    if not evidence.demos:
        yield message('No page: make its folder (deep dive 8), then task.demo(folder, address=… or trial=…).')
    for demo in evidence.demos:
        for fault in demo.faults:
            yield message('The folder of the page has a fault: {fault}', fault=fault)
        if not demo.address and demo.trial is None:
            yield message('The page was nowhere: give its address=, or the trial= that dry_run() returned.')


_NEEDS: dict[str, Callable[[Evidence], Iterator[Message]]] = {
    'chat': _chat,
    'story': _story,
    'api-kv': _api_kv,
    'chat-w4a16': _chat_w4a16,
    'server-w4a16': _server_w4a16,
    'python-w4a16': _python_w4a16,
    'vision-page': _vision,
    'memory-w4a16': _memory_w4a16,
    'memory-kv': _memory_kv,
    'benchmark': _benchmark,
    'assistant': _assistant,
    'publish': _publish,
    'tools': _tools,
}
