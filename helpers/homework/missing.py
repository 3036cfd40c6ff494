"""What a task still lacks, in words that help.  It looks at what was collected, not at how good it is."""

import itertools
import re
from collections.abc import Callable, Iterator

from .checkpoint import is_w4a16
from .tasks import STORY_CHARACTERS, characters

CASES = ('turbomind', 'w4a16', 'kv', 'w4a16+kv', 'transformers')
RATIO = 0.4

Lack = tuple[str, str]  # English, Chinese


def missing(evidence: dict, language: str = 'en') -> list[str]:
    """Sentences on what is missing in the evidence of a task; [] when it is complete."""
    lacks = [*_out_of_order(evidence), *_NEEDS.get(evidence['task'], lambda evidence: ())(evidence)]
    variable = evidence['task'].replace('-', '_')  # as in the notebook
    return [re.sub(r'\btask\.(?=\w+\()', f'{variable}.', zh if language == 'zh' else en) for en, zh in lacks]


def quantised_kv(engine: dict) -> bool:
    return engine['real'].get('quant_policy') in (4, 8)


def _out_of_order(evidence: dict) -> Iterator[Lack]:
    cells = [(step['step'], step['cell']) for step in evidence['run']['steps'] if step['cell'] is not None]
    for (_, before), (step, cell) in itertools.pairwise(cells):
        if cell < before:
            yield (
                f'The cell of {step!r} ran before the one above it (In [{cell}] after In [{before}]): run this '
                f"task's cells again from its begin_task() on, from top to bottom.",
                f'“{step}” 所在的单元格先于它上面的单元格运行（In [{cell}]，In [{before}]）：请从 begin_task() '
                f'开始，自上而下重新运行本题的单元格。',
            )
            return


def _one_engine(evidence: dict, *ways: str) -> Iterator[Lack]:
    engines = [e for e in evidence['engines'] if not ways or e['way'] in ways]
    if not engines:
        which = {
            'pipeline': 'a pipeline', 'api_server': 'a server', 'cli': 'the command `lmdeploy chat`'
        }  # fmt: skip
        wanted = ' or '.join(which[way] for way in ways) or 'an engine'
        names = {'pipeline': 'pipeline', 'api_server': '服务', 'cli': '命令 `lmdeploy chat`'}
        chinese = '或'.join(names[way] for way in ways) or '推理引擎'
        yield (
            f'No engine: start {wanted}, then note it with task.engine(LABEL, …).',
            f'缺少推理引擎：请启动{chinese}，再用 task.engine(名称, …) 记录。',
        )


def _an_answer(evidence: dict, *clients: str) -> Iterator[Lack]:
    given = {answer['client'] for answer in evidence['answers'] if answer['text'].strip()}
    if not clients and not given:
        yield (
            'No answer: ask the model something, then task.answer(question, reply).',
            '缺少回答：请向模型提问，再用 task.answer(问题, 回答) 记录。',
        )
    for client in clients:
        if client not in given:
            yield (
                f'No answer through client={client!r}: ask there too, then task.answer(…, client={client!r}).',
                f'缺少 client={client!r} 的回答：请也在那里提问，再用 task.answer(…, client={client!r}) 记录。',
            )


def _w4a16_at_the_ratio(evidence: dict, *ways: str) -> Iterator[Lack]:
    engines = [e for e in evidence['engines'] if not ways or e['way'] in ways]
    if engines and not any(is_w4a16(e['checkpoint']) for e in engines):
        name = engines[-1]['checkpoint']['name']
        yield (
            f'The checkpoint {name!r} has no 4-bit weights: quantise it (chapter 4) and start with that folder.',
            f'权重 {name!r} 不是 4 bit：请先量化（第 4 章），再用量化后的文件夹启动。',
        )
    if engines and not any(e['real'].get('cache_max_entry_count') == RATIO for e in engines):
        ratio = engines[-1]['real'].get('cache_max_entry_count')
        yield (
            f'cache_max_entry_count was {ratio}, not {RATIO}: start the engine with that ratio.',
            f'cache_max_entry_count 是 {ratio}，不是 {RATIO}：请以该比例启动。',
        )


def _chat(evidence: dict) -> Iterator[Lack]:
    if not evidence['checks']:
        yield (
            'The environment was not checked: task.checks(check_environment()).',
            '缺少环境检查：task.checks(check_environment())。',
        )
    for check in evidence['checks']:
        if check['state'] == 'FAIL':
            yield (
                f'The check {check["name"]!r} fails: {check["found"]}. `python -m helpers.environment` tells the mend.',
                f'环境检查“{check["name"]}”未通过：{check["found"]}。运行 `python -m helpers.environment` 查看办法。',
            )
    yield from _one_engine(evidence)
    yield from _an_answer(evidence)


def _story(evidence: dict) -> Iterator[Lack]:
    yield from _one_engine(evidence)
    yield from _an_answer(evidence)
    longest = max((characters(answer['text']) for answer in evidence['answers']), default=None)
    if longest is not None and longest < STORY_CHARACTERS:
        yield (
            f'The longest answer has {longest} characters; {STORY_CHARACTERS} are asked for: allow '
            f'more tokens (max_new_tokens), or ask for a longer story.',
            f'最长的回答有 {longest} 字，题目要求 {STORY_CHARACTERS} 字：请加大 max_new_tokens，或要求更长的故事。',
        )


def _api_kv(evidence: dict) -> Iterator[Lack]:
    yield from _one_engine(evidence, 'api_server')
    yield from _w4a16_at_the_ratio(evidence, 'api_server')
    if evidence['engines'] and not any(map(quantised_kv, evidence['engines'])):
        yield (
            'The KV cache was not quantised: start the server with quant_policy=8 (int8) or 4 (int4).',
            'KV Cache 没有量化：请以 quant_policy=8（int8）或 4（int4）启动服务。',
        )
    yield from _an_answer(evidence)


def _chat_w4a16(evidence: dict) -> Iterator[Lack]:
    yield from _one_engine(evidence, 'cli', 'pipeline')
    yield from _w4a16_at_the_ratio(evidence, 'cli', 'pipeline')
    yield from _an_answer(evidence)


def _server_w4a16(evidence: dict) -> Iterator[Lack]:
    yield from _one_engine(evidence, 'api_server')
    yield from _w4a16_at_the_ratio(evidence, 'api_server')
    yield from _an_answer(evidence, 'terminal', 'page')


def _python_w4a16(evidence: dict) -> Iterator[Lack]:
    yield from _one_engine(evidence, 'pipeline')
    yield from _w4a16_at_the_ratio(evidence, 'pipeline')
    yield from _an_answer(evidence, 'pipeline')


def _vision(evidence: dict) -> Iterator[Lack]:
    yield from _one_engine(evidence, 'api_server')
    if evidence['engines'] and not any(e['checkpoint']['vision'] for e in evidence['engines']):
        yield (
            f'{evidence["engines"][-1]["checkpoint"]["name"]!r} is no vision model: serve one that takes pictures.',
            f'{evidence["engines"][-1]["checkpoint"]["name"]!r} 不是视觉模型：请启动能看图的模型。',
        )
    yield from _an_answer(evidence, 'page')
    if evidence['answers'] and not any(answer.get('image_sha256') for answer in evidence['answers']):
        yield (
            'No picture: task.answer(…, image=FILE) with the picture that the model saw.',
            '缺少图片：task.answer(…, image=文件) 中给出模型所看的图片。',
        )


def _memory_rows(evidence: dict, what: str, wanted: tuple[str, ...], batch: int, length: int) -> Iterator[Lack]:
    rows = {row.get(what): row for row in evidence['rows']}
    for value in wanted:
        if not any(name in rows for name in value.split(' or ')):
            yield (
                f'No row with {what}={value}: measure it, then task.memory_row(LABEL, …, {what}=…).',
                f'缺少 {what}={value} 的一行：请测量，再用 task.memory_row(名称, …, {what}=…) 记录。',
            )
    for value, row in rows.items():
        got = row.get('batch'), row.get('length')
        if got != (batch, length):
            yield (
                f'The row {what}={value!r} is of batch {got[0]} and length {got[1]}; asked for: {batch} and {length}.',
                f'{what}={value!r} 一行的 batch 为 {got[0]}、长度为 {got[1]}；题目要求 {batch} 与 {length}。',
            )
    for row in rows.values():
        if row.get('engine') not in {e['label'] for e in evidence['engines']}:
            yield (
                f'The row {row.get(what)!r} names the engine {row.get("engine")!r}, which was not noted: '
                f'task.engine({row.get("engine")!r}, pipe) while it runs.',
                f'{row.get(what)!r} 一行的引擎 {row.get("engine")!r} 没有记录：请在运行时调用 '
                f'task.engine({row.get("engine")!r}, pipe)。',
            )


def _memory_w4a16(evidence: dict) -> Iterator[Lack]:
    yield from _memory_rows(evidence, 'weights', ('16 bit', 'W4A16'), 1, 512)


def _memory_kv(evidence: dict) -> Iterator[Lack]:
    yield from _memory_rows(evidence, 'kv', ('16 bit', 'int8 or int4'), 8, 2048)


def _benchmark(evidence: dict) -> Iterator[Lack]:
    rows = {row.get('case'): row for row in evidence['rows']}
    for case in CASES:
        if case not in rows:
            yield (
                f'No row of case={case!r}: measure it, then task.row(case={case!r}, …).',
                f'缺少 case={case!r} 的一行：请测量，再用 task.row(case={case!r}, …) 记录。',
            )
    for what in ('data_sha256', 'prompts', 'input_tokens', 'output_tokens'):
        if len({row.get(what) for row in rows.values()}) > 1:
            yield (
                f'The rows differ in {what}: give all five ways the same prompts and the same number of tokens.',
                f'各行的 {what} 不同：五种方式须使用同样的数据，生成同样多的 token。',
            )


def _tools(evidence: dict) -> Iterator[Lack]:
    yield from _one_engine(evidence)
    calls = {call['name']: call for answer in evidence['answers'] for call in answer.get('tool_calls') or ()}
    right = {'add': lambda a, b: a + b, 'mul': lambda a, b: a * b}
    for name, function in right.items():
        if name not in calls:
            yield (
                f'The model never called {name}: ask what needs it, and note task.answer(…, tool_calls=[…]).',
                f'模型没有调用 {name}：请提一个需要它的问题，并用 task.answer(…, tool_calls=[…]) 记录。',
            )
            continue
        try:
            result = str(function(**calls[name]['arguments']))
        except TypeError:
            result = None
        if result != str(calls[name].get('result')):
            said = f'{name}({calls[name].get("arguments")})', calls[name].get('result')
            yield (
                f'{said[0]} gave {said[1]!r}: run the function yourself, and note its result.',
                f'{said[0]} 的结果 {said[1]!r} 不对：请由程序执行函数并记录结果。',
            )


_NEEDS: dict[str, Callable[[dict], Iterator[Lack]]] = {
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
    'tools': _tools,
}
